// The form of an action: fields from its description, or the payload as JSON.

import { now } from './connection.js';
import { el, freshId, inWords } from './dom.js';
import { everyOf, fieldOf, mark } from './field.js';
import { whose } from './words.js';

/**
 * @param {object} action of the model
 * @param {Record<string, any>} given properties with fixed values, without a field
 * @param {Record<string, any> | undefined} before the record to change
 */
export function formOf(action, given, before, resolve) {
  const asked = action.fields.filter((it) => !(it.name in given));
  // Ids come first, then required properties.
  const weight = (it) => [action.role?.key, action.id].includes(it.name) ? 0 : it.isRequired ? 1 : 2;
  asked.sort((a, b) => weight(a) - weight(b));
  const explained = (name, schema) => {
    const says = whose(now.model.resources.get(action.resource), action, name);
    return says ? { ...schema, description: [says, schema.description].filter(Boolean).join(' · ') } : schema;
  };
  const fields = asked.map(({ name, schema, isRequired }) =>
    fieldOf({ key: name, path: name, schema: explained(name, schema), isRequired, before: before?.[name], resolve }));
  const id = freshId('json');
  const json = el('textarea', { id, className: 'mono', rows: 8, spellcheck: false, 'aria-describedby': `${id}-hint` });
  const inJson = el('div', { className: 'field', hidden: true },
    el('label', { for: id, textContent: 'Payload' }),
    json,
    el('small', { id: `${id}-hint`, className: 'hint', textContent: 'The whole payload as JSON, sent unchanged' }));
  const inFields = el('div', { className: 'fields' }, fields.map((it) => it.node));
  const fault = el('div', { className: 'faults', role: 'alert' });
  const isOpen = action.isOpen && asked.length === 0;

  const fromFields = () => {
    const said = fields.map((it) => [it, it.read()]).filter(([it, value]) => value !== undefined && !isUntouched(it, value));
    return { ...given, ...Object.fromEntries(said.map(([it, value]) => [it.key, value])) };
  };
  // For an update, only changed properties are sent.
  const isUntouched = (field, value) => before && field.key in before && isSame(value, before[field.key]);

  const toJson = (isJson) => {
    if (isJson && inJson.hidden) json.value = JSON.stringify(fromFields(), null, 2);
    inJson.hidden = !isJson;
    inFields.hidden = isJson;
  };
  if (isOpen) toJson(true);

  return {
    node: el('div', {}, fault, inFields, inJson),
    isEmpty: fields.length === 0 && !isOpen,
    isOpen,
    toJson,
    first: () => inJson.hidden ? fields[0]?.input : json,
    /** Returns the current payload. Throws if it is not valid JSON. */
    read: () => inJson.hidden ? fromFields() : json.value.trim() ? JSON.parse(json.value) : {},
    clear() {
      fault.replaceChildren();
      for (const field of everyOf(fields)) mark(field);
    },
    /** Shows validation errors at their fields, and all others above the form. */
    show(error) {
      const every = everyOf(fields);
      const faults = error.fields ?? (error.path ? [{ path: error.path, message: error.message }] : []);
      const homeless = [];
      let first;
      for (const { path, message } of faults) {
        const field = inJson.hidden ? nearest(every, path) : undefined;
        if (!field) {
          homeless.push(`${path} ${message}`);
          continue;
        }
        mark(field, field.path === path ? message : `${path} ${message}`);
        first ??= field;
      }
      fault.replaceChildren(el('p', { textContent: summary(error, faults.length) }),
        homeless.length ? el('ul', {}, homeless.map((textContent) => el('li', { textContent }))) : '');
      (first?.input ?? this.first())?.focus();
    },
  };
}

/** Whether two JSON values are equal, regardless of the order of properties. */
function isSame(a, b) {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]));
}

function summary(error, count) {
  if (error.code === 'invalid' && count) return count === 1 ? '1 property is invalid.' : `${count} properties are invalid.`;
  if (error.code === 'conflict' && /rev/.test(`${error.path} ${error.message}`)) {
    return 'The record was changed since you opened it. Your input is kept: review the current record, then send again without the revision check to overwrite it.';
  }
  if (error.code === 'conflict' && error.path) return `This ${error.path} is already taken by another record.`;
  if (error.code === 'conflict') return `Conflict: ${error.message}.`;
  return inWords(error);
}

/** Returns the field at a path, or the innermost field around it. */
function nearest(fields, path) {
  const around = fields.filter((it) => path === it.path || (path.startsWith(it.path) && /^[.[]/.test(path.slice(it.path.length))));
  return around.sort((a, b) => b.path.length - a.path.length)[0];
}
