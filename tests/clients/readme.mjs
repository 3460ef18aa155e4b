// Plays the sessions in README.md and docs/protocol.md, the blocks marked `frames`: what follows
// `> ` is sent, what follows `< ` must come back. `…` stands for any text, and the numbers of
// commits are not compared. Usage: node readme.mjs http://127.0.0.1:8000

import { readFile } from 'node:fs/promises';
import { step } from './life.mjs';
import { connect } from './socket.mjs';

for (const file of ['README.md', 'docs/protocol.md']) {
  await step('readme', `the server keeps to the frames in ${file}`, async () => {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    const sessions = [...text.matchAll(/^```frames\n([^]*?)^```$/gm)].map(([, lines]) => lines.trim().split('\n'));
    if (sessions.length === 0) throw new Error('there are none');
    for (const session of sessions) await play(session);
  });
}

/** Plays a session over a connection of its own; the hello may go unmentioned. */
async function play(session) {
  const client = connect(process.argv[2]);
  if (!session[0].includes('"hello"')) await client.next();
  try {
    for (const line of session) {
      const [mark, text] = [line.slice(0, 2), line.slice(2)];
      if (mark === '> ') client.send(text);
      else if (mark === '< ') expect(text, await client.next());
      else throw new Error(`a line that is neither sent nor received: ${line}`);
    }
  } finally {
    await client.close();
  }
}

function expect(text, came) {
  const parts = text.replace(/"seq":\d+/g, '"seq":…').split('…');
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*');
  if (!new RegExp(`^${pattern}$`, 's').test(came)) throw new Error(`expected\n  ${text}\nand there came\n  ${came}`);
}
