// A browser: Chromium's own WebSocket, opened by a page which the server itself sends.
// Usage: node browser.mjs http://127.0.0.1:8000

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { live, step } from './life.mjs';
import { queue } from './socket.mjs';

const url = process.argv[2];
const profile = await mkdtemp(join(tmpdir(), 'sockful-browser-'));
let browser;
try {
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Whatever Chromium keeps at home goes with the profile.
    env: { ...process.env, HOME: profile },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await open();
  page.setDefaultTimeout(10_000);
  await step('browser', 'a creature is created, fed and destroyed on the page of the server', () => serves(page));
  await step('browser', 'the page sends a frame written by hand', () => sendsByHand(page));
  await live('browser', await connect(page));
} finally {
  await browser?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** Opens the page that the server sends; anything that goes wrong on it is kept in `page.faults`. */
async function open() {
  const page = await browser.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.faults.push(message.text()));
  await page.goto(url);
  return page;
}

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

async function serves(page) {
  // A name that would be an element, were it not put in as text.
  const id = `<b>smaug-${Math.random().toString(36).slice(2)}</b>`;
  await page.getByRole('link', { name: 'creatures' }).click();
  await page.getByRole('button', { name: 'create', exact: true }).click();
  await page.getByRole('dialog').getByLabel('id').fill(id);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: `feed ${id}` }).click();
  await page.keyboard.press('Enter');
  await page.getByText('I have been fed my life is: 11').waitFor();
  await page.getByRole('button', { name: `destroy ${id}` }).click();
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: id, exact: true }).waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
}

async function sendsByHand(page) {
  await page.getByLabel('Frame', { exact: true }).fill('["sockful","ping",null,"by-hand"]');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText(/^<.*"by-hand"\]$/).waitFor();
  assert.deepEqual(page.faults, []);
}
