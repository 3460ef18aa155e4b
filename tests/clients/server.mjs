// Starts an example program as a process.

import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Starts a server on a free port; returns its address and a function that stops it. It ends with this process. */
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

/** Runs a program; returns its exit status and its output. */
export function run(program, given, env = {}) {
  return new Promise((resolve) => {
    execFile(program, given, { env: { ...process.env, ...env } }, (error, out, err) => resolve({ status: error ? error.code : 0, out, err }));
  });
}
