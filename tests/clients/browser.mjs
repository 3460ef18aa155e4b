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
const home = await mkdtemp(join(tmpdir(), 'sockful-browser-'));
let browser;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Whatever Chromium keeps at home goes with it.
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
  const page = await open();
  await step('browser', 'a creature is created, fed and destroyed on the page of the server', () => serves(page));
  await step('browser', 'the page sends a frame written by hand', () => sendsByHand(page));
  await step('browser', 'two windows see what the other changes, and one that was cut off goes on', () => sees(page));
  await live('browser', await connect(page));
} finally {
  await browser?.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Opens the page that the server sends, in a browser that shares nothing with other windows. What
 * goes wrong on it is kept in `page.faults`, what it hears in `page.received`, and its sockets in
 * `window.sockets`.
 */
async function open() {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
      constructor(...given) {
        super(...given);
        window.sockets.push(this);
      }
    };
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.received = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => page.received.push(payload)));
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

async function sees(page) {
  const other = await open();
  await other.getByRole('link', { name: 'creatures' }).click();
  await other.getByText(/records · live, as of commit \d+/).waitFor();
  const id = `nagini-${Math.random().toString(36).slice(2)}`;
  const cell = other.getByRole('row', { name: id }).getByRole('cell');

  // Its row is marked for a moment.
  const marked = other.locator('tr.changed', { hasText: id }).waitFor();
  await change(page, 'create', { id, kind: 'snake' });
  await cell.getByText('snake', { exact: true }).waitFor();
  await marked;

  // What is changed while the other is away is there when it is back, told as events and not as a list.
  await other.evaluate(() => window.sockets.at(-1).close());
  await other.getByText('as it was, as of commit').waitFor();
  await change(page, 'update', { kind: 'horcrux' }, id);
  await cell.getByText('horcrux', { exact: true }).waitFor();
  assert.ok(other.received.some((text) => text.startsWith('["creature","subscribe",{"ok":{"resumed":true}')));
  await other.getByText(/records · live, as of commit \d+/).waitFor();

  // Whoever stands on a button of a row that goes stands on the next row's.
  await other.getByRole('button', { name: `feed ${id}` }).focus();
  await change(page, 'destroy', {}, id);
  await other.getByRole('row', { name: id }).waitFor({ state: 'detached' });
  assert.match(await other.evaluate(() => document.activeElement.ariaLabel), /^feed /);

  // Another resource is followed instead.
  await other.getByRole('link', { name: 'albums' }).click();
  await other.getByText('1 record · live').waitFor();
  assert.deepEqual([...page.faults, ...other.faults], []);
  await other.context().close();
}

/** Does something to a creature by the buttons and fields of the page. */
async function change(page, action, fields, id) {
  await page.getByRole('button', { name: id ? `${action} ${id}` : action, exact: true }).click();
  for (const [name, value] of Object.entries(fields)) await page.getByRole('dialog').getByLabel(name).fill(value);
  await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
}
