// The overview of the server.

import { base, now } from './connection.js';
import { el, link } from './dom.js';

const FILES = ['client.js', 'client.d.ts', 'types.d.ts', 'types.js', 'schema.json', 'asyncapi.json', 'openapi.json'];

/** Renders the overview. */
export function showOverview(view) {
  const resources = [...now.model.resources.values()];
  view.append(
    el('header', { className: 'head' }, el('div', {}, el('h1', { tabIndex: -1, textContent: 'Server' }),
      el('p', { className: 'soft', textContent: `${location.host}${location.pathname}` }))),
    el('h2', { textContent: 'Resources' }),
    el('ul', { className: 'cards' }, resources.map((it) => el('li', {},
      link(`#/${encodeURIComponent(it.name)}`, it.plural),
      el('p', { textContent: it.description }),
      el('p', { className: 'soft', textContent: has(it) })))),
    el('h2', { textContent: 'Limits' }),
    el('dl', { className: 'values' }, Object.entries({ protocol: now.hello?.protocol, schema: now.model.digest, ...now.hello?.limits }).map(([name, value]) =>
      el('div', {}, el('dt', { textContent: name }), el('dd', { textContent: typeof value === 'number' ? value.toLocaleString('en') : String(value ?? '–') })))),
    el('h2', { textContent: 'Files' }),
    el('ul', { className: 'files' }, FILES.map((name) => el('li', {}, link(new URL(`sockful/${name}`, base).href, name)))));
  return () => {};
}

const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function has({ properties, actions, events }) {
  const methods = actions.filter((it) => it.kind === 'remote').length;
  return [counted(properties.length, 'property', 'properties'), methods && counted(methods, 'method'), events.length && counted(events.length, 'event')]
    .filter(Boolean).join(', ');
}
