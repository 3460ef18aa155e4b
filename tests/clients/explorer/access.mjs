// What axe finds wrong for those who don't see, or don't use a mouse.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Finds nothing wrong, on the page as it is. */
export async function isAccessible(page, where) {
  await page.evaluate(`${axe}; undefined`);
  // What fades in is judged as it is in the end.
  await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished.catch(() => {}))));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => `${it.target} ${it.failureSummary}`).join('; ')}`);
  assert.deepEqual(found, [], where);
}

/** Presses Tab until what has the focus is called `name`. */
export async function tabTo(page, name) {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const it = document.activeElement;
      return it.ariaLabel ?? it.labels?.[0]?.textContent ?? it.textContent.trim();
    });
    if (at === name) return;
  }
  throw new Error(`${name} is not reached by the keyboard`);
}
