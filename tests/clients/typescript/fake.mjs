// A fake WebSocket, and a client over it with mocked timers.

import { mock } from 'node:test';
import { connect } from '../../../clients/typescript/sockful.js';
import { step } from '../life.mjs';

/** The created sockets, the newest last. */
export let sockets = [];

export class Fake {
  readyState = 1;
  sent = [];
  constructor() {
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  deliver(...frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
  hello(more) {
    this.deliver('sockful', 'hello', { keys: true, time: 1_790_000_000_000, schema: 'one', limits: {}, ...more }, null);
  }
  end(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

export const settled = async () => { for (let n = 0; n < 20; n++) await null; };
export const last = () => sockets.at(-1);

/** Runs one test. The system clock and the monotonic clock advance with the mocked timers. */
export async function test(says, options, run) {
  sockets = [];
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  let passed = 0;
  const { tick } = mock.timers;
  mock.timers.tick = (ms) => {
    passed += ms;
    tick.call(mock.timers, ms);
  };
  const now = mock.method(performance, 'now', () => passed);
  const api = connect('ws://nowhere', { WebSocket: Fake, ...options });
  await step('typescript', says, () => run(api));
  api.$client.close();
  now.mock.restore();
  mock.timers.tick = tick;
  mock.timers.reset();
}
