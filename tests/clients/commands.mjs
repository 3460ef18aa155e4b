// The commands of a program, each in a process of its own.
// Usage: node commands.mjs target/debug/demo target/demo.db, which a server has open

import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { step } from './life.mjs';
import { run, serve } from './server.mjs';

const [program, data] = process.argv.slice(2);
const folder = new URL('../../target/commands/', import.meta.url);
const file = (name) => fileURLToPath(new URL(name, folder));
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

/** Runs the program, checks that it succeeds, and returns its output. */
async function well(...given) {
  const { status, out, err } = await run(program, given);
  assert.deepEqual([status, err], [0, '']);
  return out;
}

await step('commands', '`types`, `schema`, `asyncapi` and `openapi` write to the standard output or to a file', async () => {
  const types = await readFile(new URL('../description/typescript/demo.ts', import.meta.url), 'utf8');
  assert.equal(await well('types'), types);
  assert.equal(await well('types', file('api.ts')), '');
  assert.equal(await readFile(file('api.ts'), 'utf8'), types);
  const schema = await well('schema');
  assert.ok(JSON.parse(schema).resources.creature.actions.feed);
  assert.equal(await well('schema', file('api.json')), '');
  assert.equal(await readFile(file('api.json'), 'utf8'), schema);
  for (const word of ['asyncapi', 'openapi']) {
    assert.equal(JSON.parse(await well(word)).info.version, JSON.parse(schema).schema);
  }
});

/** Returns the output of `compatible` after a change to the description of the demo. */
async function compared(change) {
  const schema = JSON.parse(await readFile(file('api.json'), 'utf8'));
  change(schema.resources.creature);
  await writeFile(file('old.json'), JSON.stringify(schema));
  const { status, out, err } = await run(program, ['compatible', file('old.json')]);
  assert.equal(err, '');
  return [status, out];
}

await step('commands', '`compatible` fails if clients of the older description would break', async () => {
  assert.deepEqual(await compared(() => {}), [0, 'same\n']);
  assert.deepEqual(await compared((creature) => { delete creature.record.properties.kind; }), [0, 'compatible: creature record.kind is new\ncompatible\n']);
  assert.deepEqual(
    await compared((creature) => {
      creature.actions.fly = {};
      delete creature.actions.describe;
    }),
    [1, 'breaking: creature fly was removed\ncompatible: creature describe is new\nbreaking\n'],
  );
});

await step('commands', '`stored` writes the stored layout, and `compatible` fails if a store may refuse a change', async () => {
  const stored = await readFile(new URL('../description/typescript/demo.stored.json', import.meta.url), 'utf8');
  assert.equal(await well('stored'), stored);
  assert.equal(await well('stored', file('stored.json')), '');
  assert.equal(await well('compatible', file('stored.json')), 'same\n');
  const older = JSON.parse(stored);
  const { creature } = older.stored;
  creature.properties.find(({ name }) => name === 'kind').name = 'species';
  creature.properties.find(({ name }) => name === 'life').schema.maximum = 7;
  await writeFile(file('stored.json'), JSON.stringify(older));
  const { status, out, err } = await run(program, ['compatible', file('stored.json')]);
  assert.deepEqual([status, err], [1, '']);
  assert.match(out, /^compatible: creature kind is new$/m);
  assert.match(out, /^compatible: creature life accepts all earlier values/m);
  assert.match(out, /^breaking: creature species was removed.*write #\[resource\(renamed_from = "species"\)\]/m);
  assert.match(out, /^breaking$/m);
});

await step('commands', '`check` reads the whole file while a server has it open', async () => {
  assert.match(await well('check', data), /^\d+ records, \d+ commits in the log, \d+ keys: no problems\n$/);
  const { status, out } = await run(program, ['check', file('nowhere.db')]);
  assert.deepEqual([status, out], [2, '']);
});

await step('commands', 'an open file is refused, and a closed file keeps its data', async () => {
  const { status, err } = await run(program, [], { DATA: data });
  assert.equal(status, 1);
  assert.match(err, /is open in another process/);
  const env = { DATA: file('demo.db') };
  const ask = async (path, given) => {
    const server = await serve(program, [], env);
    const answer = await fetch(`${server.url}/api/${path}`, given).finally(() => server.stop());
    assert.equal(await server.stop(), 0);
    return answer.json();
  };
  const fed = await ask('creature/bob/feed', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":3}' });
  assert.match(fed.ok, /my life is: 13/);
  const bob = await ask('creature/bob');
  assert.deepEqual([bob.ok.life, bob.seq], [13, fed.seq]);
});

await step('commands', 'a failed command exits with 2 and an error message', async () => {
  await writeFile(file('text.json'), 'no JSON');
  await writeFile(file('list.json'), '[]');
  for (const [given, why] of [
    [['compatible'], /needs the file/],
    [['compatible', file('old.json'), file('old.json')], /needs the file/],
    [['compatible', file('nowhere.json')], /nowhere\.json.*No such file/],
    [['compatible', file('text.json')], /text\.json.*expected/],
    [['compatible', file('list.json')], /list\.json.*is not a description/],
    [['types', file('a'), file('b')], /at most one file/],
    [['schema', file('none/api.json')], /none\/api\.json.*No such file/],
  ]) {
    const { status, out, err } = await run(program, given);
    assert.deepEqual([status, out], [2, ''], given.join(' '));
    assert.match(err, why);
  }
});

await step('commands', '`--help` prints the commands, and a mistyped one does not start the server', async () => {
  for (const word of ['--help', '-h', 'help']) {
    const text = await well(word);
    assert.match(text, /^usage: demo \[COMMAND\]/);
    for (const name of ['types', 'schema', 'asyncapi', 'openapi', 'stored', 'compatible', 'check', 'restore']) assert.match(text, new RegExp(`^  ${name} `, 'm'));
  }
  for (const [given, why] of [
    [['shcema'], /^unknown command `shcema`; did you mean `schema`\?/],
    [['tpyes', file('a')], /^unknown command `tpyes`; did you mean `types`\?/],
    [['serve'], /^unknown command `serve`\n/],
    [[''], /^unknown command ``\n/],
  ]) {
    const { status, out, err } = await run(program, given);
    assert.deepEqual([status, out], [2, ''], given.join(' '));
    assert.match(err, why);
    assert.match(err, /^usage: demo/m);
  }
});

await step('commands', 'the error for a used port names the port', async () => {
  const server = await serve(program, ['--memory']);
  const { status, err } = await run(program, ['--memory'], { PORT: new URL(server.url).port }).finally(() => server.stop());
  assert.equal(status, 1);
  assert.match(err, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${new URL(server.url).port}`));
});

await step('commands', 'an unknown option is passed to the program', async () => {
  const server = await serve(program, ['--memory', 'types.ts']);
  const { status } = await fetch(`${server.url}/healthz`).finally(() => server.stop());
  assert.deepEqual([status, await server.stop()], [200, 0]);
});
