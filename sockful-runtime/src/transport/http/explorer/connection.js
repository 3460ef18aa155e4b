// The connection: the client, its identity, and the description of the server.

import { connect } from '../client.js';
import { modelOf } from './schema.js';
import { Wire, listen } from './wire.js';

const TOKEN = 'sockful.token';
const RETRY_MS = 1000;
const PING_MS = 5000;

/** The base URL of the server's files. */
export const base = new URL('../../', import.meta.url);

/** The current state that the other modules read. */
export const now = { status: 'connecting', token: sessionStorage.getItem(TOKEN) };

const listeners = new Set();

/** Adds a listener, which is called with the name of what has changed: `status`, `latency`, `described`, `who`, `changed`. */
export function on(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const notify = (what, detail) => listeners.forEach((listener) => listener(what, detail));

/** Sends a request in terms of the protocol. */
export const ask = (resource, action, payload, options) => now.client.call(resource, action, payload, options);

/** Connects, replacing an earlier connection. */
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
  now.client.on('status', (status) => [now.status = status, notify('status'), ping()]);
  now.client.on('changed', (changed) => changed.verdict !== 'same' && notify('changed', changed));
  now.client.on('expired', () => notify('expired'));
  now.client.on('error', (error) => error?.code === 'unauthenticated' && leave('The token was rejected or has expired.'));
  notify('described');
  notify('who');
}

/** Reads the description. It is empty if the client may not read it without authentication. */
async function describe(mine) {
  for (;;) {
    try {
      const headers = now.token ? { authorization: `Bearer ${now.token}` } : {};
      const answer = await fetch(new URL('sockful/schema.json', base), { headers });
      if (answer.ok) return await answer.json();
      now.refused = answer.status;
      if (answer.status === 401 && now.token) forget('The token was rejected.');
      if (answer.status < 500) return undefined;
    } catch {
      // The server is not available yet.
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (now.started !== mine) return undefined;
  }
}

/** Authenticates with a token. Rejects if it is refused, and then nothing has changed. */
export async function enter(token) {
  const { expires } = await now.client.authenticate(token);
  sessionStorage.setItem(TOKEN, token);
  Object.assign(now, { token, expires });
  await start();
}

/** Signs out. */
export async function leave(why) {
  if (!now.token) return;
  forget(why);
  await start();
}

function forget(why) {
  sessionStorage.removeItem(TOKEN);
  Object.assign(now, { token: null, expires: undefined, why });
}

/** Returns the identity from a token, if the token contains it; servers do not report it. */
export function identityOf(token) {
  const claims = token?.split('.')[1];
  try {
    const { sub } = JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/')));
    if (sub) return String(sub);
  } catch {
    // The token is not a JSON Web Token.
  }
  return `token …${token.slice(-4)}`;
}

listen(({ isOut, frame, took }) => {
  if (isOut) return;
  const [resource, action, payload] = frame ?? [];
  if (resource === 'sockful' && action === 'hello') [now.hello = payload, notify('hello')];
  if (resource === 'sockful' && action === 'authenticate' && payload.ok) [now.expires = payload.ok.expires, notify('who')];
  // Only pings measure the latency; other requests may wait in a queue.
  if (action === 'ping' && took !== undefined) [now.latency = took, notify('latency')];
});

/** Measures the latency of a round trip. */
function ping() {
  if (now.status === 'open' && !document.hidden) now.client.ping().catch(() => {});
}

setInterval(ping, PING_MS);
