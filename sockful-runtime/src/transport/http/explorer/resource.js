// The view of a resource: its records, actions, properties and events.

import { open } from './action.js';
import { button, copy, el, link } from './dom.js';
import { filterOf } from './filter.js';
import { tableOf } from './table.js';
import { tagsOf, typeOf, whose } from './words.js';

const LIMITS = [10, 50, 200, 1000];
const encoded = encodeURIComponent;

/** Renders a resource. The returned function stops its subscriptions. */
export function showResource(view, resource, tab, rest, query) {
  const heading = el('h1', { tabIndex: -1, textContent: resource.plural });
  const tabs = [['records', 'Records'], ['actions', 'Actions'], ['properties', 'Properties'], ['events', 'Events']];
  const nav = el('nav', { className: 'tabs', ariaLabel: `About ${resource.plural}` }, tabs.map(([name, text]) =>
    link(`#/${encoded(resource.name)}${name === 'records' ? '' : `/${name}`}`, text, name === tab ? { 'aria-current': 'page' } : {})));
  view.append(
    el('header', { className: 'head' },
      el('div', {}, heading, el('p', { className: 'soft', textContent: resource.description })),
      el('div', { className: 'row' }, resource.general.map((action) =>
        button(action.name, () => open(action), { className: action.name === 'create' ? 'main' : '', title: action.description })))),
    nav);
  return { records, actions, properties, events }[tab](view, resource, rest, query);
}

/** Renders the table, whose filter is part of the address. */
function records(view, resource, rest, query) {
  const asked = {
    where: parsed(query.get('where')) ?? {},
    sort: Object.fromEntries((query.get('sort') ?? '').split(',').filter(Boolean).map((it) => it.startsWith('-') ? [it.slice(1), -1] : [it, 1])),
    limit: Number(query.get('limit')) || undefined,
  };
  const go = (change) => {
    const { where, sort, limit } = { ...asked, ...change };
    const to = new URLSearchParams();
    if (Object.keys(where).length) to.set('where', JSON.stringify(where));
    if (Object.keys(sort).length) to.set('sort', Object.entries(sort).map(([key, way]) => way < 0 ? `-${key}` : key).join());
    if (limit) to.set('limit', limit);
    location.hash = `#/${encoded(resource.name)}${to.size ? `?${to}` : ''}`;
  };
  const table = tableOf({
    resource,
    ...asked,
    label: resource.plural,
    sortBy: (name) => go({ sort: asked.sort[name] === 1 ? { [name]: -1 } : asked.sort[name] === -1 ? {} : { [name]: 1 } }),
  });
  const how = el('select', { ariaLabel: 'Display mode', onchange: () => go({ limit: Number(how.value) || undefined }) },
    el('option', { value: '', textContent: 'all, live' }), LIMITS.map((it) => el('option', { value: String(it), textContent: `pages of ${it}` })));
  how.value = asked.limit ? String(asked.limit) : '';
  view.append(
    el('div', { className: 'toolbar' },
      filterOf(resource, asked.where, (where) => go({ where })),
      el('div', { className: 'row' }, how, button('Copy link', () => copy(location.href, 'The link'), { className: 'small' }))),
    table.node);
  return table.close;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function actions(view, resource, [name]) {
  const groups = [
    ['Methods', resource.actions.filter((it) => it.kind === 'remote')],
    ['Records', resource.actions.filter((it) => it.kind === 'core')],
    ['Relations', resource.actions.filter((it) => it.kind === 'relation')],
  ];
  for (const [title, some] of groups.filter(([, some]) => some.length)) {
    view.append(el('h2', { textContent: title }), el('ul', { className: 'cards' }, some.map((action) => card(resource, action))));
  }
  const asked = name && resource.action(name);
  if (asked) {
    open(asked).then(() => {
      // Replaces the address without a history entry and without rendering the view again.
      if (location.hash === `#/${encoded(resource.name)}/actions/${encoded(name)}`) history.replaceState(null, '', `#/${encoded(resource.name)}/actions`);
    });
  }
  return () => {};
}

function card(resource, action) {
  const needs = action.fields.filter((it) => it.isRequired && !it.name.startsWith('$')).map((it) => [it.name, whose(resource, action, it.name)].filter(Boolean).join(', '));
  const isStream = action.name === 'subscribe' || action.name === 'unsubscribe' || action.role?.does === 'subscribe';
  return el('li', {},
    isStream
      ? el('strong', { textContent: action.name })
      : link(`#/${encoded(resource.name)}/actions/${encoded(action.name)}`, action.name, { onclick: (event) => [event.preventDefault(), open(action)] }),
    el('p', { textContent: action.description }),
    needs.length > 0 && el('p', { className: 'soft', textContent: `needs ${needs.join(' and ')}` }));
}

function properties(view, resource) {
  const places = (relations, of, text) => relations.map((it, at) => [at ? ', ' : '', link(`#/${encoded(it.of)}`, it[text]), of ? ` by ${it.key}` : '']);
  view.append(el('dl', { className: 'properties' }, resource.properties.map((it) => el('div', {},
    el('dt', {}, el('code', { textContent: it.name }), el('span', { className: 'type', textContent: typeOf(it.schema) })),
    el('dd', {},
      it.schema.description && el('p', { textContent: it.schema.description }),
      el('ul', { className: 'tags', ariaLabel: `Rules of ${it.name}` }, tagsOf(it, resource).map((textContent) => el('li', { textContent }))))))));
  if (resource.children.length) view.append(el('p', {}, 'Has ', places(resource.children, false, 'list').flat()));
  if (resource.parents.length) view.append(el('p', {}, 'Belongs to ', places(resource.parents, true, 'of').flat()));
  return () => {};
}

function events(view, resource) {
  if (resource.events.length === 0) view.append(el('p', { className: 'soft', textContent: 'No declared events. `created`, `updated` and `destroyed` are sent for every record.' }));
  view.append(el('ul', { className: 'cards' }, resource.events.map((it) => el('li', {},
    el('strong', { textContent: it.name }),
    el('p', { textContent: it.description ?? '' }),
    el('details', {}, el('summary', { textContent: 'Payload' }), el('pre', { textContent: JSON.stringify(it.data, null, 2), tabIndex: 0 }))))));
  return () => {};
}
