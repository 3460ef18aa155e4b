// A live view of one record: its properties, actions, children and parents.

import { errorText, open } from './action.js';
import { ask, now } from './connection.js';
import { button, el, link, shown, tell } from './dom.js';
import { live } from './source.js';
import { recordHref, tableOf } from './table.js';

const HIDDEN = new Set(['get', 'save']);
const encoded = encodeURIComponent;

/** Renders a record. The returned function stops its subscriptions. */
export function showRecord(view, resource, id) {
  const given = { [resource.id]: typed(resource, id) };
  const values = el('dl', { className: 'values' });
  const says = el('p', { className: 'says' });
  const trouble = el('div');
  const doing = el('div', { className: 'row doing' });
  const events = el('ol', { className: 'happened', ariaLabel: 'Events of the record' });
  const parents = el('p');
  let record;
  let marking;

  const act = (action) => async () => {
    // Only a reply contains the revision, so the record is read before it is changed.
    const isChange = ['update', 'destroy'].includes(action.name) && resource.action('get');
    const current = isChange ? await ask(resource.name, 'get', given).catch(() => record) : record;
    await open(action, { given, record: current });
  };
  const actions = resource.actions.filter((it) => it.isOfRecord && !HIDDEN.has(it.name));
  const order = (it) => it.kind === 'remote' ? 1 : it.name === 'destroy' ? 2 : 0;
  doing.append(...actions.sort((a, b) => order(a) - order(b)).map((action) =>
    button(action.name, act(action), { className: action.name === 'destroy' ? 'danger' : action.name === 'update' ? 'main' : '', title: action.description })));

  view.append(
    el('nav', { className: 'crumbs', ariaLabel: 'Breadcrumb' }, link(`#/${encoded(resource.name)}`, resource.plural), ' / ', el('span', { textContent: id })),
    el('header', { className: 'head' }, el('h1', { tabIndex: -1, textContent: id }), doing),
    says, trouble, values, parents, events);

  const draw = (before) => {
    const cells = resource.properties.filter((it) => !it.isWriteOnly).map(({ name }) => {
      const isOther = before && record && JSON.stringify(before[name]) !== JSON.stringify(record[name]);
      return el('div', { className: isOther ? 'other' : '' }, el('dt', { textContent: name }), el('dd', { textContent: shown(record?.[name]) }));
    });
    values.replaceChildren(...record ? cells : []);
    clearTimeout(marking);
    marking = setTimeout(() => values.querySelectorAll('.other').forEach((it) => { it.className = ''; }), 1600);
    const known = record ? resource.parents.filter((it) => record[it.key] !== null && record[it.key] !== undefined) : [];
    parents.replaceChildren(...known.flatMap(({ of, key }) => [`${of}: `, link(`#/${encoded(of)}/record/${encoded(record[key])}`, String(record[key])), ' ']));
    for (const it of doing.children) it.disabled = !record;
  };
  const write = () => {
    const as = source.seq === undefined ? '' : `, as of commit ${source.seq}`;
    says.className = `says ${source.status}`;
    says.textContent = source.status === 'live' && !record ? `does not exist${as}` : { connecting: 'loading …', live: `live${as}`, stale: `last known state${as}`, ended: 'not live' }[source.status];
    if (source.status === 'ended') trouble.replaceChildren(errorText(source.error));
  };
  const took = (event, before) => {
    record = source.get(given[resource.id]);
    if (!['reset', 'created', 'updated'].includes(event.type)) happened(events, event);
    if (event.type === 'destroyed') tell(`${id} was destroyed`);
    draw(event.type === 'updated' ? before : undefined);
    write();
  };
  let source = { status: 'connecting' };
  if (resource.action('subscribe')) source = live({ resource, where: given, sort: {} }, { change() {}, status: () => queueMicrotask(write), event: took });
  else ask(resource.name, 'get', given).then((it) => [record = it, draw()], (error) => trouble.replaceChildren(errorText(error)));
  draw();
  const children = resource.children.map((relation) => childrenOf(view, relation, given[resource.id], id));
  return () => [source, ...children].forEach((it) => it.close?.());
}

/** Converts an id in an address, which is text, to a number if ids are numbers. */
function typed(resource, id) {
  const type = resource.properties.find((it) => it.isId)?.schema.type;
  return type === 'integer' || type === 'number' ? Number(id) : id;
}

function happened(list, { type, data, seq }) {
  list.prepend(el('li', {}, el('strong', { textContent: type }), ` ${data === undefined ? '' : shown(data)}${seq === undefined ? '' : ` at commit ${seq}`}`));
  while (list.childElementCount > 50) list.lastElementChild.remove();
}

/** Renders the live children of a relation, with a form to create one. */
function childrenOf(view, { of, key, list, create, subscribe }, parent, name) {
  const resource = now.model.resources.get(of);
  const place = el('div');
  const own = (route) => route && [...now.model.resources.values()].flatMap((it) => it.actions).find((it) => it.name === route && it.role?.of === of && it.role.key === key);
  let table;
  let sort = {};
  const draw = () => {
    table?.close();
    table = tableOf({
      resource, where: { [key]: parent }, sort, label: `${list} of ${name}`,
      route: own(subscribe), listRoute: own(list),
      sortBy: (column) => [sort = { [column]: sort[column] === 1 ? -1 : 1 }, draw()],
    });
    place.replaceChildren(table.node);
  };
  const creating = own(create);
  view.append(el('section', { className: 'children', ariaLabel: `${list} of ${name}` },
    el('div', { className: 'row spread' },
      el('h2', { textContent: list }),
      creating && button(create, () => open(creating, { given: { [key]: parent }, title: `${create} of ${name}` }))),
    place));
  draw();
  return { close: () => table.close() };
}

export { recordHref };
