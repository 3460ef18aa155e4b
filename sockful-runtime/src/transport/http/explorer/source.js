// Data sources of a table: all records that match a filter, live, or a page of them.

import { ask, now } from './connection.js';
import { isWide } from './schema.js';

/** Returns the order of records in a live table. Wide integers are compared as numbers. */
function comparing(sort, { id, properties }) {
  const keys = [...Object.entries(sort), [id, 1]];
  const wide = new Set(properties.filter((it) => isWide(it.schema)).map((it) => it.name));
  const valueOf = (record, key) => wide.has(key) && record[key] ? BigInt(record[key]) : record[key] ?? null;
  return (a, b) => {
    for (const [key, way] of keys) {
      const [left, right] = [valueOf(a, key), valueOf(b, key)];
      if (left === right) continue;
      return left === null || (right !== null && left < right) ? -way : way;
    }
    return 0;
  };
}

/**
 * Subscribes to all current records.
 *
 * @param {{resource, route, where, sort, key}} asked `route` is that of a relation, whose parent is in `where`
 * @param {{change, event, status}} listener
 */
export function live({ resource, route, where, sort }, listener) {
  const order = comparing(sort, resource);
  const records = new Map();
  let sorted;
  const target = now.api[route?.resource ?? resource.name][route?.name ?? 'subscribe'];
  const status = (to) => { if (it.status !== to) [it.status = to, listener.status()]; };
  const take = (event) => {
    it.seq = event.seq ?? it.seq;
    if (event.type === 'ended') {
      it.error = event.error;
      if (event.error) status('ended');
      return;
    }
    if (event.type === 'reset') {
      records.clear();
      for (const record of event.records) records.set(record[resource.id], record);
    }
    const before = records.get(event.id);
    if (event.type === 'destroyed') records.delete(event.id);
    else if (event.record) records.set(event.id, event.record);
    if (event.type === 'reset' || event.type === 'destroyed' || event.record) sorted = undefined;
    status('live');
    listener.event(event, before);
    listener.change();
  };
  const stop = target(where, take);
  const off = now.client.on('status', (to) => {
    if (it.status === 'live' && to !== 'open') status('stale');
    // Runs after the subscription's own resume request, which is sent next.
    else if (it.status === 'stale' && to === 'open') queueMicrotask(again);
  });
  const again = async () => {
    const { seq } = await now.client.ping().catch(() => ({}));
    if (seq === undefined || it.status !== 'stale') return;
    it.seq = Math.max(it.seq ?? 0, seq);
    status('live');
  };
  const it = {
    status: 'connecting',
    seq: undefined,
    error: undefined,
    order,
    get size() { return records.size; },
    get: (id) => records.get(id),
    records: () => sorted ??= [...records.values()].sort(order),
    close() {
      off();
      stop();
    },
  };
  return it;
}

/** A page of a list, which is read on request. */
export function pages({ resource, route, where, sort, limit }, listener) {
  const before = [];
  let after;
  let list = [];
  const read = async () => {
    try {
      list = await ask(route?.resource ?? resource.name, route?.name ?? 'find', {
        ...where, ...Object.keys(sort).length && { $sort: sort }, $limit: limit, ...after && { $after: after },
      });
      [it.status, it.seq, it.error] = ['page', list.seq, undefined];
    } catch (error) {
      [it.status, it.error, list] = ['ended', error, []];
    }
    listener.status();
    listener.change();
  };
  const it = {
    status: 'connecting',
    seq: undefined,
    error: undefined,
    get size() { return list.length; },
    get number() { return before.length + 1; },
    get: (id) => list.find((record) => record[resource.id] === id),
    records: () => list,
    hasNext: () => Boolean(list.next),
    hasPrevious: () => before.length > 0,
    read,
    next() {
      before.push(after);
      after = list.next;
      return read();
    },
    previous() {
      after = before.pop();
      return read();
    },
    close() {},
  };
  read();
  return it;
}
