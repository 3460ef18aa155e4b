// Accessibility checks with axe, and helpers for the keyboard.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Checks that axe reports no violations on the current page. */
export async function isAccessible(page, where) {
  await page.evaluate(`${axe}; undefined`);
  // Animations are finished first.
  await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished.catch(() => {}))));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => `${it.target} ${it.failureSummary}`).join('; ')}`);
  assert.deepEqual(found, [], where);
}

/** Presses Tab until the element called `name` has the focus. */
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
