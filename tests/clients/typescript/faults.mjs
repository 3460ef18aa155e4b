// A proxy that cuts, stalls and half-opens connections at random, and a client behind it. In the
// end its live collection equals the server's records, each create with a key took effect once, and every
// promise has settled. Usage: node faults.mjs http://127.0.0.1:8000 [seconds] [seed]

import assert from 'node:assert/strict';
import net from 'node:net';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { step } from '../life.mjs';

const [, , url, seconds = '10', given] = process.argv;
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 32));
let state = seed;

/** Returns a pseudorandom number below 1; the sequence depends on the seed. */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const counts = { connections: 0, cuts: 0, stalls: 0, halves: 0 };
let isCalm = false;
const pairs = new Set();

const proxy = net.createServer((near) => {
  counts.connections++;
  const far = net.connect(Number(new URL(url).port), '127.0.0.1');
  const pair = { near, far, isDeaf: false };
  pairs.add(pair);
  const end = () => {
    pairs.delete(pair);
    near.destroy();
    far.destroy();
  };
  for (const [from, to] of [[near, far], [far, near]]) {
    // Data sent on a half-open connection is lost.
    from.on('data', (data) => pair.isDeaf || to.write(data));
    from.on('close', end).on('error', end);
  }
  pair.end = end;
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));

const disturbing = setInterval(() => {
  if (isCalm) return;
  for (const pair of [...pairs]) {
    const dice = random();
    if (dice < 0.05) [counts.cuts++, pair.end()];
    else if (dice < 0.08) [counts.halves++, pair.isDeaf = true];
    else if (dice < 0.12) {
      counts.stalls++;
      for (const socket of [pair.near, pair.far]) socket.pause();
      setTimeout(() => [pair.near, pair.far].forEach((socket) => socket.resume()), random() * 300);
    }
  }
}, 20);

const options = { WebSocket, timeoutMs: 60_000, maxQueue: 1e6 };
const direct = connect(url, options);
const api = connect(`http://127.0.0.1:${proxy.address().port}`, {
  ...options, heartbeatMs: 200, deadlineMs: 300, backoff: { minMs: 5, maxMs: 100 },
});
api.$client.on('error', () => {});

await step('typescript', `cut, stalled and half-open connections change no result, seed ${seed}`, async () => {
  const kind = `fault-${seed}-${Date.now()}`;
  const live = api.creature.live({ kind });
  const tallies = { settled: 0, asked: 0, created: 0, refused: {} };
  const asked = [];
  const ask = (promise) => {
    tallies.asked++;
    asked.push(promise.then((done) => done, (error) => {
      tallies.refused[error.code] = (tallies.refused[error.code] ?? 0) + 1;
    }).finally(() => tallies.settled++));
    return asked.at(-1);
  };
  // The server generates the ids, so that duplicates show.
  const counter = (await direct.creature.create({ kind: `${kind}-counter`, life: 0 })).id;
  let fed = 0;
  const until = Date.now() + Number(seconds) * 1000;
  const known = [];
  while (Date.now() < until) {
    ask(api.creature.create({ kind, life: tallies.created++ })).then((record) => record && known.push(record.id));
    ask(api.creature.feed({ id: counter, amount: 1 })).then((said) => { if (said) fed++; });
    if (known.length > 20 && random() < 0.3) ask(api.creature.update({ id: known.at(-1), life: 1_000_000 + tallies.created }));
    ask(api.album.songs({ album_id: 'kob' }));
    ask(api.creature.count({ kind }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  isCalm = true;
  for (const pair of [...pairs]) pair.end();
  await Promise.all(asked);
  assert.equal(tallies.settled, tallies.asked, 'every promise settled');
  assert.deepEqual(tallies.refused, {}, 'nothing was refused');
  const count = await direct.creature.count({ kind });
  assert.equal(count, tallies.created, 'each was created once');
  const { life } = await direct.creature.get({ id: counter });
  assert.deepEqual([life, fed], [tallies.created, tallies.created], 'each feeding happened once');
  const there = [];
  for (let after; ;) {
    const page = await direct.creature.find({ kind, $limit: 500, $sort: { id: 1 }, ...(after && { $after: after }) });
    there.push(...page);
    after = page.next;
    if (!after) break;
  }
  for (let tries = 0; tries < 200 && JSON.stringify(live.getSnapshot()) !== JSON.stringify(there); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(live.getSnapshot(), there, 'the live collection is the server’s');
  assert.ok(counts.cuts > 0 && counts.halves > 0 && counts.stalls > 0, 'there were faults');
  console.log(`     ${JSON.stringify({ ...counts, ...tallies })}`);
});
clearInterval(disturbing);
api.$client.close();
direct.$client.close();
proxy.close();
for (const pair of [...pairs]) pair.end();
