// The client over a fake WebSocket with mocked timers, for cases that are hard to cause
// otherwise. Usage: node unit.mjs

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { last, settled, sockets, test } from './fake.mjs';

await test('the backoff doubles up to its maximum, with jitter', { backoff: { minMs: 100, maxMs: 400 } }, async () => {
  mock.method(Math, 'random', () => 0.999);
  for (const wait of [100, 200, 400, 400]) {
    const before = sockets.length;
    last().end();
    mock.timers.tick(wait * 0.99 - 1);
    assert.equal(sockets.length, before, `not before ${wait}`);
    mock.timers.tick(wait * 0.01 + 2);
    assert.equal(sockets.length, before + 1, `after ${wait}`);
  }
  Math.random.mock.restore();
});

await test('an unanswered write is sent again with its key; without a key its outcome is unknown', {}, async (api) => {
  last().hello();
  const feeding = api.creature.feed({ id: 'bob' });
  const [[, , payload, id, { key }]] = last().sent;
  assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Number.parseInt(key.replaceAll('-', '').slice(0, 12), 16) - 1_790_000_000_000 < 1000, true);
  last().end();
  mock.timers.tick(300);
  last().hello({ keys: false });
  assert.deepEqual(last().sent, [['creature', 'feed', payload, id, { key }]]);
  last().end();
  mock.timers.tick(1000);
  last().hello();
  assert.equal(last().sent[0][4].key, key, 'the key stays the same');
  last().deliver('creature', 'feed', { ok: 'fed' }, id);
  assert.equal(await feeding, 'fed');
  last().end();
  mock.timers.tick(2000);
  last().hello({ keys: false });
  const making = api.creature.create({}).catch((error) => error);
  const reading = api.creature.get({ id: 'bob' });
  last().end();
  const error = await making;
  assert.deepEqual([error.code, error.outcome], ['unknown', 'unknown']);
  mock.timers.tick(2000);
  last().hello();
  assert.deepEqual(last().sent.map(([, action]) => action), ['get']);
  last().deliver('creature', 'get', { ok: { id: 'bob' } }, last().sent[0][3]);
  assert.equal((await reading).id, 'bob');
});

await test('a read-only route is recognized by its first refusal', {}, async (api) => {
  last().hello();
  for (const times of [2, 1]) {
    const before = last().sent.length;
    const reading = api.album.songs({ album_id: 'kob' });
    const id = last().sent.at(-1)[3];
    if (times === 2) last().deliver('album', 'songs', { err: { code: 'invalid', message: 'no', fields: [{ path: 'key', rule: 'action', message: 'no' }] } }, id);
    assert.equal(last().sent.length, before + times);
    assert.equal(last().sent.at(-1)[4].key, undefined);
    last().deliver('album', 'songs', { ok: [], seq: 1 }, id);
    assert.equal((await reading).seq, 1);
  }
});

await test('a subscription resumes after the last complete commit', {}, async (api) => {
  last().hello();
  const live = api.creature.live({});
  let id = last().sent[0][3];
  last().deliver('creature', 'subscribe', { ok: { records: [{ id: 'a' }] }, seq: 5, resume: 'r1', more: true }, id);
  assert.equal(live.size, 0, 'an incomplete snapshot is not applied');
  last().deliver('creature', 'records', { records: [{ id: 'b' }], seq: 5 }, id);
  assert.deepEqual([...live].map(({ id }) => id), ['a', 'b']);
  last().deliver('creature', 'updated', { id: 'a', record: { id: 'a', life: 1 }, seq: 6, at: 'p6' }, id);
  last().deliver('creature', 'destroyed', { id: 'b', seq: 7, more: true }, id);
  last().deliver('creature', 'purred', { id: 'a', data: {} }, id);
  assert.equal(live.size, 2, 'an incomplete commit is not applied');
  last().end();
  assert.equal(live.status, 'stale');
  mock.timers.tick(300);
  last().hello();
  const [, , payload, again] = last().sent[0];
  assert.deepEqual(payload, { $from: { resume: 'r1', seq: 6, at: 'p6' } });
  id = again;
  last().deliver('creature', 'subscribe', { ok: { resumed: true }, seq: 6, resume: 'r2' }, id);
  assert.equal(live.status, 'live');
  last().deliver('creature', 'records', { records: [], seq: 9, folded: true, dropped: 2 }, id);
  last().deliver('creature', 'reset', { records: [{ id: '__proto__' }], seq: 12 }, id);
  assert.deepEqual([live.size, live.get('__proto__').id], [1, '__proto__']);
  last().end();
  mock.timers.tick(1000);
  last().hello();
  assert.deepEqual(last().sent[0][2], { $from: { resume: 'r2', seq: 12 } });
});

let tokens = 0;
await test('the token function is called per connection, before expiry and after it', { token: async () => `token ${++tokens}` }, async (api) => {
  const expired = mock.fn();
  api.$client.on('expired', expired);
  const getting = api.creature.get({ id: 'bob' });
  last().hello({ keys: false });
  await settled();
  assert.deepEqual(last().sent.map(([, action, payload]) => [action, payload]), [['authenticate', { token: 'token 1' }]], 'nothing is sent before it');
  last().deliver('sockful', 'authenticate', { ok: { expires: 1_790_000_100_000 } }, last().sent[0][3]);
  await settled();
  assert.equal(last().sent[1][1], 'get');
  last().deliver('creature', 'get', { ok: { id: 'bob' } }, last().sent[1][3]);
  await getting;
  api.creature.feed({ id: 'bob' }).catch(() => {});
  assert.ok(last().sent[2][4].key, 'an authenticated client sends keys');
  last().deliver('creature', 'feed', { ok: 1 }, last().sent[2][3]);
  for (let n = 0; n < 4; n++) mock.timers.tick(22_600), last().deliver('sockful', 'noise', {}, null);
  await settled();
  assert.deepEqual(last().sent.at(-1)[2], { token: 'token 2' });
  last().deliver('sockful', 'authenticate', { ok: { expires: null } }, last().sent.at(-1)[3]);
  await settled();
  last().deliver('sockful', 'expired', {}, null);
  await settled();
  assert.equal(expired.mock.callCount(), 1);
  assert.deepEqual(last().sent.at(-1)[2], { token: 'token 3' });
});

await test('a client without a token reconnects when its identity has expired', {}, async (api) => {
  const expired = mock.fn();
  api.$client.on('expired', expired);
  const live = api.creature.live();
  last().hello();
  last().deliver('creature', 'subscribe', { ok: { records: [] }, seq: 5, at: 'p5', resume: 'r1' }, last().sent[0][3]);
  last().deliver('sockful', 'expired', {}, null);
  assert.equal(expired.mock.callCount(), 1);
  assert.equal(live.status, 'stale');
  mock.timers.tick(1000);
  assert.equal(sockets.length, 2, 'the handshake sends the cookies again');
  last().hello();
  assert.deepEqual(last().sent[0][2], { $from: { resume: 'r1', seq: 5, at: 'p5' } });
});

await test('a silent connection gets a ping, and is replaced if there is no reply', {}, async () => {
  last().hello();
  mock.timers.tick(30_000);
  assert.equal(last().sent[0][1], 'ping');
  mock.timers.tick(10_000);
  mock.timers.tick(250);
  assert.equal(sockets.length, 2);
});

await test('queued requests that abort or time out are not sent; rate limited ones are sent again', { maxQueue: 2 }, async (api) => {
  const controller = new AbortController();
  const aborted = api.creature.create({ id: 'a' }, { signal: controller.signal }).catch((error) => error);
  const late = api.creature.create({ id: 'b' }, { timeoutMs: 10 }).catch((error) => error);
  assert.equal((await api.creature.create({}).catch((error) => error)).code, 'too_many');
  controller.abort('enough');
  mock.timers.tick(10);
  assert.equal(await aborted, 'enough');
  const { code, outcome } = await late;
  assert.deepEqual([code, outcome], ['timeout', 'none']);
  const room = new AbortController();
  const fits = api.creature.create({ id: 'd' }, { signal: room.signal }).catch((error) => error);
  room.abort('fits');
  assert.equal(await fits, 'fits', 'removed requests free their places');
  last().hello();
  assert.deepEqual(last().sent, []);
  const soon = api.creature.create({ id: 'c' });
  last().deliver('creature', 'create', { err: { code: 'rate_limited', message: 'slow', retry_after_ms: 500 } }, last().sent[0][3]);
  mock.timers.tick(499);
  assert.equal(last().sent.length, 1);
  mock.timers.tick(300);
  assert.deepEqual(last().sent[1], last().sent[0]);
  last().deliver('creature', 'create', { ok: { id: 'c' } }, last().sent[1][3]);
  await soon;
});

const wide = { schema: 'one', wide: { coin: ['worth'] }, of: { purse: { coins: 'coin' } }, with: { purse: { coins: 'coin' } } };
await test('wide properties are bigint, in replies, relations, snapshots and events', { api: wide }, async (api) => {
  last().hello();
  const [most, least] = [2n ** 64n - 1n, -(2n ** 127n)];
  const answer = (payload) => last().deliver('', '', payload, last().sent.at(-1)[3]);
  const made = api.coin.create({ id: 'a', worth: most });
  assert.deepEqual(last().sent.at(-1)[2], { id: 'a', worth: String(most) });
  answer({ ok: { id: 'a', worth: String(most) } });
  assert.equal((await made).worth, most);
  const purse = api.purse.get({ id: 'p', $with: ['coins'] });
  answer({ ok: { id: 'p', coins: [{ worth: String(least) }] } });
  assert.equal((await purse).coins[0].worth, least);
  const coins = api.purse.coins({});
  answer({ ok: [{ worth: String(least) }, { worth: null }] });
  assert.deepEqual((await coins).map(({ worth }) => worth), [least, null]);
  const live = api.coin.live();
  answer({ ok: { records: [{ id: 'a', worth: '7' }] }, seq: 1, resume: 'r' });
  last().deliver('coin', 'created', { id: 'b', record: { id: 'b', worth: '8' }, seq: 2 }, last().sent.at(-1)[3]);
  assert.deepEqual([...live].map(({ worth }) => worth), [7n, 8n]);
});

const shows = { schema: 'one', wide: {}, of: {}, reads: [], with: {}, orders: { show: { starts: 'time', price: 'decimal' } } };
const hoards = { schema: 'one', wide: { hoard: ['gold'] }, of: {}, with: {} };
await test('an event that can not be decoded ends the subscription', { api: hoards }, async (api) => {
  last().hello();
  const live = api.hoard.live();
  const events = api.hoard.subscribe();
  const heard = [];
  api.hoard.subscribe({}, (event) => heard.push(event));
  const acks = last().sent.slice(-3).map((frame) => frame[3]);
  const deliver = (type, payload) => acks.forEach((ack) => last().deliver('hoard', type, payload, ack));
  deliver('subscribe', { ok: { records: [{ id: 'a', gold: '1' }] }, seq: 1, resume: 'r' });
  await live.ready;
  const sent = last().sent.length;
  // The first part can not be decoded; the second one completes the commit.
  const reached = live.until(2).then(() => 'reached', ({ code }) => code);
  deliver('updated', { id: 'a', record: { id: 'a', gold: 'much' }, seq: 2, more: true });
  deliver('created', { id: 'b', record: { id: 'b', gold: '2' }, seq: 2 });
  deliver('destroyed', { id: 'a', seq: 3 });
  assert.equal(await reached, 'internal');
  assert.deepEqual([live.status, live.error.code, live.getSnapshot()], ['ended', 'internal', [{ id: 'a', gold: 1n }]]);
  assert.deepEqual(heard.map(({ type }) => type), ['reset', 'ended']);
  assert.equal(heard[1].error.code, 'internal');
  assert.equal((await events.next()).value.type, 'reset');
  await assert.rejects(events.next(), { code: 'internal' });
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  const unsubscribed = last().sent.slice(sent).filter((frame) => frame[1] === 'unsubscribe');
  assert.deepEqual(unsubscribed.map((frame) => frame[2].subscription), acks);
});

await test('a commit that can not be sorted is not reached', { api: shows }, async (api) => {
  last().hello();
  const live = api.show.live({}, { sort: { price: 1 } });
  const ack = last().sent.at(-1)[3];
  last().deliver('show', 'subscribe', { ok: { records: [] }, seq: 1, resume: 'r' }, ack);
  const reached = live.until(2).then(() => 'reached', ({ code }) => code);
  last().deliver('show', 'created', { id: 'b', record: { id: 'b', price: 'much' }, seq: 2 }, ack);
  assert.equal(await reached, 'internal');
});

await test('a different description is reported', { api: { ...wide, schema: 'other', description: { resources: {} } } }, async (api) => {
  const changed = new Promise((resolve) => api.$client.on('changed', resolve));
  last().hello();
  const [resource, action, payload, id] = last().sent[0];
  assert.deepEqual([resource, action, payload], ['sockful', 'changes', { since: { resources: {} } }]);
  last().deliver('sockful', 'changes', { err: { code: 'unknown_action', message: 'no' } }, id);
  assert.deepEqual(await changed, { verdict: 'unknown', changes: [], from: 'other', to: 'one' });
});

await test('live records are sorted by the value of times and decimal numbers', { api: shows }, async (api) => {
  last().hello();
  const ascending = [
    ['-002024-05-01T10:00:00Z', '-100.5'],
    ['1969-12-31T23:59:59.9Z', '-100.05'],
    ['2016-12-31T23:59:59.999999999Z', '-0.5'],
    ['2016-12-31T23:59:60.5Z', '0'],
    ['2017-01-01T00:00:00Z', '0.05'],
    ['2024-05-01T11:59:59+02:00', '0.5'],
    ['2024-05-01T10:00:00Z', '9.99'],
    ['2024-05-01T10:00:00.12Z', '10'],
    ['2024-05-01T10:00:00.123456789Z', '10.1'],
    ['2024-05-01T08:30:00.25-01:30', '79228162514264337593543950335'],
    ['+010000-01-01T00:00:00Z', '79228162514264337593543950336'],
  ];
  const records = ascending.map(([starts, price], nth) => ({ id: String(nth * 7 % 11), starts, price }));
  const ids = records.map(({ id }) => id);
  for (const sort of [{ starts: 1 }, { price: 1 }, { starts: -1 }, { price: -1 }]) {
    const live = api.show.live({}, { sort });
    const [, , , ack] = last().sent.at(-1);
    last().deliver('show', 'subscribe', { ok: { records: records.toReversed() }, seq: 1, resume: 'r' }, ack);
    await settled();
    const sorted = live.getSnapshot().map(({ id }) => id);
    assert.deepEqual(Object.values(sort)[0] > 0 ? sorted : sorted.toReversed(), ids, JSON.stringify(sort));
    live.close();
  }
});

await test('a live window is sorted by its own order, whose properties are selected', { api: shows }, async (api) => {
  last().hello();
  const live = api.show.live({ $sort: { price: -1 }, $limit: 2, $select: ['starts'] });
  const [, , payload, ack] = last().sent.at(-1);
  assert.deepEqual(payload, { $sort: { price: -1 }, $limit: 2, $select: ['starts', 'id', 'price'] });
  const show = (id, price) => ({ id, starts: '2024-05-01', price });
  last().deliver('show', 'subscribe', { ok: { records: [show('b', '10'), show('a', '9')] }, seq: 1 }, ack);
  last().deliver('show', 'created', { id: 'c', record: show('c', '9.5'), seq: 2, more: true }, ack);
  last().deliver('show', 'destroyed', { id: 'a', left: true, seq: 2 }, ack);
  last().deliver('show', 'updated', { id: 'b', record: show('b', '9.50'), seq: 3 }, ack);
  assert.deepEqual(live.getSnapshot().map(({ id }) => id), ['b', 'c']);
  last().end();
  mock.timers.tick(30_000);
  last().hello();
  assert.equal(last().sent.at(-1)[2].$from, undefined, 'a window is not resumed');
});

await test('a live count reports each number', {}, async (api) => {
  last().hello();
  const events = [];
  const stop = api.creature.subscribe({ kind: 'cat', $count: true }, (event) => events.push(event));
  const [, , payload, ack] = last().sent.at(-1);
  assert.deepEqual(payload, { kind: 'cat', $count: true });
  last().deliver('creature', 'subscribe', { ok: { count: 7 }, seq: 1 }, ack);
  last().deliver('creature', 'counted', { count: 8, seq: 4 }, ack);
  assert.deepEqual(events, [{ type: 'counted', count: 7, seq: 1 }, { type: 'counted', count: 8, seq: 4 }]);
  stop();
});

await test('a live collection ends with an error at a value that it cannot sort', { api: shows }, async (api) => {
  last().hello();
  const live = api.show.live({}, { sort: { price: 1 } });
  const [, , , ack] = last().sent.at(-1);
  last().deliver('show', 'subscribe', { ok: { records: [{ id: 'a', price: '1e3' }, { id: 'b', price: '9.5' }] }, seq: 1, resume: 'r' }, ack);
  await live.ready;
  last().deliver('show', 'updated', { id: 'b', record: { id: 'b', price: 'much' }, seq: 2 }, ack);
  assert.deepEqual([live.status, live.error.code, live.error.message], ['ended', 'internal', '`show.price` is not a decimal: "much"']);
  assert.deepEqual(last().sent.at(-1).slice(0, 3), ['show', 'unsubscribe', { subscription: ack }]);
  assert.deepEqual(live.getSnapshot().map(({ id, price }) => [id, price]), [['b', '9.5'], ['a', '1e3']], 'the records are unchanged');
  const starts = ['2024-01-01T00:00:00+01:00[Europe/Berlin]', '2023-12-31T23:00:00.5Z', '2024-01-01'];
  const times = api.show.live({}, { sort: { starts: 1 } });
  last().deliver('show', 'subscribe', { ok: { records: starts.map((starts, id) => ({ id: String(2 - id), starts })) }, seq: 1, resume: 'r' }, last().sent.at(-1)[3]);
  assert.deepEqual(times.getSnapshot().map(({ starts }) => starts), starts);
});

await test('when the client is closed every promise settles', {}, async (api) => {
  last().hello();
  const sent = api.creature.feed({}).catch(({ code, outcome }) => [code, outcome]);
  const live = api.creature.live();
  const next = api.creature.subscribe().next().catch(({ code }) => code);
  api.$client.close();
  assert.deepEqual(await sent, ['closed', 'unknown']);
  assert.equal(await next, 'closed');
  await assert.rejects(live.ready, { code: 'closed' });
  await assert.rejects(api.creature.get({ id: 'x' }), { code: 'closed' });
});
