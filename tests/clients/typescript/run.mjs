// The client in Node, with the package `ws`, and in Deno, with its own WebSocket.
// Usage: node run.mjs http://127.0.0.1:8000

import { connect, SockfulError } from '../../../clients/typescript/sockful.js';
import { STEPS } from './life.mjs';

const [name, url] = globalThis.Deno ? ['deno', Deno.args[0]] : ['node', process.argv[2]];
const WebSocket = globalThis.Deno ? undefined : (await import('ws')).default;
let failed = 0;
for (const [says, run] of STEPS) {
  const api = connect(url, { WebSocket, timeoutMs: 10_000 });
  try {
    await run(api, { SockfulError });
    console.log(`ok   typescript in ${name}: ${says}`);
  } catch (error) {
    console.log(`FAIL typescript in ${name}: ${says}: ${error.stack ?? error}`);
    failed++;
  } finally {
    api.$client.close();
  }
}
if (failed) (globalThis.Deno?.exit ?? process.exit)(1);
