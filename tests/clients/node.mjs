// A Node client: the package `ws`. Usage: node node.mjs http://127.0.0.1:8000

import WebSocket from 'ws';
import { live, step } from './life.mjs';
import { connect } from './socket.mjs';

const url = process.argv[2];
await live('node', connect(url));

await step('node', 'a page of the same origin can connect', () => shakesHands(url, 101));
await step('node', 'pages of other origins are refused', async () => {
  for (const origin of ['https://elsewhere.example', `${url}0`, `${url}.elsewhere.example`, 'null']) {
    await shakesHands(origin, 403);
  }
});

/** Performs the handshake of a browser for a page of `origin`. */
async function shakesHands(origin, expected) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { origin });
  const status = await new Promise((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    socket.on('error', ({ message }) => resolve(message));
  });
  socket.terminate();
  if (status !== expected) throw new Error(`${origin} was answered with ${status}, not ${expected}`);
}
