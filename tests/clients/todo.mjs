// The to-do example in two windows. Usage: node todo.mjs target/debug/examples/todo

import assert from 'node:assert/strict';
import { withChromium } from './chromium.mjs';
import { step } from './life.mjs';
import { serve } from './server.mjs';

const server = await serve(process.argv[2]);
await withChromium(async (browser) => {
  const faults = [];
  const open = async () => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(server.url);
    return page;
  };
  const [one, other] = [await open(), await open()];
  await step('todo', 'each window shows the changes of the other', async () => {
    for (const text of ['feed the dragon', '<b>sweep</b> the cave']) {
      await one.getByLabel('New task').fill(text);
      await one.getByRole('button', { name: 'Add' }).click();
      await other.getByRole('listitem').filter({ hasText: text }).waitFor();
    }
    assert.deepEqual(await other.locator('li span').allTextContents(), ['feed the dragon', '<b>sweep</b> the cave']);
    await other.getByRole('checkbox').first().click();
    await one.locator('li .done').filter({ hasText: 'feed the dragon' }).waitFor();
    await one.getByRole('button', { name: 'Remove' }).first().click();
    await other.getByText('feed the dragon').waitFor({ state: 'detached' });
    assert.equal(await other.getByRole('listitem').count(), 1);
  });
  await step('todo', 'an error of the server is shown', async () => {
    await one.getByLabel('New task').fill('   ');
    await one.getByRole('button', { name: 'Add' }).click();
    await one.getByRole('status').filter({ hasText: 'text' }).waitFor();
    assert.equal(await other.getByRole('listitem').count(), 1);
  });
  assert.deepEqual(faults, []);
});
await server.stop();
