// Form fields created from a schema. A field has `path`, `key`, `node`, `input` (for the focus), `read()`, which
// returns its value or `undefined` if it is omitted, and `fields`, its nested fields.

import { button, el, freshId } from './dom.js';
import { isWide } from './schema.js';
import { choicesOf, rulesOf, typeOf } from './words.js';

const DEEPEST = 4;

/** @param {{key, path, schema, isRequired, before, resolve, depth}} given `before` is the current value. */
export function fieldOf(given) {
  const { schema, depth = 0 } = given;
  const isShallow = depth < DEEPEST;
  if (isShallow && schema.type === 'object' && Object.keys(schema.properties ?? {}).length) return objectOf(given);
  if (isShallow && schema.type === 'array' && schema.items && typeof schema.items === 'object') return listOf(given);
  return simple(given);
}

/** Creates a label, a hint, the input, and the place for an error. */
function simple(given) {
  const { key, path, schema, isRequired, before } = given;
  const id = freshId('field');
  const { input, value, start, beside } = inputOf(given, id);
  const isNull = schema.isNullable && !choicesOf(schema) && schema.type !== 'boolean'
    ? el('input', { type: 'checkbox', id: `${id}-null`, checked: before === null })
    : undefined;
  const toggle = () => { input.disabled = isNull.checked; };
  if (isNull) {
    isNull.onchange = toggle;
    toggle();
  }
  const hint = hintOf(schema);
  input.setAttribute('aria-describedby', hint ? `${id}-hint ${id}-fault` : `${id}-fault`);
  if (isRequired) input.setAttribute('aria-required', 'true');
  const node = el('div', { className: 'field' },
    el('label', { for: id, className: isRequired ? 'needed' : '', textContent: key }),
    el('small', { className: 'type', textContent: typeOf(schema) }),
    el('div', { className: 'inputs' }, input, beside,
      isNull && el('label', { className: 'null', for: isNull.id }, isNull, 'null', el('span', { className: 'unseen', textContent: ` for ${key}` }))),
    hint && el('small', { id: `${id}-hint`, className: 'hint', textContent: hint }),
    el('small', { id: `${id}-fault`, className: 'fault' }));
  const read = () => {
    if (isNull?.checked) return null;
    if (input.value === '' && !isRequired && !(before !== undefined && before !== null && before !== '')) return undefined;
    if (input.value === '' && start === '' && !isRequired) return undefined;
    if (input.value === '' && schema.isNullable && schema.type !== 'string') return null;
    return value();
  };
  return { key, path, node, input, read, fields: [] };
}

const hintOf = (schema) => [schema.description, rulesOf(schema).join(', ')].filter(Boolean).join(' · ');

const written = (value) => value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value);

function inputOf({ schema, before, isRequired }, id) {
  const start = written(before);
  const placeholder = schema.default === undefined || schema.default === null ? '' : written(schema.default);
  const choices = choicesOf(schema) ?? (schema.type === 'boolean' ? [true, false] : undefined);
  if (choices) {
    const values = schema.isNullable ? [...choices, null] : choices;
    const none = el('option', { value: '', textContent: placeholder ? `${placeholder} by default` : isRequired ? 'choose' : 'not set' });
    const input = el('select', { id }, none, values.map((it, at) => el('option', { value: String(at), textContent: it === null ? 'null' : String(it) })));
    const at = before === undefined ? -1 : values.indexOf(before);
    input.value = at < 0 ? '' : String(at);
    return { input, start: input.value, value: () => input.value === '' ? undefined : values[Number(input.value)] };
  }
  const text = (more) => el('input', { id, value: start, placeholder, autocomplete: 'off', spellcheck: false, ...more });
  if (schema.type === 'integer' || schema.type === 'number') {
    const input = text({ type: 'text', inputMode: schema.type === 'integer' ? 'numeric' : 'decimal' });
    // The server rejects a text that is not a number, with its own message and path.
    return { input, start, value: () => input.value.trim() === '' || Number.isNaN(Number(input.value)) ? input.value : Number(input.value) };
  }
  if (schema.type === 'string' && schema.format === 'date-time') {
    const input = text({ type: 'text', placeholder: placeholder || new Date(0).toISOString() });
    const beside = button('now', () => { input.value = new Date().toISOString(); }, { className: 'small' });
    return { input, start, beside, value: () => input.value };
  }
  if (schema.type === 'string') {
    const isLong = schema.maxLength > 200;
    const type = schema.format === 'date' ? 'date' : 'text';
    const input = isLong
      ? el('textarea', { id, value: start, placeholder, rows: 3 })
      : text({ type, inputMode: isWide(schema) ? 'numeric' : schema.format === 'email' ? 'email' : 'text' });
    return { input, start, value: () => input.value };
  }
  const input = el('textarea', { id, value: start, placeholder: placeholder || 'JSON', rows: 3, className: 'mono', spellcheck: false });
  return { input, start, value: () => parsed(input.value) };
}

/** Parses JSON. Other text is sent as a string. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Creates a group of fields, with a switch if it is optional. */
function group({ key, schema, isRequired, before }, isOn, inside) {
  const id = freshId('group');
  const isThere = !isRequired && el('input', { type: 'checkbox', id, checked: isOn });
  const content = el('div', { className: 'inside', hidden: !isOn }, inside);
  if (isThere) isThere.onchange = () => { content.hidden = !isThere.checked; };
  const node = el('fieldset', { className: 'field group' },
    el('legend', { className: isRequired ? 'needed' : '', textContent: key }),
    isThere && el('label', { className: 'null', for: id }, isThere, 'set', el('span', { className: 'unseen', textContent: `: ${key}` })),
    hintOf(schema) && el('small', { className: 'hint', textContent: hintOf(schema) }),
    content,
    el('small', { id: `${id}-fault`, className: 'fault' }));
  // A value that existed and is no longer given is set to null if that is allowed.
  const without = () => before !== undefined && before !== null && schema.isNullable ? null : undefined;
  return { node, content, isOn: () => !isThere || isThere.checked, without, input: isThere || undefined };
}

function objectOf(given) {
  const { key, path, schema, isRequired, before, resolve, depth = 0 } = given;
  const fields = Object.entries(schema.properties).map(([name, inner]) => fieldOf({
    key: name,
    path: path ? `${path}.${name}` : name,
    schema: resolve(inner),
    isRequired: (schema.required ?? []).includes(name),
    before: before?.[name],
    resolve,
    depth: depth + 1,
  }));
  const around = group(given, isRequired || Boolean(before), fields.map((it) => it.node));
  const read = () => {
    if (!around.isOn()) return around.without();
    return Object.fromEntries(fields.map((it) => [it.key, it.read()]).filter(([, value]) => value !== undefined));
  };
  return { key, path, node: around.node, input: around.input ?? fields[0].input, read, fields };
}

function listOf(given) {
  const { key, path, schema, isRequired, before, resolve, depth = 0 } = given;
  const items = [];
  const list = el('ol', { className: 'items' });
  const add = (value) => {
    const field = fieldOf({ key: `${key} ${items.length + 1}`, path: `${path}[${items.length}]`, schema: resolve(schema.items), isRequired: true, before: value, resolve, depth: depth + 1 });
    const row = el('li', {}, field.node, button('Remove', () => {
      items.splice(items.indexOf(field), 1);
      row.remove();
      items.forEach((it, at) => { it.path = `${path}[${at}]`; });
      more.focus();
    }, { className: 'small', ariaLabel: `Remove ${field.key}` }));
    items.push(field);
    list.append(row);
    return field;
  };
  const more = button('Add an item', () => add().input.focus(), { className: 'small', ariaLabel: `Add an item to ${key}` });
  const around = group(given, isRequired || Boolean(before), [list, more]);
  if (Array.isArray(before)) before.forEach(add);
  const read = () => around.isOn() ? items.map((it) => it.read()) : around.without();
  return { key, path, node: around.node, input: around.input ?? more, read, fields: items };
}

/** Returns all fields including nested ones. */
export const everyOf = (fields) => fields.flatMap((it) => [it, ...everyOf(it.fields)]);

/** Shows an error at a field, or removes it if there is none. */
export function mark(field, message) {
  const place = [...field.node.children].find((it) => it.classList.contains('fault'));
  place.textContent = message ?? '';
  if (message) field.input.setAttribute('aria-invalid', 'true');
  else field.input.removeAttribute('aria-invalid');
  if (message && !field.input.getAttribute('aria-describedby')) field.input.setAttribute('aria-describedby', place.id);
}
