// The explorer of a server with authentication.

import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { isAccessible } from './access.mjs';
import { close, done, fresh, open } from './open.mjs';

export async function signsIn(browser, url) {
  const door = connect(url, { WebSocket });
  try {
    await signsInBy(door, browser, url);
  } finally {
    door.$client.close();
  }
}

async function signsInBy(door, browser, url) {
  const token = await door.guest.signIn({ name: 'ada', password: 'lovelace' });
  const page = await open(browser, url);
  await page.getByText('The API description requires authentication.').waitFor();
  await isAccessible(page, 'signed out');
  const dialog = page.getByRole('dialog');
  const sign = (given) => dialog.getByLabel('Token').fill(given).then(() => dialog.getByRole('button', { name: 'Sign in' }).click());
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await sign('wrong');
  await dialog.getByText('The token was rejected').waitFor();
  assert.equal(await dialog.getByLabel('Token').getAttribute('aria-invalid'), 'true');
  await isAccessible(page, 'the dialog for a token');
  await sign(token);
  await dialog.waitFor({ state: 'detached' });
  const out = page.getByRole('button', { name: `Sign out (token …${token.slice(-4)})` });
  await out.waitFor();

  await page.getByRole('link', { name: 'hoards' }).first().click();
  const id = fresh('chest');
  await done(page, 'create', { id, owner: 'ada', gold: '18446744073709551615' });
  await page.getByRole('link', { name: id }).waitFor();
  await page.getByText('18446744073709551615').first().waitFor();
  // The token is stored for this tab only.
  await page.reload();
  await page.getByRole('link', { name: id }).waitFor();
  assert.equal(await page.evaluate(() => Object.values(localStorage).join()), '');

  await out.click();
  await page.getByRole('button', { name: 'Sign in with a token' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('sockful.token')), null);
  assert.equal(await page.getByRole('link', { name: id }).count(), 0);

  // The page reports that the token was revoked.
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await sign(token);
  await page.getByRole('link', { name: 'hoards' }).first().waitFor();
  await door.$client.authenticate(token);
  await door.guest.signOut();
  await page.getByText('The token was rejected or has expired.').waitFor();
  // The browser logs the refused request for the description.
  page.faults = page.faults.filter((it) => !/status of 401/.test(it));
  await close(page);
}
