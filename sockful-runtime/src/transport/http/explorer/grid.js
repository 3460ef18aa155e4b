// A virtualized table: only the visible rows exist in the page.

import { el, link, shown } from './dom.js';

const ROW = 40;
const AROUND = 6;
const MARKED_MS = 1600;

/**
 * @param {{resource, columns, sort, href, sortBy, label}} given
 * @returns the table; `show(records)` fills it and `mark` highlights a changed record for a moment
 */
export function gridOf({ resource, columns, sort, href, sortBy, label }) {
  const [above, below] = ['above', 'below'].map(() => el('tr', { className: 'spacer', 'aria-hidden': 'true' }, el('td', { colSpan: columns.length })));
  const body = el('tbody', {}, above, below);
  const table = el('table', { 'aria-label': label }, el('thead', {}, el('tr', { 'aria-rowindex': '1' }, columns.map(header))), body);
  table.style.minWidth = `${columns.length * 9}rem`;
  const box = el('div', { className: 'grid', tabIndex: 0, role: 'region', 'aria-label': `${label}, scrolled` }, table);
  const rows = new Map();
  const marks = new Map();
  let records = [];
  let isPainting = false;

  function header(name) {
    const way = sort[name];
    const turn = el('button', { type: 'button', className: 'sort', textContent: name, onclick: () => sortBy(name) });
    return el('th', { scope: 'col', 'aria-sort': way === undefined ? 'none' : way > 0 ? 'ascending' : 'descending' }, turn);
  }

  function soon() {
    if (isPainting) return;
    isPainting = true;
    requestAnimationFrame(() => {
      isPainting = false;
      if (box.isConnected) paint();
    });
  }

  function paint() {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - AROUND);
    const last = Math.min(records.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + AROUND);
    const seen = records.slice(first, last);
    above.style.height = `${first * ROW}px`;
    below.style.height = `${(records.length - last) * ROW}px`;
    table.setAttribute('aria-rowcount', records.length + 1);
    const focused = document.activeElement?.closest?.('tr')?.dataset.id;
    const kept = new Set(seen.map((it) => String(it[resource.id])));
    for (const [id, row] of rows) if (!kept.has(id)) drop(id, row);
    let at = above.nextElementSibling;
    seen.forEach((record, index) => {
      const id = String(record[resource.id]);
      const row = rows.get(id) ?? made(id);
      if (row === at) at = at.nextElementSibling;
      else body.insertBefore(row, at);
      fill(row, record, first + index);
    });
    // Moving a row in the document loses the focus.
    const again = focused !== undefined && !box.contains(document.activeElement) && rows.get(focused)?.querySelector('a');
    if (again) again.focus();
  }

  function made(id) {
    const row = el('tr', {}, columns.map(() => el('td')));
    row.dataset.id = id;
    rows.set(id, row);
    return row;
  }

  /** Removes a row and moves its focus to the next one. */
  function drop(id, row) {
    if (row.contains(document.activeElement)) {
      const next = [row.nextElementSibling, row.previousElementSibling].find((it) => it?.dataset.id);
      (next?.querySelector('a') ?? box).focus();
    }
    row.remove();
    rows.delete(id);
  }

  function fill(row, record, index) {
    const mark = marks.get(row.dataset.id);
    row.setAttribute('aria-rowindex', index + 2);
    row.className = mark?.kind ?? '';
    columns.forEach((column, at) => {
      const cell = row.cells[at];
      const text = shown(record[column]);
      cell.className = mark?.cells?.includes(column) ? 'other' : '';
      if (cell.textContent === text && cell.firstChild) return;
      cell.replaceChildren(column === resource.id ? link(href(record), text) : text);
      cell.title = text.length > 24 ? text : '';
    });
  }

  box.addEventListener('scroll', soon, { passive: true });
  const resized = new ResizeObserver(soon);
  resized.observe(box);

  return {
    node: box,
    show(all) {
      records = all;
      soon();
    },
    mark(id, kind, cells) {
      const mark = { kind, cells };
      marks.set(String(id), mark);
      setTimeout(() => {
        if (marks.get(String(id)) === mark) marks.delete(String(id));
        soon();
      }, MARKED_MS);
    },
    close: () => resized.disconnect(),
  };
}

/** For how many milliseconds a row is highlighted. */
export { MARKED_MS };
