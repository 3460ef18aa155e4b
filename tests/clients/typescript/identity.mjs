// The client of a server with authentication.
// Usage: node identity.mjs target/debug/examples/vault

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import WebSocket from 'ws';
import { step } from '../life.mjs';
import { open } from './vault.mjs';

const vault = await open(process.argv[2]);

/** Sockets that record the sent frames. */
function spied() {
  const sent = [];
  const sockets = [];
  class Spied extends WebSocket {
    constructor(...given) {
      super(...given);
      sockets.push(this);
    }
    send(text, ...more) {
      sent.push(JSON.parse(text));
      super.send(text, ...more);
    }
  }
  return { sent, sockets, WebSocket: Spied };
}

/** Waits for the next event of a kind. */
const nextEvent = (of, event) => new Promise((resolve) => {
  const stop = of.on(event, (what) => [stop(), resolve(what)]);
});

/** Waits until the status has this value. */
const nextStatus = (of, name) => new Promise((resolve) => {
  const stop = of.on('status', (status) => status === name && [stop(), resolve()]);
});

/** Waits until every subscription of the connection has received all events. */
async function caughtUp(api) {
  const { seq } = await api.hoard.find();
  while ((await api.$client.ping()).seq < seq);
}

async function code(promise) {
  return promise.then(() => 'none', (error) => error.code);
}

await step('typescript', 'an unauthenticated client sends no keys and can call public methods', async () => {
  const spy = spied();
  const api = vault.connect({ WebSocket: spy.WebSocket });
  for (const asked of [api.hoard.find(), api.hoard.create({ owner: 'ada', gold: 1n }), api.guest.signOut(), api.$client.schema()]) {
    assert.equal(await code(asked), 'unauthenticated');
  }
  const events = api.hoard.subscribe();
  assert.equal(await code(events.next()), 'unauthenticated');
  assert.equal(await code(api.guest.signIn({ name: 'ada', password: 'hopper' })), 'wrong_password');
  const token = await vault.token();
  assert.deepEqual(spy.sent.filter(([, , , , options]) => options?.key), []);
  const { expires } = await api.$client.authenticate(token);
  assert.ok(expires > Date.now());
  assert.deepEqual([...await api.hoard.find()], []);
  await api.hoard.create({ id: 'known', owner: 'ada', gold: 1n });
  assert.match(spy.sent.at(-1)[4].key, /^[0-9a-f-]{36}$/, 'an authenticated client sends keys');
  await api.hoard.destroy({ id: 'known' });
});

await step('typescript', 'requests wait for the token, and a reconnect fetches another token', async () => {
  const spy = spied();
  let asked = 0;
  const api = vault.connect({ WebSocket: spy.WebSocket, backoff: { minMs: 1 }, token: async () => [asked++, await vault.token()][1] });
  await api.hoard.create({ id: 'waits', owner: 'ada', gold: 1n });
  spy.sockets[0].terminate();
  assert.equal((await api.hoard.fill({ id: 'waits', gold: 1n })), null);
  assert.equal((await api.hoard.destroy({ id: 'waits' })).gold, '2');
  assert.equal(asked, 2);
  assert.deepEqual(spy.sent.map(([, action]) => action), ['authenticate', 'create', 'authenticate', 'fill', 'destroy']);
});

await step('typescript', 'a token is renewed before it expires, without an interruption', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const asked = mock.fn(() => vault.token('ada', asked.mock.callCount() === 0 ? 4 : 3600));
  const api = vault.connect({ token: asked });
  const expired = mock.fn();
  api.$client.on('expired', expired);
  const live = api.hoard.live();
  const resets = mock.fn();
  await live.ready;
  live.on('event', ({ type }) => type === 'reset' && resets());
  mock.timers.tick(3_500);
  assert.equal(asked.mock.callCount(), 1, 'not before the last tenth of its lifetime');
  mock.timers.tick(450);
  mock.timers.reset();
  assert.equal(asked.mock.callCount(), 2);
  // This token expires later than the first one.
  const witness = vault.connect({ token: await vault.token('ada', 4) });
  await nextEvent(witness.$client, 'expired');
  await api.hoard.create({ id: 'kept', owner: 'ada', gold: 1n });
  await caughtUp(api);
  assert.equal(live.size, 1);
  await api.hoard.destroy({ id: 'kept' });
  assert.deepEqual([expired.mock.callCount(), resets.mock.callCount()], [0, 0]);
});

await step('typescript', 'a client whose token expires without renewal is unauthenticated', async () => {
  const api = vault.connect({ token: await vault.token('ada', 2) });
  const [expired, refused] = [nextEvent(api.$client, 'expired'), nextEvent(api.$client, 'error')];
  const live = api.hoard.live();
  await live.ready;
  const over = nextStatus(live, 'ended');
  await expired;
  assert.equal((await refused).code, 'unauthenticated', 'the same token is tried again');
  await over;
  assert.equal(live.error.code, 'unauthenticated');
  assert.equal(await code(api.hoard.find()), 'unauthenticated');
  assert.equal(typeof await api.guest.signIn({ name: 'ada', password: 'lovelace' }), 'string');
});

await step('typescript', 'a revoked client signs in again, and its live collections continue', async () => {
  const spy = spied();
  const asked = mock.fn(() => vault.token());
  const api = vault.connect({ WebSocket: spy.WebSocket, token: asked });
  const grace = vault.connect({ token: () => vault.token('grace') });
  const untouched = mock.fn();
  grace.$client.on('expired', untouched);
  await grace.hoard.find();
  const live = api.hoard.live();
  await live.ready;
  const away = nextEvent(api.$client, 'expired');
  const other = vault.connect({ token: await vault.token() });
  await other.guest.signOut();
  await away;
  await api.hoard.create({ id: 'again', owner: 'ada', gold: 7n });
  await caughtUp(api);
  assert.deepEqual([live.status, live.get('again').gold], ['live', '7']);
  assert.equal(asked.mock.callCount(), 2);
  assert.equal(spy.sockets.length, 1, 'on the same connection');
  await api.hoard.destroy({ id: 'again' });
  await grace.hoard.find();
  assert.equal(untouched.mock.callCount(), 0);
  assert.equal(await code(other.hoard.find()), 'unauthenticated', 'a revoked token is invalid');
});

await step('typescript', 'an idle revoked client signs in again, and requests wait until then', async () => {
  const spy = spied();
  const later = [];
  const api = vault.connect({
    WebSocket: spy.WebSocket,
    async token() {
      later.push(api.hoard.find());
      return vault.token();
    },
  });
  await api.hoard.find();
  const away = nextEvent(api.$client, 'expired');
  const other = vault.connect({ token: await vault.token() });
  await other.guest.signOut();
  await away;
  assert.equal(later.length, 2);
  assert.deepEqual([...await later[1]], []);
  assert.deepEqual(spy.sent.map(([, action]) => action), ['authenticate', 'find', 'find', 'authenticate', 'find']);
});

await step('typescript', 'an invalid token is reported, and public methods are answered', async () => {
  const api = vault.connect({ token: 'wrong' });
  const { code: why } = await nextEvent(api.$client, 'error');
  assert.equal(why, 'unauthenticated');
  assert.equal(await code(api.hoard.find()), 'unauthenticated');
  assert.equal(typeof await api.guest.signIn({ name: 'ada', password: 'lovelace' }), 'string');
  assert.equal(await code(api.$client.authenticate('wrong as well')), 'unauthenticated');
});

await step('typescript', 'a failed token function is called again, and a late token is used', async () => {
  const answers = [() => { throw new Error('no token today'); }, () => null, () => vault.token()];
  const asked = mock.fn(() => answers[Math.min(asked.mock.callCount(), 2)]());
  const api = vault.connect({ token: asked, backoff: { minMs: 1 } });
  const failed = nextEvent(api.$client, 'error');
  // A request refused as unauthenticated is sent again with the next token.
  assert.deepEqual([...await api.hoard.find()], []);
  assert.equal((await failed).message, 'no token today');
  assert.equal(asked.mock.callCount(), 3);
});

await step('typescript', 'a changed identity changes the visible records', async () => {
  const api = vault.connect({ token: await vault.token() });
  const grace = await vault.token('grace');
  await api.hoard.create({ id: 'mine', owner: 'ada', gold: 1n });
  const live = api.hoard.live();
  await live.ready;
  assert.deepEqual([...live].map(({ id }) => id), ['mine']);
  await api.$client.authenticate(grace);
  await caughtUp(api);
  assert.deepEqual([...live], []);
  assert.equal(await code(api.hoard.create({ owner: 'ada', gold: 1n })), 'forbidden');
  assert.equal(await code(api.hoard.get({ id: 'mine' })), 'not_found');
  const over = nextStatus(live, 'ended');
  await api.$client.authenticate(null);
  await over;
  assert.equal(await code(api.hoard.find()), 'unauthenticated');
});

await vault.stop();
