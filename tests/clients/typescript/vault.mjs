// Starts the vault example for a test, with the client files that it serves.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { serve } from '../server.mjs';

/** Starts the vault. Stopping it closes the clients that the test has connected. */
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
    /** Returns a token of a user with this lifetime. */
    token: (name = 'ada', seconds = 3600) =>
      door.guest.signIn({ name, password: { ada: 'lovelace', grace: 'hopper' }[name], seconds }),
    stop() {
      for (const api of apis) api.$client.close();
      return server.stop();
    },
  };
}

/** Writes the client and the module that the server serves to an empty folder. */
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
