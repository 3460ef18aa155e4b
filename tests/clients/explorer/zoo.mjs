// The explorer with properties of every kind, and with many records.

import assert from 'node:assert/strict';
import { isAccessible } from './access.mjs';
import { act, close, done, fresh, open } from './open.mjs';

export async function forms(browser, url) {
  const page = await open(browser, `${url}/#/animal`);
  const [id, name] = [fresh('simba'), fresh('s').slice(0, 15)];
  await page.getByRole('button', { name: 'create', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const field = (label) => dialog.getByLabel(label, { exact: true });
  for (const [label, value] of Object.entries({ id, species: 'lion', weight: '-1', name: '', chip: '18446744073709551615' })) await field(label).fill(value);
  await field('diet').selectOption('meat');
  await field('tame').selectOption('true');
  await dialog.getByLabel('set: enclosure').check();
  await field('house').fill('savanna');
  await field('area').fill('0.5');
  await dialog.getByLabel('set: tags').check();
  await dialog.getByRole('button', { name: 'Add an item to tags' }).click();
  await field('tags 1').fill('king');
  await dialog.getByRole('button', { name: 'create', exact: true }).click();
  await dialog.locator('[aria-invalid=true]').first().waitFor();
  for (const label of ['weight', 'name']) assert.equal(await field(label).getAttribute('aria-invalid'), 'true', label);
  await isAccessible(page, 'a dialog with faults');
  await page.screenshot({ path: 'target/screenshots/light-faults.png' });
  await field('weight').fill('190.5');
  await field('name').fill(name);
  await field('area').fill('500');
  await dialog.getByRole('button', { name: 'create', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: id }).click();
  for (const value of ['18446744073709551615', '["king"]', 'meat', '190.5']) await page.getByRole('definition').filter({ hasText: value }).first().waitFor();

  // The dialog shows the rules of an argument, and a fault appears at the argument.
  const roar = await act(page, 'roar', { loudness: '12' });
  await roar.locator('[aria-invalid=true]').waitFor();
  await roar.getByLabel('loudness', { exact: true }).fill('7');
  await roar.getByRole('button', { name: 'roar', exact: true }).click();
  await roar.getByText('Result').waitFor();
  await roar.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('list', { name: 'Events of the record' }).getByText('{"loudness":7}').waitFor();
  await done(page, 'destroy');

  // A method without `self` belongs to the resource.
  await page.getByRole('link', { name: 'animals' }).first().click();
  const opening = await act(page, 'opening', { day: '7' });
  await opening.getByText('the zoo is closed on this day').waitFor();
  await opening.getByLabel('day', { exact: true }).fill('3');
  await opening.getByRole('button', { name: 'opening', exact: true }).click();
  await opening.getByText('open on day 3').waitFor();
  await opening.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'Properties' }).click();
  const rules = page.getByRole('list', { name: 'Rules of name' });
  assert.deepEqual(await rules.getByRole('listitem').allTextContents(), ['required', '1 to 20 characters']);
  assert.ok((await page.getByRole('list', { name: 'Rules of species' }).getByRole('listitem').allTextContents()).includes('set once, at creation'));
  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByText('The animal made a noise.').waitFor();
  await isAccessible(page, 'events');
  await close(page);
}

export async function conflicts(browser, url) {
  const [page, other] = [await open(browser, `${url}/#/animal/record/elsa`), await open(browser, `${url}/#/animal/record/elsa`)];
  // A value that another record has.
  const id = fresh('copy');
  await page.goto(`${url}/#/animal`);
  const creating = await act(page, 'create', { id, name: 'Elsa', species: 'cat', weight: '4' });
  await creating.getByText('This name is already taken by another record.').waitFor();
  await page.keyboard.press('Escape');

  // A record that another client has changed.
  await page.goto(`${url}/#/animal/record/elsa`);
  await page.getByRole('button', { name: 'update' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/only if the record is unchanged/).waitFor();
  await done(other, 'update', { weight: '181' });
  await dialog.getByLabel('weight', { exact: true }).fill('182');
  await dialog.getByRole('button', { name: 'update', exact: true }).click();
  await dialog.getByText('The record was changed since you opened it.').waitFor();
  assert.equal(await dialog.getByLabel('weight', { exact: true }).inputValue(), '182', 'the input is preserved');
  await isAccessible(page, 'a conflict');
  await dialog.getByLabel(/only if the record is unchanged/).uncheck();
  await dialog.getByRole('button', { name: 'update', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await other.getByRole('definition').filter({ hasText: /^182$/ }).waitFor();
  await close(page, other);
}

export async function many(browser, url) {
  const page = await open(browser, `${url}/#/visitor`);
  await page.getByText('10,000 records · live').waitFor();
  const grid = page.locator('.grid');
  const rows = () => grid.locator('tbody tr:not(.spacer)').count();
  await page.getByRole('link', { name: 'v00000' }).waitFor();
  for (let at = 0; at < 40; at += 1) {
    await grid.evaluate((it, to) => { it.scrollTop = to; }, (at * 10_000 * 40) / 40);
    await page.getByRole('link', { name: `v${String(at * 250).padStart(5, '0')}` }).waitFor();
    assert.ok(await rows() < 60, `${await rows()} rows on the page`);
  }
  await grid.evaluate((it) => { it.scrollTop = it.scrollHeight; });
  await page.getByRole('link', { name: 'v09999' }).waitFor();
  assert.equal(await grid.getByRole('table').getAttribute('aria-rowcount'), '10001');
  assert.equal(await page.getByRole('row', { name: 'v09999' }).getAttribute('aria-rowindex'), '10001');

  // Changes outside the viewport do not move rows, and visible changes are marked.
  const other = await open(browser, `${url}/#/visitor/record/v09998`);
  const changed = page.locator('tr.changed', { hasText: 'v09998' }).waitFor();
  await done(other, 'update', { name: 'Ada' });
  await changed;
  await page.getByRole('button', { name: 'age', exact: true }).click();
  await page.getByRole('button', { name: 'age', exact: true }).click();
  await page.getByRole('columnheader', { name: 'age' }).and(page.locator('[aria-sort=descending]')).waitFor();
  await page.getByRole('link', { name: 'v00089' }).waitFor();
  await close(page, other);
}

export async function tooMany(browser, url) {
  const page = await open(browser, `${url}/#/visitor`);
  await page.getByText('10,000 records · live').waitFor();
  await done(page, 'create', { id: 'v-last', name: 'Zoe', age: '1' });
  const other = await open(browser, `${url}/#/visitor`);
  await other.getByText('50 records · page 1').waitFor();
  await other.getByText('the records are shown page by page').waitFor();
  await other.getByRole('button', { name: 'Next page' }).click();
  await other.getByText('50 records · page 2').waitFor();
  await other.getByRole('link', { name: 'v00049' }).or(other.getByRole('link', { name: 'v00050' })).first().waitFor();
  await other.getByRole('button', { name: 'Previous page' }).click();
  await other.getByText('50 records · page 1').waitFor();
  await isAccessible(other, 'pages');
  await close(page, other);
}
