// The client in Chromium, as the server itself serves it.
// Usage: node browser.mjs http://127.0.0.1:8000

import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { step } from '../life.mjs';
import { STEPS } from './life.mjs';

const url = process.argv[2];
const life = await readFile(new URL('life.mjs', import.meta.url), 'utf8');
const home = await mkdtemp(join(tmpdir(), 'sockful-browser-'));
let browser;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Whatever Chromium keeps at home goes with it.
    env: { ...process.env, HOME: home },
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  // The page of the server, whose policy lets it run no script but its own.
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
} finally {
  await browser?.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
