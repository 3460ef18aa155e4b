// Chromium with a temporary home directory.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** Starts a browser, and closes it when `use` has finished. */
export async function withChromium(use) {
  const home = await mkdtemp(join(tmpdir(), 'sockful-browser-'));
  let browser;
  try {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Removes the files that Chromium stores in its home directory.
      env: { ...process.env, HOME: home },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    await use(browser);
  } finally {
    await browser?.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
