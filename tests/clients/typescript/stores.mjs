// A live collection in React, by `useSyncExternalStore`, and as a store of Svelte.
// Usage: node stores.mjs http://127.0.0.1:8000

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Window } from 'happy-dom';
import { derived, get } from 'svelte/store';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { step } from '../life.mjs';

// React requires these globals when it is loaded.
const window = new Window();
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
globalThis.navigator ??= window.navigator; // Node has its own from 21 on.
const { StrictMode, act, createElement, startTransition, useLayoutEffect, useState, useSyncExternalStore } = await import('react');
const { createRoot } = await import('react-dom/client');

const api = connect(process.argv[2], { WebSocket, timeoutMs: 10_000 });

/** Waits until every subscription of the connection has received all events. */
async function caughtUp() {
  const { seq } = await api.creature.find({ $limit: 1 });
  while ((await api.$client.ping()).seq < seq);
}

/** Opens a live collection of creatures of a unique kind. */
async function collection() {
  const kind = `kind-${Math.random().toString(36).slice(2)}`;
  const live = api.creature.live({ kind }, { sort: { life: 1 } });
  await live.ready;
  return { kind, live };
}

await step('typescript', 'React shows a live collection, the same in all components at each commit', async () => {
  const { kind, live } = await collection();
  const { subscribe, getSnapshot } = live;
  const listening = { now: 0, calls: 0 };
  const counted = (listener) => {
    const stop = subscribe(() => [listening.calls++, listener()]);
    listening.now++;
    return () => [listening.now--, stop()];
  };
  const texts = () => [...document.body.querySelectorAll('p')].map(({ textContent }) => textContent);
  let renders = 0;
  let isTorn = false;
  function Lives() {
    const records = useSyncExternalStore(counted, getSnapshot);
    renders++;
    useLayoutEffect(() => { isTorn ||= new Set(texts()).size > 1; });
    return createElement('p', null, records.map(({ life }) => life).join(' '));
  }
  let grow;
  function Page() {
    const [size, resize] = useState(2);
    grow = () => startTransition(() => resize(3));
    return Array.from({ length: size }, (_, key) => createElement(Lives, { key }));
  }
  const faults = mock.method(console, 'error', () => {});
  const root = createRoot(document.body);
  await act(() => root.render(createElement(StrictMode, null, createElement(Page))));
  assert.deepEqual(texts(), ['', '']);
  assert.equal(listening.now, 2);
  await act(async () => [await api.creature.create({ kind, life: 2 }), await caughtUp()]);
  assert.deepEqual(texts(), ['2', '2']);
  // A change in the middle of an interruptible render.
  const { id } = await act(async () => [grow(), await api.creature.create({ kind, life: 1 }), await caughtUp()][1]);
  assert.deepEqual(texts(), ['1 2', '1 2', '1 2']);
  await act(async () => [await api.creature.update({ id, life: 3 }), await caughtUp()]);
  assert.deepEqual(texts(), ['2 3', '2 3', '2 3']);
  const before = renders;
  await act(async () => [await api.creature.create({ kind: `${kind}-other` }), await caughtUp()]);
  assert.equal(renders, before, 'other records cause no render');
  await act(() => root.unmount());
  const { now, calls } = listening;
  await api.creature.destroy({ id });
  await caughtUp();
  assert.deepEqual([live.size, now, listening.calls], [1, 0, calls], 'no listener remains after the end');
  assert.equal(isTorn, false);
  assert.deepEqual(faults.mock.calls.map(({ arguments: words }) => words.join(' ')), [], 'React logs no errors');
  faults.mock.restore();
  live.close();
});

await step('typescript', 'a live collection is a Svelte store', async () => {
  const { kind, live } = await collection();
  const store = live.store();
  const lives = derived(store, (records) => records.map(({ life }) => life));
  const received = [];
  const stop = lives.subscribe((value) => received.push(value));
  const { id } = await api.creature.create({ kind, life: 2 });
  await api.creature.create({ kind, life: 1 });
  await caughtUp();
  assert.deepEqual(received, [[], [2], [1, 2]]);
  assert.deepEqual(get(store).map(({ life }) => life), [1, 2]);
  assert.equal(get(store), live.getSnapshot());
  stop();
  await api.creature.destroy({ id });
  await caughtUp();
  assert.equal(received.length, 3, 'no call after the end');
  assert.deepEqual(get(lives), [1]);
  live.close();
});

api.$client.close();
await window.happyDOM.close();
