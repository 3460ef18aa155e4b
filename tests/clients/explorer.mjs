// The explorer in Chromium.
// Usage: node explorer.mjs target/debug/examples http://127.0.0.1:8000

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { withChromium } from './chromium.mjs';
import { isAccessible, tabTo } from './explorer/access.mjs';
import { act, close, done, fresh, open } from './explorer/open.mjs';
import { signsIn } from './explorer/identity.mjs';
import { conflicts, forms, many, tooMany } from './explorer/zoo.mjs';
import { step } from './life.mjs';
import { serve } from './server.mjs';

const [examples, url] = process.argv.slice(2);
const SHOTS = 'target/screenshots';

await mkdir(SHOTS, { recursive: true });
await withChromium(async (browser) => {
  const atDemo = (text, run) => step('explorer', text, () => run(browser, url));
  await atDemo('creates, updates, feeds and destroys a creature; shows a fault at its field', lives);
  await atDemo('links an album to its songs, and a song to its album', relates);
  await atDemo('two windows show each other’s changes', sees);
  await atDemo('a lost connection resumes', resumes);
  await atDemo('frames can be filtered, paused, cleared, written by hand and sent again', logs);
  await atDemo('the address contains the filter and the order', shares);
  await atDemo('a creature can be created with the keyboard alone', keys);
  await atDemo('axe reports no violations in light and dark mode and on a phone', looks);

  await withExample('zoo', { VISITORS: '10000' }, async (zoo) => {
    const atZoo = (text, run) => step('explorer', text, () => run(browser, zoo));
    await atZoo('forms follow the description, and faults appear at nested fields', forms);
    await atZoo('a conflict shows a message', conflicts);
    await atZoo('scrolling through 10,000 records renders few rows', many);
    await atZoo('lists over the live limit are read page by page', tooMany);
  });
  await withExample('vault', {}, (vault) =>
    step('explorer', 'signs in with a token, shows own records, and signs out', () => signsIn(browser, vault)));
  await withExample('axum', {}, (axum) =>
    step('explorer', 'works below the path at which it is mounted', () => mounted(browser, axum)));
});

async function withExample(name, env, use) {
  Object.assign(process.env, env);
  const server = await serve(`${examples}/${name}`);
  await use(server.url);
  await server.stop();
}

async function lives(browser) {
  const page = await open(browser, `${url}/#/creature`);
  // A name that would become an element if it were not inserted as text.
  const id = fresh('<b>smaug</b>');
  const dialog = await act(page, 'create', { id, life: '99999999999' });
  const life = dialog.getByLabel('life', { exact: true });
  await dialog.locator('input[aria-invalid=true]').waitFor();
  assert.equal(await life.getAttribute('aria-invalid'), 'true');
  const described = (await life.getAttribute('aria-describedby')).split(' ').map((it) => `[id="${it}"]`).join(',');
  assert.match((await dialog.locator(described).allTextContents()).join(' '), /is not/);
  assert.equal(await life.evaluate((it) => it === document.activeElement), true, 'the field with the fault has the focus');
  assert.equal(await dialog.getByLabel('id', { exact: true }).inputValue(), id, 'the input is preserved');
  await life.fill('10');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: id, exact: true }).click();
  await page.getByRole('heading', { level: 1, name: id }).waitFor();
  const fed = await act(page, 'feed', { amount: '3' });
  await fed.getByText('I have been fed my life is: 13').waitFor();
  await fed.getByText('As code').click();
  await fed.getByText(`"feed",{"id":"${id}","amount":3}`, { exact: false }).first().waitFor();
  await fed.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('definition').filter({ hasText: /^13$/ }).waitFor();
  await done(page, 'update', { kind: 'wyrm' });
  await page.getByRole('definition').filter({ hasText: /^wyrm$/ }).waitFor();
  await done(page, 'destroy');
  await page.getByText(/^does not exist/).waitFor();
  await close(page);
}

async function relates(browser) {
  const page = await open(browser, `${url}/#/album/record/kob`);
  const id = fresh('freddie');
  await done(page, 'createSong', { id, title: 'Freddie Freeloader' });
  const songs = page.getByRole('region', { name: 'songs of kob', exact: true });
  await songs.getByRole('link', { name: id }).click();
  await page.getByRole('definition').filter({ hasText: 'Freddie Freeloader' }).waitFor();
  await page.getByRole('main').getByRole('link', { name: 'kob', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'kob' }).waitFor();
  // A route with two ids labels each.
  await page.goto(`${url}/#/album/actions`);
  await page.getByText('needs album_id, the id of the album and id, the id of the song').first().waitFor();
  await page.getByRole('link', { name: 'getSong' }).click();
  const asks = page.getByRole('dialog');
  await asks.getByText('the id of the album').waitFor();
  await asks.getByLabel('album_id', { exact: true }).fill('kob');
  await asks.getByLabel('id', { exact: true }).fill(id);
  await asks.getByRole('button', { name: 'getSong', exact: true }).click();
  await asks.getByText('"title": "Freddie Freeloader"').waitFor();
  await page.keyboard.press('Escape');
  await page.goto(`${url}/#/song/record/${id}`);
  await done(page, 'destroy');
  await close(page);
}

async function sees(browser) {
  const [page, other] = [await open(browser, `${url}/#/creature`), await open(browser, `${url}/#/creature`)];
  const id = fresh('nagini');
  const came = other.locator('tr.came', { hasText: id }).waitFor();
  await done(page, 'create', { id, kind: 'snake' });
  await came;
  await page.getByRole('link', { name: id }).click();
  const changed = other.locator('tr.changed td.other').getByText('horcrux', { exact: true }).waitFor();
  await done(page, 'update', { kind: 'horcrux' });
  await changed;
  // When the row with the focus is removed, another row gets the focus.
  await other.getByRole('link', { name: id }).focus();
  const went = other.locator('tr.went', { hasText: id }).waitFor();
  await done(page, 'destroy');
  await went;
  await other.getByRole('link', { name: id }).waitFor({ state: 'detached' });
  assert.equal(await other.evaluate(() => document.activeElement.matches('.grid a')), true);
  await close(page, other);
}

async function resumes(browser) {
  const [page, other] = [await open(browser, `${url}/#/creature`), await open(browser, `${url}/#/creature`)];
  const id = fresh('ghidorah');
  await other.getByText(/records · live, as of commit \d+/).waitFor();
  await other.evaluate(() => {
    window.isCutOff = true;
    window.sockets.at(-1).close();
  });
  await other.getByText('last known state').waitFor();
  await other.evaluate(() => { window.isCutOff = false; });
  await done(page, 'create', { id });
  await other.getByRole('link', { name: id }).waitFor();
  assert.ok(other.received.some((text) => text.startsWith('["creature","subscribe",{"ok":{"resumed":true}')), 'received as events, not as a list');
  await other.getByText(/records · live, as of commit \d+/).waitFor();
  await page.getByRole('link', { name: id }).click();
  await done(page, 'destroy');
  await close(page, other);
}

async function logs(browser) {
  const page = await open(browser, `${url}/#/creature`);
  const log = page.getByRole('log');
  const text = page.getByLabel('Frame', { exact: true });
  await text.fill('["creature","feed",{"id":"bob"},"by-hand"]');
  await text.press('Control+Enter');
  const reply = log.getByText('"by-hand"]').filter({ hasText: '"ok"' });
  await reply.waitFor();
  await page.getByLabel('Filter frames').fill('by-hand');
  assert.equal(await log.getByRole('listitem').count(), 2);
  await log.getByText('["creature","feed",{"id":"bob"},"by-hand"]').click();
  await log.getByRole('button', { name: 'Edit and send again' }).click();
  assert.match(await text.inputValue(), /^\["creature","feed",\{"id":"bob"\},"hand:\d+"\]$/);
  await log.getByRole('button', { name: 'Copy the frame creature feed' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '["creature","feed",{"id":"bob"},"by-hand"]');
  await page.getByLabel('Filter frames').fill('');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('button', { name: /^Resume \([2-9]/ }).waitFor();
  await page.getByRole('button', { name: /^Resume/ }).click();
  await log.getByText(/"hand:\d+"\]/).first().waitFor();
  await text.fill('["creature","fly",null,7000]');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByLabel('Frames to show').selectOption('errors');
  await log.getByText('unknown_action').waitFor();
  assert.equal(await log.getByRole('listitem').count(), 1, 'errors only');
  await page.getByRole('button', { name: 'Clear' }).click();
  assert.equal(await log.getByRole('listitem').count(), 0);
  await close(page);
}

async function shares(browser) {
  const page = await open(browser, `${url}/#/creature`);
  const ids = () => page.locator('.grid td a').allTextContents();
  await page.getByLabel('Property').selectOption('life');
  await page.getByLabel('Operator').selectOption('≥');
  await page.getByLabel('Value').fill('10');
  await page.getByRole('button', { name: 'Add condition' }).click();
  await page.getByText('life ≥ 10').waitFor();
  await page.getByRole('button', { name: 'life', exact: true }).click();
  await page.getByRole('columnheader', { name: 'life' }).and(page.locator('[aria-sort=ascending]')).waitFor();
  const other = await open(browser, page.url());
  await other.getByText(/records · live/).waitFor();
  await other.getByRole('link', { name: 'nessie' }).waitFor();
  const shown = await other.locator('.grid td a').allTextContents();
  assert.ok(!shown.includes('larry') && shown.indexOf('bob') < shown.indexOf('nessie'), shown.join());
  await page.getByRole('button', { name: 'Remove the condition life ≥ 10' }).click();
  await page.getByRole('link', { name: 'larry' }).waitFor();
  assert.ok((await ids()).includes('larry'));
  await close(page, other);
}

async function keys(browser) {
  const page = await open(browser, url);
  const id = fresh('typed');
  await tabTo(page, 'creatures');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'creatures' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the heading of the new page has the focus');
  await tabTo(page, 'create');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: id }).waitFor();
  await tabTo(page, id);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: id }).waitFor();
  await tabTo(page, 'destroy');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'destroy', 'the focus has not moved');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText(/^does not exist/).waitFor();
  await close(page);
}

async function looks(browser) {
  const ways = {
    light: {},
    dark: { colorScheme: 'dark' },
    phone: { viewport: { width: 375, height: 812 } },
  };
  for (const [way, options] of Object.entries(ways)) {
    const page = await open(browser, url, { reducedMotion: 'reduce', ...options });
    for (const [name, address] of Object.entries({ server: '', table: 'creature', record: 'album/record/kob', actions: 'song/actions', properties: 'song/properties', dialog: 'creature/actions/create' })) {
      await page.goto(`${url}/#/${address}`);
      await page.getByRole(name === 'dialog' ? 'dialog' : 'heading').first().waitFor();
      if (['table', 'record'].includes(name)) await page.getByText(/records · live/).first().waitFor();
      await page.screenshot({ path: `${SHOTS}/${way}-${name}.png` });
      await isAccessible(page, `${way} ${name}`);
      const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(width <= 0, `${way} ${name} is ${width} px too wide`);
    }
    await close(page);
  }
}

async function mounted(browser, axum) {
  for (const address of [`${axum}/live`, `${axum}/live/`]) {
    const page = await open(browser, `${address}#/creature`);
    const id = fresh('mounted');
    await done(page, 'create', { id });
    await page.getByRole('link', { name: id }).waitFor();
    await close(page);
  }
}
