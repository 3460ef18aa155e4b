// The vault of the examples, started for a test, with what it serves of its client.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { serve } from '../server.mjs';

/** Starts it. What a test connects is closed when the test stops it. */
export async function open(program) {
  const server = await serve(program);
  const apis = [];
  const connected = (options, client = connect) => {
    const api = client(server.url, { WebSocket, timeoutMs: 10_000, ...options });
    apis.push(api);
    return api;
  };
  const door = connected();
  return {
    url: server.url,
    connect: connected,
    /** A token of somebody who may sign in, for so long. */
    token: (name = 'ada', seconds = 3600) =>
      door.guest.signIn({ name, password: { ada: 'lovelace', grace: 'hopper' }[name], seconds }),
    stop() {
      for (const api of apis) api.$client.close();
      return server.stop();
    },
  };
}

/** Writes the client and the module that the server serves to a folder, which is empty before. */
export async function download(url, token, folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(new URL('package.json', folder), '{"type":"module"}');
  for (const name of ['client.js', 'client.d.ts', 'types.js', 'types.d.ts']) {
    const answer = await fetch(`${url}/sockful/${name}`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`${name} was answered with ${answer.status}`);
    await writeFile(new URL(name, folder), await answer.text());
  }
}
