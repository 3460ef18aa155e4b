// Wide integers with the generated module: from the types to the store and back.
// Usage: node wide.mjs target/debug/examples/vault

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { step } from '../life.mjs';
import { faultsOf } from './tsc.mjs';
import { download, open } from './vault.mjs';

const folder = new URL('../../../target/vault/', import.meta.url);
const vault = await open(process.argv[2]);
const token = await vault.token();
await download(vault.url, token, folder);
const { connect } = await import(new URL('client.js', folder));
const { api: described } = await import(new URL('types.js', folder));
const api = vault.connect({ api: described, token }, connect);

const gold = 2n ** 64n - 1n;
const debt = -(2n ** 127n);
const full = { id: 'full', owner: 'ada', gold, debt };

await step('typescript', 'u64::MAX and i128::MIN round-trip as bigint', async () => {
  assert.deepEqual(await api.hoard.create(full), full);
  assert.deepEqual(await api.hoard.get({ id: 'full' }), full);
  assert.deepEqual(await api.hoard.get({ id: ['none', 'full'] }), [null, full]);
  const empty = await api.hoard.create({ id: 'empty', owner: 'ada', gold: 0n });
  assert.deepEqual(empty, { id: 'empty', owner: 'ada', gold: 0n, debt: null });
  assert.equal(await api.hoard.fill({ id: 'empty', gold: gold - 1n }), null);
  assert.equal((await api.hoard.get({ id: 'empty' })).gold, gold - 1n);
  await assert.rejects(api.hoard.fill({ id: 'full', gold: 1n }), { code: 'too_full' });
  assert.deepEqual(await api.hoard.update({ id: 'empty', debt: -debt - 1n }), { ...empty, gold: gold - 1n, debt: -debt - 1n });
  assert.deepEqual(await api.hoard.save({ ...empty, gold: 7n, debt: 0n }), { ...empty, gold: 7n, debt: 0n });
  const [made] = await api.$client.commit([['hoard', 'create', { id: 'made', owner: 'ada', gold, debt }]]);
  assert.deepEqual(made, { ...full, id: 'made' });
  assert.deepEqual(await api.hoard.destroy({ id: 'made' }), made);
});

await step('typescript', 'records are found by wide integers', async () => {
  for (const where of [{ gold }, { debt }, { gold, debt }, { gold: { $in: [1n, gold] } }, { debt: { $ne: 0n } }, { $not: { gold: 7n } }]) {
    const found = await api.hoard.find(where);
    assert.deepEqual([...found], [full], String(Object.keys(where)));
    assert.equal(await api.hoard.count(where), 1);
  }
  assert.deepEqual([...await api.hoard.find({ gold: gold - 1n })], [], 'a neighbouring integer is different');
  await assert.rejects(api.hoard.find({ gold: { $gt: 7n } }), { code: 'invalid_query' });
});

await step('typescript', 'events and live collections have bigint', async () => {
  const live = api.hoard.live({ gold });
  const events = api.hoard.subscribe({ gold });
  await live.ready;
  assert.deepEqual([...live], [full]);
  assert.deepEqual((await events.next()).value.records, [full]);
  const more = await api.hoard.create({ ...full, id: 'more' });
  const created = (await events.next()).value;
  assert.deepEqual([created.type, created.record], ['created', more]);
  await api.hoard.update({ id: 'more', debt: debt + 1n });
  assert.equal((await events.next()).value.record.debt, debt + 1n);
  await api.hoard.update({ id: 'full', gold: 1n });
  assert.deepEqual((await events.next()).value.left, true);
  await events.return();
  const { seq } = await api.hoard.find();
  while ((await api.$client.ping()).seq < seq);
  assert.deepEqual([...live], [{ ...more, debt: debt + 1n }]);
  live.close();
});

await vault.stop();

const PROGRAMS = [
  ['right', 'const { gold, debt }: { gold: bigint; debt: bigint | null } = await api.hoard.create({ owner: "ada", gold: 2n ** 64n - 1n });'],
  ['right', 'await api.hoard.update({ id: "a", gold: 1n, debt: null }); await api.hoard.fill({ id: "a", gold: 1n });'],
  ['right', 'await api.hoard.find({ gold: 7n, debt: { $nin: [1n, null] } }); await api.hoard.count({ debt: null });'],
  ['right', 'for await (const event of api.hoard.subscribe({ gold: 7n })) if (event.type === "created") event.record.gold + 1n;'],
  ['right', 'const gold: bigint | undefined = api.hoard.live().get("a")?.gold;'],
  ['wrong', 'await api.hoard.create({ owner: "ada", gold: 7 });'],
  ['wrong', 'await api.hoard.create({ owner: "ada", gold: "7" });'],
  ['wrong', 'await api.hoard.update({ id: "a", debt: 7 });'],
  ['wrong', 'await api.hoard.fill({ id: "a", gold: 7 });'],
  ['wrong', 'await api.hoard.find({ gold: 7 });'],
  ['wrong', 'await api.hoard.find({ gold: { $in: [7] } });'],
  ['wrong', 'await api.hoard.find({ gold: { $gt: 7n } });'],
  ['wrong', 'await api.hoard.find({ $sort: { gold: 1 } });'],
  ['wrong', 'api.hoard.subscribe({ gold: 7 });'],
  ['wrong', 'const gold: number = (await api.hoard.get({ id: "a" })).gold;'],
  ['wrong', '(await api.hoard.get({ id: "a" })).gold + 1;'],
];
const names = PROGRAMS.map(([kind], nth) => `${kind}-${nth}.ts`);
for (const [nth, [, program]] of PROGRAMS.entries()) {
  const head = 'import { connect } from "./client.js";\nimport { api as described } from "./types.js";\nconst api = connect("ws://nowhere", { api: described });\n';
  await writeFile(new URL(names[nth], folder), `${head}${program}\nexport {};\n`);
}
const faults = await faultsOf(folder, names);
for (const [nth, [kind, program]] of PROGRAMS.entries()) {
  const mine = faults.get(names[nth]);
  await step('typescript', `${kind === 'right' ? 'compiles' : 'does not compile'}: ${program}`, () =>
    assert.equal(mine.length === 0, kind === 'right', mine.join('; ')));
}
