// The client in Node, with the package `ws`, and in Deno and Bun, each with its own WebSocket.
// Usage: node run.mjs http://127.0.0.1:8000

import { connect, SockfulError } from '../../../clients/typescript/sockful.js';
import { STEPS } from './life.mjs';

const name = globalThis.Deno ? 'deno' : globalThis.Bun ? 'bun' : 'node';
const url = globalThis.Deno ? Deno.args[0] : process.argv[2];
const WebSocket = name === 'node' ? (await import('ws')).default : undefined;
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
