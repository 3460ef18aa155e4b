// A live table: its records, its status, and the controls for paging.

import { errorText } from './action.js';
import { button, el } from './dom.js';
import { MARKED_MS, gridOf } from './grid.js';
import { live, pages } from './source.js';

/**
 * @param {{resource, route, listRoute, where, sort, limit, sortBy, label}} asked `route` subscribes to the children
 *   of a record, and `listRoute` lists them; with `limit` it is read page by page
 */
export function tableOf(asked) {
  const { resource, sort, limit, label } = asked;
  const columns = resource.properties.filter((it) => !it.isWriteOnly).map((it) => it.name);
  const grid = gridOf({ resource, columns, sort, label, sortBy: asked.sortBy, href: (record) => recordHref(resource, record) });
  const says = el('p', { className: 'says' });
  const turning = el('div', { className: 'row turning', hidden: true });
  const note = el('div');
  const trouble = el('div');
  const ghosts = new Map();
  const canLive = asked.where !== undefined && (asked.route ?? resource.action('subscribe'));
  let source;
  let isWaiting = false;

  function begin(isPaged) {
    source?.close();
    const listener = { change: soon, status: write, event: marked };
    source = isPaged
      ? pages({ ...asked, route: asked.listRoute, limit: limit ?? 50 }, listener)
      : live(asked, listener);
    write();
  }

  function marked({ type, id, record }, before) {
    if (type === 'created') grid.mark(id, 'came');
    if (type === 'updated' && before) {
      grid.mark(id, 'changed', columns.filter((it) => JSON.stringify(before[it]) !== JSON.stringify(record[it])));
    }
    if (type === 'created' || type === 'updated') ghosts.delete(id);
    if (type === 'reset') ghosts.clear();
    if (type !== 'destroyed' || !before) return;
    // A removed record stays for a moment, so that the removal is visible.
    ghosts.set(id, before);
    grid.mark(id, 'went');
    setTimeout(() => {
      if (ghosts.get(id) === before) ghosts.delete(id);
      soon();
    }, MARKED_MS);
  }

  /** Renders at most once per frame of the screen, regardless of the number of commits. */
  function soon() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      if (grid.node.isConnected) paint();
    });
  }

  function paint() {
    const records = source.records();
    grid.show(ghosts.size ? [...records, ...ghosts.values()].sort(source.order) : records);
    write();
  }

  /** Shows the status. It is not a live region, so that changes by others do not interrupt screen readers. */
  function write() {
    if (!source) return;
    const { status, size, seq, error } = source;
    const count = size === 1 ? '1 record' : `${size.toLocaleString('en')} records`;
    const as = seq === undefined ? '' : `, as of commit ${seq}`;
    says.className = `says ${status}`;
    says.textContent = {
      connecting: 'loading …',
      live: `${count} · live${as}`,
      stale: `${count} · last known state${as}; reconnecting`,
      page: `${count} · page ${source.number}${as}`,
      ended: 'not shown',
    }[status];
    trouble.replaceChildren();
    if (status === 'ended' && ['too_large', 'unknown_action'].includes(error?.code) && source.read === undefined) {
      note.replaceChildren(el('p', { className: 'note', textContent: `Live updates are not available (${error.message}); the records are shown page by page.` }));
      return begin(true);
    }
    if (status === 'ended' && error) trouble.replaceChildren(errorText(error));
    grid.node.hidden = status === 'ended';
    turning.hidden = source.read === undefined;
    if (source.read && turning.childElementCount === 0) turn();
    if (source.read) {
      const [previous, next] = turning.children;
      [previous.disabled, next.disabled] = [!source.hasPrevious(), !source.hasNext()];
    }
  }

  function turn() {
    turning.replaceChildren(
      button('Previous page', () => source.previous()),
      button('Next page', () => source.next()),
      button('Reload', () => source.read()));
  }

  begin(Boolean(limit) || !canLive);
  return {
    node: el('div', { className: 'table' }, says, note, trouble, grid.node, turning),
    get: (id) => source.get(id),
    close() {
      source.close();
      grid.close();
    },
  };
}

/** Returns the address of a record's view. */
export const recordHref = (resource, record) => `#/${encodeURIComponent(resource.name)}/record/${encodeURIComponent(record[resource.id])}`;
