// The connection: the client, who it says it is, and what the server describes.

import { connect } from '../client.js';
import { modelOf } from './schema.js';
import { Wire, listen } from './wire.js';

const TOKEN = 'sockful.token';
const RETRY_MS = 1000;
const PING_MS = 5000;

/** Where the server's files are. */
export const base = new URL('../../', import.meta.url);

/** How things are: what the other rooms read. */
export const now = { status: 'connecting', token: sessionStorage.getItem(TOKEN) };

const rooms = new Set();

/** Has `listener` called with the name of what has changed: `status`, `latency`, `described`, `who`, `changed`. */
export function on(listener) {
  rooms.add(listener);
  return () => rooms.delete(listener);
}

const told = (what, detail) => rooms.forEach((listener) => listener(what, detail));

/** Asks, as it stands in the protocol. */
export const ask = (resource, action, payload, options) => now.client.call(resource, action, payload, options);

/** Connects, and begins anew where that was done before. */
export async function start() {
  now.client?.close();
  const mine = now.started = Symbol('started');
  now.model = undefined;
  now.refused = undefined;
  const description = await describe(mine);
  if (now.started !== mine) return;
  now.model = description && modelOf(description);
  now.api = connect(location.pathname, {
    WebSocket: Wire,
    token: now.token,
    backoff: { minMs: 250, maxMs: 5000 },
    api: now.model?.forClient ?? { of: {}, wide: {}, with: {} },
  });
  now.client = now.api.$client;
  now.client.on('status', (status) => [now.status = status, told('status'), ping()]);
  now.client.on('changed', (changed) => changed.verdict !== 'same' && told('changed', changed));
  now.client.on('expired', () => told('expired'));
  now.client.on('error', (error) => error?.code === 'unauthenticated' && leave('The token is refused, or its time is over.'));
  told('described');
  told('who');
}

/** The description; nothing where who asks is nobody. */
async function describe(mine) {
  for (;;) {
    try {
      const headers = now.token ? { authorization: `Bearer ${now.token}` } : {};
      const answer = await fetch(new URL('sockful/schema.json', base), { headers });
      if (answer.ok) return await answer.json();
      now.refused = answer.status;
      if (answer.status === 401 && now.token) forget('The token is refused.');
      if (answer.status < 500) return undefined;
    } catch {
      // There is no server now; there may be one soon.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (now.started !== mine) return undefined;
  }
}

/** Becomes whoever the token is of; rejects where it is refused, and then nothing has changed. */
export async function enter(token) {
  const { expires } = await now.client.authenticate(token);
  sessionStorage.setItem(TOKEN, token);
  Object.assign(now, { token, expires });
  await start();
}

/** Becomes nobody. */
export async function leave(why) {
  if (!now.token) return;
  forget(why);
  await start();
}

function forget(why) {
  sessionStorage.removeItem(TOKEN);
  Object.assign(now, { token: null, expires: undefined, why });
}

/** Who it is, as far as the token says; servers do not tell. */
export function whoIs(token) {
  const claims = token?.split('.')[1];
  try {
    const { sub } = JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/')));
    if (sub) return String(sub);
  } catch {
    // It is no JSON Web Token.
  }
  return `token …${token.slice(-4)}`;
}

listen(({ isOut, frame, took }) => {
  if (isOut) return;
  const [resource, action, payload] = frame ?? [];
  if (resource === 'sockful' && action === 'hello') [now.hello = payload, told('hello')];
  if (resource === 'sockful' && action === 'authenticate' && payload.ok) [now.expires = payload.ok.expires, told('who')];
  // What waits in a queue says nothing of the way there.
  if (action === 'ping' && took !== undefined) [now.latency = took, told('latency')];
});

/** Asks how long the way there and back is. */
function ping() {
  if (now.status === 'open' && !document.hidden) now.client.ping().catch(() => {});
}

setInterval(ping, PING_MS);
