// The client in Chromium, loaded from the server.
// Usage: node browser.mjs http://127.0.0.1:8000

import { readFile } from 'node:fs/promises';
import { withChromium } from '../chromium.mjs';
import { step } from '../life.mjs';
import { STEPS } from './life.mjs';

const url = process.argv[2];
const life = await readFile(new URL('life.mjs', import.meta.url), 'utf8');
await withChromium(async (browser) => {
  // The content security policy of this page allows only scripts of the server.
  const page = await browser.newPage({ bypassCSP: true });
  page.setDefaultTimeout(20_000);
  await page.route('**/life.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: life }));
  await page.goto(url);
  for (const [nth, [says]] of STEPS.entries()) {
    await step('typescript in chromium', says, () => page.evaluate(async (nth) => {
      const { connect, SockfulError } = await import('/sockful/client.js');
      const { STEPS } = await import('/life.mjs');
      const api = connect('/', { timeoutMs: 10_000 });
      try {
        await STEPS[nth][1](api, { SockfulError });
      } finally {
        api.$client.close();
      }
    }, nth));
  }
});
