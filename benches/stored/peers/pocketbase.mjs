// PocketBase with a collection `creature`, in its own folder. Each client sends its requests
// over one keep-alive HTTP connection.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';

const ADMIN = { identity: 'admin@example.com', password: 'not-a-secret' };

/** Starts PocketBase with its data in `folder`. */
export async function start(program, folder) {
  execFileSync(program, ['superuser', 'upsert', ADMIN.identity, ADMIN.password, '--dir', folder, '--automigrate=false'], { stdio: 'ignore' });
  const port = await freePort();
  const server = spawn(program, ['serve', '--http', `127.0.0.1:${port}`, '--dir', folder, '--automigrate=false'], { stdio: 'ignore' });
  try {
    await prepare(`http://127.0.0.1:${port}`);
  } catch (error) {
    server.kill();
    throw error;
  }
  return { server, port };
}

async function prepare(url) {
  while (!await fetch(`${url}/api/health`).then((it) => it.ok, () => false)) await new Promise((soon) => setTimeout(soon, 50));
  const { token } = await post(`${url}/api/collections/_superusers/auth-with-password`, ADMIN);
  const field = (type) => (name) => ({ name, type, required: true });
  await post(`${url}/api/collections`, {
    name: 'creature',
    type: 'base',
    createRule: '',
    fields: [...['name', 'kind', 'bio'].map(field('text')), ...['level', 'hp'].map((name) => ({ name, type: 'number' }))],
    indexes: ['kind', 'level'].map((name) => `CREATE INDEX creature_${name} ON creature (${name})`),
  }, token);
}

/** Returns a function that creates records over its own connection. */
export function client(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (record) => new Promise((resolve, reject) => {
    // Ids in PocketBase have 15 characters.
    const id = record.id.padStart(15, '0');
    const body = JSON.stringify({ ...record, id });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ port, agent, headers, host: '127.0.0.1', method: 'POST', path: '/api/collections/creature/records' }, async (answer) => {
      try {
        let text = '';
        for await (const chunk of answer.setEncoding('utf8')) text += chunk;
        if (answer.statusCode !== 200) throw new Error(text);
        resolve({ ...JSON.parse(text), id: record.id });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function post(url, body, token = '') {
  const headers = { 'content-type': 'application/json', authorization: token };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
