// The compiler of TypeScript, and a bundler.

import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
const FLAGS = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable,esnext.disposable', '--module', 'nodenext', '--types', ''];

/** Compiles files of a folder; gives what the compiler has to say against each of them, by its name. */
export async function faultsOf(folder, names) {
  const said = await compile(folder, names).then(() => '', ({ message }) => message);
  const of = (name) => said.split('\n').filter((line) => line.includes(`/${name}(`) || line.startsWith(`${name}(`));
  return new Map(names.map((name) => [name, of(name)]));
}

/** Compiles files as modules of strict types, without writing anything; throws what is wrong. */
export async function compile(folder, names, ...more) {
  try {
    await promisify(execFile)(tsc, [...FLAGS, ...more, ...names], { cwd: fileURLToPath(folder), maxBuffer: 1e8 });
  } catch (error) {
    throw new Error(error.stdout || error.message);
  }
}

const packages = new URL('../node_modules/@oven/', import.meta.url);

/** The text of a module as a bundler publishes it. */
export async function minify(file) {
  const bun = fileURLToPath(new URL(`${readdirSync(packages)[0]}/bin/bun`, packages));
  const { stdout } = await promisify(execFile)(bun, ['build', '--minify', file], { maxBuffer: 1e8 });
  return stdout;
}
