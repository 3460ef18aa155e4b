// Chromium's WebSocket, opened by a page of the server.
// Usage: node browser.mjs http://127.0.0.1:8000

import { withChromium } from './chromium.mjs';
import { live } from './life.mjs';
import { queue } from './socket.mjs';

const url = process.argv[2];
await withChromium(async (browser) => {
  const page = await browser.newPage();
  await page.goto(url);
  await live('browser', await connect(page));
});

/** A client like the one of `socket.mjs`, whose WebSocket is the page's. */
async function connect(page) {
  await page.evaluate(`
    window.client = (${queue})(new WebSocket(location.origin.replace(/^http/, 'ws'), 'sockful.1'));
    undefined
  `);
  return {
    send: (text) => page.evaluate((text) => window.client.send(text), text),
    next: () => page.evaluate(() => window.client.next()),
    close: () => page.evaluate(() => window.client.close()),
  };
}
