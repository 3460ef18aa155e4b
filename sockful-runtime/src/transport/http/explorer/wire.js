// Records all frames that are sent and received.

const MAX_FRAMES = 500;
const MAX_CHARACTERS = 8_000_000;

/** The recorded frames, the oldest first. */
export const frames = [];

const listeners = new Set();
const asked = new Map();
const byHand = new Set();
let characters = 0;
let lastId = 0;
let socket;

/** Adds a listener for frames. The returned function removes it. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Returns the revision in the last reply to `get` for a record, for resources that keep one. */
export function revisionOf({ name, id }, record) {
  const isIt = ({ isOut, frame }) => !isOut && frame?.[0] === name && frame[1] === 'get' && frame[2]?.ok?.[id] === record[id];
  return frames.findLast(isIt)?.frame[2].rev;
}

/** Clears the recorded frames. */
export function clear() {
  frames.length = 0;
  characters = 0;
}

/** Sends a text as it is. */
export function sendByHand(text) {
  if (socket?.readyState !== WebSocket.OPEN) throw new Error('not connected');
  const id = parsed(text)?.[3];
  if (asked.has(id)) throw new Error(`the ack_id ${id} is used by the page itself; use another, such as "hand:1"`);
  if (id !== undefined && id !== null) byHand.add(id);
  socket.sendByHand(text);
}

/** The WebSocket class that the client uses. */
export class Wire extends WebSocket {
  constructor(...given) {
    super(...given);
    socket = this;
    asked.clear();
    byHand.clear();
    // This listener runs first: replies to hand-written frames are not passed to the client.
    this.addEventListener('message', (event) => {
      const frame = parsed(event.data);
      heard(frame, event.data);
      if (byHand.has(frame?.[3])) event.stopImmediatePropagation();
    });
  }

  send(text) {
    const [, , , id] = parsed(text) ?? [];
    byHand.delete(id);
    this.pass(text);
  }

  sendByHand(text) {
    this.pass(text);
  }

  pass(text) {
    const frame = parsed(text);
    if (frame?.[3] !== undefined && frame[3] !== null) asked.set(frame[3], performance.now());
    remember({ isOut: true, text, frame });
    super.send(text);
  }
}

/** Returns the next ack_id for a hand-written frame. */
export const nextId = () => `hand:${++lastId}`;

function heard(frame, text) {
  const [, action, payload, id] = frame ?? [];
  const isReply = payload && (Object.hasOwn(payload, 'ok') || Object.hasOwn(payload, 'err'));
  const since = isReply ? asked.get(id) : undefined;
  // A subscription keeps its ack_id.
  if (isReply && !(/^subscribe/.test(action) && payload.ok)) asked.delete(id);
  remember({ isOut: false, text, frame, took: since === undefined ? undefined : performance.now() - since, isBad: Boolean(payload?.err) });
}

function remember(frame) {
  frame.at = new Date();
  frames.push(frame);
  characters += frame.text.length;
  while (frames.length > MAX_FRAMES || (characters > MAX_CHARACTERS && frames.length > 1)) characters -= frames.shift().text.length;
  for (const listener of listeners) listener(frame);
}

function parsed(text) {
  try {
    const frame = JSON.parse(text);
    return Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}
