// A program of the examples as a process of its own.

import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Starts a server on a free port; gives its address, which it prints, and what stops it. It ends with this process. */
export async function serve(program, given = [], env = {}) {
  const server = spawn(program, given, { env: { ...process.env, PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => server.kill());
  const ended = new Promise((resolve) => server.once('exit', resolve).once('error', resolve));
  const lines = createInterface(server.stdout);
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
      if (url) resolve(url);
    });
    ended.then((why) => reject(new Error(`${program} did not start: ${why}`)));
  });
  return {
    url,
    stop() {
      server.kill();
      return ended;
    },
  };
}

/** Runs a program to its end; gives the status that it ends with, and what it writes. */
export function run(program, given, env = {}) {
  return new Promise((resolve) => {
    execFile(program, given, { env: { ...process.env, ...env } }, (error, out, err) => resolve({ status: error ? error.code : 0, out, err }));
  });
}
