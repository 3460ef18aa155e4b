// Programs that have to compile under `tsc --strict`, and programs that must not, each checked separately;
// the client against its own types; and its size. Usage: node programs.mjs

import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { step } from '../life.mjs';
import { compile, faultsOf, minify } from './tsc.mjs';

const root = new URL('../../../', import.meta.url);
const client = new URL('clients/typescript/', root);
const scratch = new URL('target/programs/', root);

const HEAD = `
import { connect, SockfulError, type Live, type Where } from "${client.pathname}sockful.js";
import { api as described, type Creature, type Song } from "./api.mjs";
const api = connect("ws://127.0.0.1:8000", { api: described, token: async () => "token" });
`;

const RIGHT = [
  'api.album.subscribe({ songs: { $some: { playing: true } } }); api.song.live({ "album.year": { $lt: 1960 } });',
  'for await (const { count } of api.creature.subscribe({ kind: "dragon", $count: true })) { const now: number = count; break; }',
  'const newest: Live<Creature> = api.creature.live({ kind: "dragon", $sort: { life: -1 }, $limit: 3 });',
  'const bob: Creature = await api.creature.create({ id: "bob" });',
  'const said: string = await api.creature.feed({ id: "bob", amount: 3 }, { timeoutMs: 500, ifRev: 7 });',
  'const both: (Creature | null)[] = await api.creature.get({ id: ["bob", "larry"] });',
  'const one: Creature = await api.creature.get({ id: "bob" });',
  'const page = await api.creature.find({ life: { $gt: 5 }, $sort: { life: -1 } }); const next: string | undefined = page.next;',
  'const some = await api.creature.find({ $select: ["id", "life"] }); const life: number = some[0].life;',
  'const songs: Song[] = await api.album.songs({ album_id: "kob", title: { $prefix: "So" } });',
  'const album = await api.album.get({ id: "kob", $with: ["songs.album"] }); const title: string | undefined = album.songs[0].album?.title;',
  'await api.album.update({ id: "kob", year: null }); await api.album.find({ year: null });',
  'await api.creature.find({ $or: [{ kind: "dragon" }, { $not: { life: { $in: [1, 2] } } }] });',
  'await api.song.find({ "album.year": { $lt: 1960 }, $sort: { title: 1 } }); await api.song.count({ $not: { "album.id": "kob" } });',
  'await api.album.find({ songs: { $some: { playing: true }, $none: { title: { $prefix: "So" } } }, $or: [{ songs: { $none: {} } }] });',
  'await api.song.find({ "album.songs": { $some: { playing: true } } }); await api.album.songs({ album_id: "kob", "album.year": 1959 });',
  'for await (const event of api.creature.subscribe({ kind: "dragon" })) { if (event.type === "updated") event.record.life.toFixed(); }',
  'const stop: () => void = api.creature.subscribe({}, (event) => { if (event.type === "ended") event.error.code; });',
  'for await (const event of api.album.subscribeSongs({ album_id: "kob" })) { if (event.type === "reset") event.records[0].title; }',
  'const dragons: Live<Creature> = api.creature.live({ kind: "dragon" }, { sort: { life: -1 } }); const now: readonly Creature[] = dragons.getSnapshot();',
  'const [made, song] = await api.$client.commit([["album", "create", { title: "A" }], ["album", "createSong", { album_id: "a", title: "B" }]]); const id: string = song.album_id; made.year;',
  'try { await api.creature.count(); } catch (error) { if (error instanceof SockfulError) error.fields?.[0].rule; }',
  'api.$client.on("changed", ({ verdict }) => { const breaks: boolean = verdict === "breaking"; });',
  'const none: Where<{ tags: string[] | null }> = { tags: null }; const some: Where<{ tags: string[] | null }> = { tags: { $ne: null } };',
  'const dragons = api.creature.live(); await api.creature.create({}); await dragons.until(); await dragons.until(api.$client.seq, { timeoutMs: 5 });',
  'const any = connect("ws://127.0.0.1:8000"); await any.whatever.comes({ to: "mind" }); any.song.live({}).size;',
];

const WRONG = [
  'await api.creatures.create({ id: "bob" });',
  'await api.creature.fed({ id: "bob" });',
  'await api.creature.create({ id: "bob", wings: 2 });',
  'await api.creature.create({ id: 7 });',
  'await api.album.create({ id: "kob" });',
  'await api.creature.feed({ id: "bob", amount: "much" });',
  'await api.creature.feed({ amount: 1 });',
  'await api.user.create({ name: "Eve", is_admin: true });',
  'await api.user.update({ id: "eve", is_admin: true });',
  'await api.creature.update({ life: 3 });',
  'await api.creature.update({ id: "bob", life: null });',
  'await api.creature.find({ lifee: 3, life: 3 });',
  'await api.creature.find({ life: { $prefix: "1" } });',
  'await api.song.find({ "album.yaer": 1959 });',
  'await api.song.find({ "album.year": "early" });',
  'await api.album.find({ songs: { playing: true } });',
  'await api.album.find({ songs: { $some: { plying: true } } });',
  'await api.song.find({ "album.songs": { $some: { "album.year": 1959 } } });',
  'api.album.subscribe({ songs: { $any: {} } });',
  'await api.creature.find({ life: { $gt: "much" } });',
  'await api.creature.find({ $sort: { life: 2 } });',
  'const where: Where<{ tags: string[] | null }> = { tags: ["a"] };',
  'const where: Where<{ tags: string[] | null }> = { tags: { $in: [null] } };',
  'const where: Where<{ tags: string[] }> = { tags: { $ne: [] } };',
  'await api.creature.find({ $select: ["wings"] });',
  '(await api.creature.find({ $select: ["id"] }))[0].life;',
  'await api.album.get({ id: "kob", $with: ["artists"] });',
  '(await api.album.get({ id: "kob" })).songs;',
  'await api.album.songs({ title: "So What" });',
  'api.creature.subscribe({ $limit: 3, $skip: 3 });',
  'api.creature.live({}, { limit: 3 });',
  'api.creature.subscribe({}, (event) => { event.record; });',
  'api.album.subscribeSongs({ title: "So What" });',
  'await api.$client.commit([["creature", "feed", { id: "bob" }]]);',
  'await api.$client.commit([["creature", "create", { wings: 2 }]]);',
  'api.$client.on("exploded", () => {});',
  'await api.creature.create({ id: "bob" }, { timeout: 3 });',
  'const none: number = await api.creature.describe({ id: "bob" });',
];

await rm(scratch, { recursive: true, force: true });
await mkdir(scratch, { recursive: true });
// The module that the server generates for the demo; another test checks it.
const made = await readFile(new URL('tests/description/typescript/demo.ts', root), 'utf8');
await writeFile(new URL('api.mts', scratch), ours(made));

await step('typescript', 'the client is under 8,300 bytes minified and gzipped', async () => {
  const minified = await minify(new URL('sockful.js', client).pathname);
  const size = gzipSync(minified, { level: 9 }).length;
  assert.ok(size < 8300, `it has ${size} bytes`);
});

await step('typescript', 'the client matches its types in strict mode', () =>
  compile(scratch, [new URL('sockful.js', client).pathname], '--allowJs', '--checkJs'));

// Each program is a module, so that one run of the compiler checks them separately.
const files = new Map();
for (const [kind, programs] of [['right', RIGHT], ['wrong', WRONG]]) {
  for (const [nth, program] of programs.entries()) {
    const name = `${kind}-${nth}.mts`;
    files.set(name, program);
    await writeFile(new URL(name, scratch), `${HEAD}${program}\nexport {};\n`);
  }
}
// The examples of the documentation.
const text = await readFile(new URL('docs/guide/clients.md', root), 'utf8');
for (const [nth, [, program]] of [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].entries()) {
  const name = `right-docs-${nth}.mts`;
  files.set(name, `example ${nth + 1} of docs/guide/clients.md`);
  const whole = program.includes('connect(') ? program : `${HEAD}${program}`;
  await writeFile(new URL(name, scratch), `${ours(whole).replace('"./api.js"', '"./api.mjs"')}\nexport {};\n`);
}
const faults = await faultsOf(scratch, [...files.keys()]);
for (const [name, program] of files) {
  const mine = faults.get(name);
  const compiles = name.startsWith('right');
  await step('typescript', `${compiles ? 'compiles' : 'does not compile'}: ${program}`, () =>
    assert.equal(mine.length === 0, compiles, mine.join('; ')));
}

/** Returns the text with the package replaced by the client of this folder. */
function ours(text) {
  return text.replace('"sockful"', `"${client.pathname}sockful.js"`);
}
