// Reconnects, backoff and timeouts of the client over a fake WebSocket.
// Usage: node connection.mjs

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { connect } from '../../../clients/typescript/sockful.js';
import { Fake, last, settled, sockets, test } from './fake.mjs';

const limits = { max_frame: 200 };
const long = 'x'.repeat(300);

/** Returns the error that a promise is rejected with. */
const failure = (promise) => promise.then(() => assert.fail('it was not rejected'), (error) => error);
const open = (hello) => last().hello(hello);
/** Replies to the newest frame. */
const reply = (payload) => last().deliver('creature', 'x', payload, last().sent.at(-1)[3]);
const actions = () => last().sent.map(([, action]) => action);

await test('every frame that is larger than `max_frame` is refused before it is sent', {}, async (api) => {
  open({ limits });
  const big = { kind: long };
  const refused = [
    api.creature.create(big),
    api.creature.get(big),
    api.creature.live(big).ready,
    api.creature.subscribe(big).next(),
    new Promise((_, reject) => { api.creature.subscribe(big, ({ error }) => reject(error)); }),
    api.album.subscribeSongs(big).next(),
    api.$client.commit([['creature', 'create', big]]),
    api.$client.call('creature', 'get', big),
    api.$client.authenticate(long),
  ];
  for (const promise of refused) {
    const { code, limit } = await failure(promise);
    assert.deepEqual([code, limit], ['too_large', { name: 'max_frame', value: 200 }]);
  }
  assert.deepEqual(last().sent, []);
  const multibyte = await failure(api.creature.live({ kind: 'ü'.repeat(90) }).ready);
  assert.equal(multibyte.code, 'too_large', 'bytes are counted');
});

await test('a subscription that is too large with its position begins without it', {}, async (api) => {
  open({ limits });
  const live = api.creature.live({ kind: 'x'.repeat(100) });
  reply({ ok: { records: [] }, seq: 5, resume: long });
  last().end();
  mock.timers.tick(300);
  open({ limits });
  assert.deepEqual(last().sent[0][2], { kind: 'x'.repeat(100) });
  reply({ ok: { records: [{ id: 'a' }] }, seq: 9, resume: 'r' });
  assert.equal(live.size, 1);
});

await test('a limit that is lower after a reconnect ends what no longer fits, and nothing else', {}, async (api) => {
  open();
  const big = failure(api.creature.live({ kind: long }).ready);
  const small = api.creature.live({});
  last().end();
  mock.timers.tick(300);
  open({ limits });
  assert.equal((await big).code, 'too_large');
  assert.deepEqual(actions(), ['subscribe']);
  reply({ ok: { records: [] }, seq: 1, resume: 'r' });
  await small.ready;
});

for (const code of [1002, 1003, 1007, 1008, 1009]) {
  await test(`a frame that makes the server close with ${code} is sent twice at most, and the others continue`, { backoff: { minMs: 1, maxMs: 1 } }, async (api) => {
    const errors = [];
    api.$client.on('error', (error) => errors.push(error));
    open();
    const before = api.creature.get({ id: 'before' });
    const poison = failure(api.creature.get({ id: 'poison' }));
    const after = api.creature.get({ id: 'after' });
    const live = api.creature.live({});
    last().end(code);
    const times = { before: 1, poison: 1, after: 1, subscribe: 1 };
    for (let n = 0; n < 6; n++) {
      mock.timers.tick(2);
      open();
      for (let at = 0; at < last().sent.length; at++) {
        const [, action, { id }] = last().sent[at];
        times[id ?? action]++;
        assert.equal(at, last().sent.length - 1, 'only one is in flight');
        if (id === 'poison') {
          last().end(code);
          break;
        }
        reply(action === 'subscribe' ? { ok: { records: [] }, seq: 1, resume: 'r' } : { ok: { id } });
      }
      if (last().readyState === 1) break;
    }
    await Promise.all([before, after, live.ready]);
    const { code: why, message } = await poison;
    assert.equal(why, code === 1009 ? 'too_large' : 'bad_frame');
    assert.match(message, new RegExp(code));
    assert.deepEqual(times, { before: 2, poison: 2, after: 2, subscribe: 2 });
    // Later requests are sent immediately.
    const sent = last().sent.length;
    api.creature.get({ id: 'c' }).catch(() => {});
    api.creature.get({ id: 'd' }).catch(() => {});
    assert.equal(last().sent.length, sent + 2);
  });
}

await test('a subscription that makes the server close ends', { backoff: { minMs: 1, maxMs: 1 } }, async (api) => {
  open();
  const live = failure(api.creature.live({}).ready);
  const other = api.creature.get({ id: 'a' });
  for (let n = 0; n < 4 && last().readyState === 3 || n === 0; n++) {
    last().end(1009);
    mock.timers.tick(2);
    open();
    if (actions().includes('get')) reply({ ok: { id: 'a' } });
    if (actions().includes('subscribe')) last().end(1009);
  }
  assert.equal((await live).code, 'too_large');
  await other;
  mock.timers.tick(2);
  open();
  assert.deepEqual(last().sent, []);
});

await test('only a connection that was open for a while resets the backoff', { backoff: { minMs: 100, maxMs: 6400 } }, async () => {
  mock.method(Math, 'random', () => 0.999);
  const attempt = (wait) => {
    const before = sockets.length;
    mock.timers.tick(wait - 5);
    assert.equal(sockets.length, before, `not before ${wait}`);
    mock.timers.tick(5);
    assert.equal(sockets.length, before + 1, `after ${wait}`);
  };
  // Each connection is accepted but receives nothing.
  for (const wait of [100, 200, 400, 800]) {
    mock.timers.tick(10_000);
    attempt(wait);
  }
  // Each connection is open for a moment.
  for (const wait of [1600, 3200]) {
    open();
    mock.timers.tick(1000);
    last().end();
    attempt(wait);
  }
  // The connection is open, then silent until the client closes it.
  open();
  mock.timers.tick(30_000);
  mock.timers.tick(10_000);
  attempt(100);
  Math.random.mock.restore();
});

await test('a token that does not come does not reset the backoff', { backoff: { minMs: 100, maxMs: 6400 }, token: () => new Promise(() => {}) }, async () => {
  mock.method(Math, 'random', () => 0.999);
  for (const wait of [100, 200, 400]) {
    open();
    mock.timers.tick(10_000);
    const before = sockets.length;
    mock.timers.tick(wait - 5);
    assert.equal(sockets.length, before);
    mock.timers.tick(5);
    assert.equal(sockets.length, before + 1);
  }
  Math.random.mock.restore();
});

const UNDEFINED = { heartbeatMs: undefined, deadlineMs: undefined, timeoutMs: undefined, backoff: { minMs: undefined, maxMs: undefined } };

await test('undefined options leave the defaults', UNDEFINED, async () => {
  const before = sockets.length;
  mock.timers.tick(1_000);
  await settled();
  assert.equal(sockets.length, before, 'the default deadline is 10 s');
  for (const name of ['maxQueue', 'maxEvents']) {
    for (const value of [NaN, -1, 'x']) {
      assert.throws(() => connect('ws://nowhere', { WebSocket: Fake, [name]: value }), TypeError);
    }
  }
});

await test('durations beyond a timer are no limit, invalid ones are refused', {}, async (api) => {
  for (const timeoutMs of [2 ** 31 - 1, 2 ** 31, 2 ** 53, Infinity, 0]) {
    let isOver = false;
    api.creature.get({ id: 'a' }, { timeoutMs }).catch(() => {}).finally(() => { isOver = true; });
    mock.timers.tick(9_000);
    await settled();
    assert.equal(isOver, false, `${timeoutMs}`);
  }
  open();
  for (const [, , , , options] of last().sent) assert.ok(!options?.timeout_ms || options.timeout_ms <= 2 ** 31 - 1);
  for (const timeoutMs of [NaN, -1, -Infinity, '5']) {
    assert.ok(await failure(api.creature.get({ id: 'a' }, { timeoutMs })) instanceof TypeError, `${timeoutMs}`);
    for (const name of ['timeoutMs', 'heartbeatMs', 'deadlineMs']) {
      assert.throws(() => connect('ws://nowhere', { WebSocket: Fake, [name]: timeoutMs }), TypeError);
    }
    for (const name of ['minMs', 'maxMs']) {
      assert.throws(() => connect('ws://nowhere', { WebSocket: Fake, backoff: { [name]: timeoutMs } }), TypeError);
    }
  }
});

// The timers of the platform fire immediately for longer delays.
for (const option of ['heartbeatMs', 'deadlineMs', 'timeoutMs']) {
  await test(`\`${option}\` may be longer than a timer`, { [option]: 2 ** 40 }, async () => {
    const timer = mock.method(globalThis, 'setTimeout');
    last().end();
    mock.timers.tick(250);
    open();
    mock.timers.tick(29_000);
    for (const { arguments: [, ms] } of timer.mock.calls) assert.ok(ms >= 0 && ms < 2 ** 31, `${ms}`);
    assert.deepEqual(actions(), []);
    timer.mock.restore();
  });
}

await test('a wait that the server or the backoff asks for is bounded by the timer', { backoff: { minMs: 2 ** 40, maxMs: Infinity }, timeoutMs: 0 }, async (api) => {
  const timer = mock.method(globalThis, 'setTimeout');
  open();
  api.creature.get({ id: 'a' }).catch(() => {});
  reply({ err: { code: 'unavailable', message: 'no', retry_after_ms: 2 ** 50 } });
  api.creature.live({});
  reply({ err: { code: 'unavailable', message: 'no', retry_after_ms: 2 ** 50 } });
  last().end();
  for (const { arguments: [, ms] } of timer.mock.calls) assert.ok(ms >= 0 && ms < 2 ** 31, `${ms}`);
  assert.ok(timer.mock.callCount() >= 3);
  timer.mock.restore();
});

await test('the heartbeat does not depend on the time of the system', {}, async () => {
  open();
  // An hour back, and an hour on.
  for (const by of [-3_600_000, 3_600_000]) {
    const date = mock.method(Date, 'now', () => 1_000_000 + by);
    mock.timers.tick(2);
    last().deliver('sockful', 'noise', {}, null);
    mock.timers.tick(29_999);
    assert.equal(actions().filter((action) => action === 'ping').length, 0);
    mock.timers.tick(1);
    assert.equal(actions().at(-1), 'ping');
    const before = sockets.length;
    mock.timers.tick(10_000);
    mock.timers.tick(250);
    assert.equal(sockets.length, before + 1);
    open();
    date.mock.restore();
  }
});

const page = new EventTarget();
const visible = Object.assign(new EventTarget(), { visibilityState: 'visible' });
Object.assign(globalThis, {
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
  document: visible,
});
for (const [name, target] of [['online', page], ['pageshow', page], ['visibilitychange', visible]]) {
  await test(`the client connects at once on \`${name}\``, { backoff: { minMs: 60_000, maxMs: 60_000 } }, async (api) => {
    mock.method(Math, 'random', () => 0.1);
    const before = sockets.length;
    target.dispatchEvent(new Event(name));
    assert.equal(sockets.length, before, 'it is already connecting');
    last().end();
    target.dispatchEvent(new Event(name));
    assert.equal(sockets.length, before + 1);
    open();
    mock.timers.tick(29_000);
    assert.equal(sockets.length, before + 1, 'the backoff is over');
    // A connection may have ended unnoticed.
    target.dispatchEvent(new Event(name));
    assert.equal(actions().at(-1), 'ping');
    mock.timers.tick(10_000);
    assert.equal(api.$client.status, 'connecting');
    api.$client.close();
    const closed = sockets.length;
    target.dispatchEvent(new Event(name));
    assert.equal(sockets.length, closed);
    Math.random.mock.restore();
  });
}
await test('a page that is hidden does not connect, nor one that is shown for the first time', { backoff: { minMs: 60_000, maxMs: 60_000 } }, async () => {
  last().end();
  const before = sockets.length;
  visible.visibilityState = 'hidden';
  visible.dispatchEvent(new Event('visibilitychange'));
  page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }));
  assert.equal(sockets.length, before);
  visible.visibilityState = 'visible';
});
for (const name of ['addEventListener', 'removeEventListener', 'document']) delete globalThis[name];

const tooMany = { code: 'too_many', message: 'too many', limit: { name: 'max_subscriptions', value: 1 } };
await test('a live collection that a limit refused or ended is subscribed again', { backoff: { minMs: 1000, maxMs: 8000 } }, async (api) => {
  mock.method(Math, 'random', () => 0);
  open();
  const live = api.creature.live({});
  for (const wait of [1000, 2000, 4000, 8000, 8000]) {
    reply({ err: tooMany });
    assert.equal(live.error.code, 'too_many');
    assert.notEqual(live.status, 'ended');
    const before = last().sent.length;
    mock.timers.tick(wait - 1);
    last().deliver('sockful', 'noise', {}, null);
    assert.equal(last().sent.length, before, `not before ${wait}`);
    mock.timers.tick(1);
    assert.equal(last().sent.length, before + 1, `after ${wait}`);
  }
  reply({ ok: { records: [{ id: 'a' }] }, seq: 1, resume: 'r' });
  assert.deepEqual([live.status, live.size, live.error], ['live', 1, undefined]);
  last().deliver('creature', 'ended', { error: tooMany }, last().sent.at(-1)[3]);
  assert.deepEqual([live.status, live.size], ['stale', 1]);
  mock.timers.tick(1000);
  assert.deepEqual(last().sent.at(-1)[2], { $from: { resume: 'r', seq: 1 } });
  const refused = failure(api.creature.subscribe({}).next());
  reply({ err: tooMany });
  assert.equal((await refused).code, 'too_many');
  Math.random.mock.restore();
});

await test('a subscription that a limit refused begins when another ends', { backoff: { minMs: 60_000, maxMs: 60_000 } }, async (api) => {
  open();
  const first = api.creature.live({ kind: 'a' });
  reply({ ok: { records: [] }, seq: 1, resume: 'r' });
  const second = api.creature.live({ kind: 'b' });
  reply({ err: tooMany });
  first.close();
  const sent = last().sent.map(([, action, { kind }]) => kind ?? action);
  assert.deepEqual(sent, ['a', 'b', 'unsubscribe', 'b']);
  const [, , , id] = last().sent.findLast(([, , { kind }]) => kind === 'b');
  last().deliver('creature', 'subscribe', { ok: { records: [] }, seq: 1, resume: 'r' }, id);
  assert.equal(second.status, 'live');
});

await test('`until` resolves when the collection is as of a commit', {}, async (api) => {
  open();
  const live = api.creature.live({ kind: 'dragon' });
  const subscription = last().sent[0][3];
  reply({ ok: { records: [] }, seq: 5, resume: 'r' });
  const made = api.creature.create({ id: 'a', kind: 'dragon' });
  reply({ ok: { id: 'a' }, seq: 6 });
  await made;
  assert.equal(api.$client.seq, 6);
  let isThere = false;
  const until = live.until().then(() => { isThere = true; });
  await settled();
  assert.equal(isThere, false);
  assert.equal(actions().at(-1), 'ping');
  last().deliver('creature', 'created', { id: 'a', record: { id: 'a' }, seq: 6 }, subscription);
  await until;
  assert.equal(live.size, 1);
  // A commit without an event: the reply to a ping confirms that no event follows.
  reply({ ok: { seq: 6, epoch: 'e' } });
  const other = live.until(8);
  reply({ ok: { seq: 7, epoch: 'e' } });
  await settled();
  mock.timers.tick(50);
  reply({ ok: { seq: 8, epoch: 'e' } });
  await other;
  await live.until(3);
});

await test('`until` waits across reconnects, up to its timeout or the end of the collection', {}, async (api) => {
  open();
  const live = api.creature.live({});
  reply({ ok: { records: [] }, seq: 5, resume: 'r' });
  const until = live.until(7);
  last().end();
  mock.timers.tick(300);
  open();
  // The ping was sent on the previous connection, before the collection existed.
  const [ping, again] = actions()[0] === 'ping' ? last().sent : last().sent.toReversed();
  let isThere = false;
  until.then(() => { isThere = true; });
  last().deliver('sockful', 'ping', { ok: { seq: 9, epoch: 'e' } }, ping[3]);
  await settled();
  assert.equal(isThere, false);
  last().deliver('creature', 'subscribe', { ok: { records: [{ id: 'a' }] }, seq: 9, resume: 'r' }, again[3]);
  await until;
  assert.equal(live.size, 1);
  const late = failure(live.until(100, { timeoutMs: 20 }));
  mock.timers.tick(20);
  assert.equal((await late).code, 'timeout');
  const controller = new AbortController();
  const aborted = failure(live.until(100, { signal: controller.signal }));
  controller.abort('enough');
  assert.equal(await aborted, 'enough');
  const closed = failure(live.until(100));
  live.close();
  assert.equal((await closed).code, 'closed');
});

await test('an option that does not exist is refused by name', {}, async (api) => {
  open();
  assert.throws(() => api.creature.live({}, { limit: 3 }), /`limit`.*sort/);
  assert.throws(() => api.creature.subscribe({}, { limit: 3 }), /`limit`/);
  assert.throws(() => api.creature.subscribe({}, () => {}, { sort: {} }), /`sort`/);
  assert.match((await failure(api.creature.find({}, { limit: 3 }))).message, /`limit`/);
  assert.match((await failure(api.$client.commit([], { timeout: 3 }))).message, /`timeout`/);
  assert.throws(() => connect('ws://nowhere', { WebSocket: Fake, timeout: 3 }), /`timeout`/);
  assert.throws(() => connect('ws://nowhere', { WebSocket: Fake, backoff: { min: 3 } }), /`min`/);
  assert.deepEqual(last().sent, []);
});

const REFUSAL = 'pages of the origin `http://localhost:5173` may not connect; add it to `access.allowed_origins`';
Object.assign(globalThis, { location: { href: 'http://localhost:5173/', origin: 'http://localhost:5173' } });
const { fetch } = globalThis;
for (const [says, answer, code] of [
  ['a refused origin fails requests at once', { status: 403, text: async () => `${REFUSAL}\n` }, 'forbidden'],
  ['a server that cannot be reached may be reached later', undefined, 'timeout'],
  ['a server without an error message may be reached later', { status: 404, text: async () => '' }, 'timeout'],
]) {
  await test(says, {}, async (api) => {
    const asked = [];
    globalThis.fetch = async (url) => {
      asked.push(url);
      if (!answer) throw new TypeError('failed to fetch');
      return answer;
    };
    const errors = [];
    api.$client.on('error', (error) => errors.push(error));
    const request = failure(api.creature.get({ id: 'a' }));
    const live = api.creature.live({});
    const ready = failure(live.ready);
    last().onerror({ type: 'error' });
    await settled();
    assert.deepEqual(asked, ['http://nowhere/sockful/handshake']);
    assert.match(errors[0].message, /cannot connect to ws:\/\/nowhere/);
    if (code === 'timeout') {
      assert.equal(errors.length, 1);
      mock.timers.tick(30_000);
    } else {
      assert.deepEqual([errors[1].code, errors[1].message], [code, REFUSAL]);
      assert.equal((await ready).message, REFUSAL);
      assert.equal((await failure(api.creature.get({ id: 'b' }))).message, REFUSAL);
    }
    const error = await request;
    assert.deepEqual([error.code, error.outcome], [code, 'none']);
    if (code !== 'timeout') {
      assert.equal(error.message, REFUSAL);
      // The setting may be changed while the page is open.
      mock.timers.tick(500);
      open();
      reply({ ok: { records: [] }, seq: 1, resume: 'r' });
      assert.deepEqual([live.status, live.error], ['live', undefined]);
    } else {
      assert.match(error.message, /connecting to ws:\/\/nowhere.* timed out/);
    }
  });
}
globalThis.fetch = fetch;
delete globalThis.location;

await test('a status that the platform reports fails requests at once', {}, async (api) => {
  const request = failure(api.creature.get({ id: 'a' }));
  last().onerror({ error: new Error('Unexpected server response: 403') });
  assert.equal((await request).code, 'forbidden');
});
