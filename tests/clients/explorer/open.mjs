// The explorer in windows of a browser, and what goes wrong in them.

import assert from 'node:assert/strict';

/**
 * Opens the explorer in a browser that shares nothing with other windows. What goes wrong is kept in
 * `page.faults`, what it hears in `page.received`, and its sockets in `window.sockets`;
 * while `window.isCutOff` it gets no others.
 */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'], ...options });
  await context.addInitScript(() => {
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
      constructor(...given) {
        if (window.isCutOff) throw new Error('there is no way to anywhere');
        super(...given);
        window.sockets.push(this);
      }
    };
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error(`policy: ${violatedDirective} ${blockedURI}`));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.received = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => page.received.push(payload)));
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && page.faults.push(message.text()));
  await page.goto(address);
  await page.getByText('connected', { exact: true }).waitFor();
  return page;
}

/** Closes windows in which nothing may have gone wrong. */
export async function close(...pages) {
  for (const page of pages) await page.context().close();
  assert.deepEqual(pages.flatMap((page) => page.faults), []);
}

/** Opens the dialog of an action by its button, fills fields in and sends it. */
export async function act(page, action, fields = {}) {
  await page.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog');
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label, { exact: true }).fill(value);
  await dialog.getByRole('button', { name: action, exact: true }).click();
  return dialog;
}

/** The same for an action that closes its dialog. */
export async function done(page, action, fields) {
  await (await act(page, action, fields)).waitFor({ state: 'detached' });
}

/** A name that nobody else has. */
export const fresh = (name) => `${name}-${Math.random().toString(36).slice(2)}`;
