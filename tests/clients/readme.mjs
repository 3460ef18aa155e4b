// Runs the sessions in README.md and in all files of `docs/`. In blocks marked `frames`, lines after `> ` are
// sent and lines after `< ` are expected. The order is checked per `ack_id`: a reply and the
// event of the same commit may arrive in any order. In blocks marked `console`, lines after `$ ` are run, and
// the following lines are the expected output. `…` matches any text, and commit numbers are not
// compared. Usage: node readme.mjs http://127.0.0.1:8000

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { step } from './life.mjs';
import { connect } from './socket.mjs';

const root = new URL('../../', import.meta.url);
const docs = await readdir(new URL('docs/', root), { recursive: true });
const files = ['README.md', ...docs.filter((file) => file.endsWith('.md')).sort().map((file) => `docs/${file}`)];

// A session restores the records that it changes.
for (const [kind, play] of [['console', type], ['frames', playFrames]]) {
  let played = 0;
  for (const file of files) {
    const text = await readFile(new URL(file, root), 'utf8');
    const blocks = text.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, 'gm'));
    const sessions = [...blocks].map(([, lines]) => lines.trim().split('\n'));
    if (sessions.length === 0) continue;
    played += sessions.length;
    await step('readme', `the server behaves like the ${kind} in ${file}`, async () => {
      for (const session of sessions) await play(session);
    });
  }
  if (played === 0) throw new Error(`no document has ${kind}`);
}

/** Runs a session over a new connection; the hello is optional. */
async function playFrames(session) {
  const client = connect(process.argv[2]);
  if (!session[0].includes('"hello"')) await client.next();
  const awaited = [];
  const hear = async () => {
    while (awaited.length > 0) {
      const came = await client.next();
      const at = awaited.findIndex((text) => ackId(text) === ackId(came));
      const [text] = awaited.splice(Math.max(at, 0), 1);
      expect(text, came);
    }
  };
  try {
    for (const line of session) {
      const [mark, text] = [line.slice(0, 2), line.slice(2)];
      if (mark === '< ') {
        awaited.push(text);
        continue;
      }
      await hear();
      if (mark !== '> ') throw new Error(`a line that is neither sent nor received: ${line}`);
      client.send(text);
    }
    await hear();
  } finally {
    await client.close();
  }
}

/** Returns the last slot of a frame, which may be invalid JSON. */
function ackId(frame) {
  return frame.slice(frame.lastIndexOf(','));
}

/** Runs commands in a shell, with the address of the docs replaced by that of the demo. */
async function type(session) {
  const shown = session.join('\n').split(/^\$ /m).slice(1);
  for (const [command, ...output] of shown.map((it) => it.trim().split('\n'))) {
    const typed = command.replaceAll('localhost:8000', new URL(process.argv[2]).host);
    const { stdout } = await promisify(execFile)('sh', ['-c', typed.replace(/^curl /, 'curl --silent ')]);
    expect(output.join('\n'), stdout);
  }
}

function expect(text, came) {
  const parts = text.replace(/"seq":\d+/g, '"seq":…').split('…');
  const pattern = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*');
  if (!new RegExp(`^${pattern}$`, 's').test(came)) throw new Error(`expected\n  ${text}\nand there came\n  ${came}`);
}
