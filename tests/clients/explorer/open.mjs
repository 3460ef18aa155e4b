// Opens the explorer in browser windows and collects their errors.

import assert from 'node:assert/strict';

/**
 * Opens the explorer in a new browser context. Collects errors in
 * `page.faults`, received frames in `page.received`, and sockets in `window.sockets`;
 * while `window.isCutOff` is set, new connections fail.
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

/** Closes windows and checks that they have no errors. */
export async function close(...pages) {
  for (const page of pages) await page.context().close();
  assert.deepEqual(pages.flatMap((page) => page.faults), []);
}

/** Opens the dialog of an action with its button, fills in the fields and submits it. */
export async function act(page, action, fields = {}) {
  await page.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog');
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label, { exact: true }).fill(value);
  await dialog.getByRole('button', { name: action, exact: true }).click();
  return dialog;
}

/** Like the previous function, and waits until the dialog is closed. */
export async function done(page, action, fields) {
  await (await act(page, action, fields)).waitFor({ state: 'detached' });
}

/** A unique name. */
export const fresh = (name) => `${name}-${Math.random().toString(36).slice(2)}`;
