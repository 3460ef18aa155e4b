// Filters: chips for the present conditions, and a form for adding one.

import { button, el, freshId, shown } from './dom.js';
import { choicesOf } from './words.js';

const OPERATORS = [
  ['=', 'is'], ['$ne', 'is not'], ['$gt', '>'], ['$gte', '≥'], ['$lt', '<'], ['$lte', '≤'],
  ['$in', 'is one of'], ['$nin', 'is none of'], ['$prefix', 'starts with'],
];

/** @param {object} resource of the model; @param {Record<string, any>} where; @param {(where) => void} change */
export function filterOf(resource, where, change) {
  const asked = resource.properties.filter((it) => !it.isWriteOnly && !['object', 'array'].includes(it.schema.type));
  const property = el('select', { ariaLabel: 'Property' }, asked.map((it) => el('option', { textContent: it.name })));
  const operator = el('select', { ariaLabel: 'Operator' }, OPERATORS.map(([value, textContent]) => el('option', { value, textContent })));
  const values = freshId('values');
  const value = el('input', { ariaLabel: 'Value', autocomplete: 'off', spellcheck: false, placeholder: 'value, or null' });
  value.setAttribute('list', values);
  const list = el('datalist', { id: values });
  const suggest = () => {
    const { schema } = asked.find((it) => it.name === property.value) ?? { schema: {} };
    const choices = choicesOf(schema) ?? (schema.type === 'boolean' ? [true, false] : []);
    list.replaceChildren(...choices.map((it) => el('option', { value: String(it) })));
  };
  property.onchange = suggest;
  suggest();

  const form = el('form', { className: 'row filter', ariaLabel: 'Add a condition' }, property, operator, value, list, el('button', { textContent: 'Add condition' }));
  form.onsubmit = (event) => {
    event.preventDefault();
    const { schema } = asked.find((it) => it.name === property.value);
    change(withCondition(where, property.value, operator.value, read(value.value, operator.value, schema)));
  };
  const chips = chipsOf(where).map(([text, without]) => el('li', { className: 'chip' }, el('span', { textContent: text }),
    button('×', () => change(without), { className: 'bare', ariaLabel: `Remove the condition ${text}` })));
  return el('div', { className: 'conditions' },
    chips.length > 0 && el('ul', { className: 'chips', ariaLabel: 'Conditions' }, chips),
    el('div', { className: 'row' }, form, jsonOf(where, change)));
}

function jsonOf(where, change) {
  const text = el('textarea', { className: 'mono', rows: 3, ariaLabel: 'Conditions as JSON', spellcheck: false, value: JSON.stringify(where) });
  const fault = el('p', { className: 'fault', role: 'alert' });
  const form = el('form', {}, text, fault, el('button', { textContent: 'Apply' }));
  form.onsubmit = (event) => {
    event.preventDefault();
    try {
      const read = JSON.parse(text.value || '{}');
      if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new Error('conditions must be a JSON object');
      change(read);
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  return el('details', { className: 'json' }, el('summary', { textContent: 'Edit as JSON' }), form);
}

/** Describes each condition in words, with the filter without it. */
function chipsOf(where) {
  return Object.entries(where).flatMap(([name, asked]) => {
    const { [name]: gone, ...others } = where;
    if (name.startsWith('$') || asked === null || typeof asked !== 'object') {
      return [[name.startsWith('$') ? `${name} ${shown(asked)}` : `${name} is ${asked === null ? 'null' : shown(asked)}`, others]];
    }
    return Object.entries(asked).map(([operator, value]) => {
      const { [operator]: out, ...left } = asked;
      const says = OPERATORS.find(([it]) => it === operator)?.[1] ?? operator;
      return [`${name} ${says} ${value === null ? 'null' : shown(value)}`, Object.keys(left).length ? { ...where, [name]: left } : others];
    });
  });
}

function withCondition(where, name, operator, value) {
  if (operator === '=') return { ...where, [name]: value };
  const before = where[name];
  const others = before !== null && typeof before === 'object' ? before : {};
  return { ...where, [name]: { ...others, [operator]: value } };
}

function read(text, operator, schema) {
  const one = (it) => {
    if (it === 'null' && schema.isNullable) return null;
    if (['integer', 'number'].includes(schema.type)) return it.trim() === '' || Number.isNaN(Number(it)) ? it : Number(it);
    if (schema.type === 'boolean') return it === 'true' ? true : it === 'false' ? false : it;
    return it;
  };
  return ['$in', '$nin'].includes(operator) ? text.split(',').map((it) => one(it.trim())) : one(text);
}
