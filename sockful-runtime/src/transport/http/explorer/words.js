// Descriptions of the rules of a property.

import { shown } from './dom.js';
import { isWide } from './schema.js';

const FORMATS = {
  'date-time': 'an RFC 3339 timestamp, such as 2024-02-29T12:00:00.123Z',
  date: 'a date, such as 2024-02-29',
  email: 'an email address',
  uri: 'a URL',
  uuid: 'a UUID',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
};

/** Describes the type of a schema in a few words. */
export function typeOf(schema) {
  const orNull = schema.isNullable ? ' or null' : '';
  const choices = choicesOf(schema);
  if (choices) return `one of ${choices.map((it) => JSON.stringify(it)).join(', ')}${orNull}`;
  if (isWide(schema)) return `wide integer${orNull}`;
  const type = [schema.type ?? 'any JSON'].flat().join(' or ');
  const of = type === 'array' && schema.items?.type ? ` of ${schema.items.type}` : '';
  return `${{ string: 'string', array: 'list' }[type] ?? type}${of}${orNull}`;
}

/** Returns the values of an enumeration, in any of its encodings. */
export function choicesOf(schema) {
  if (schema.enum) return schema.enum.filter((it) => it !== null);
  if (schema.const !== undefined) return [schema.const];
  const parts = schema.oneOf ?? schema.anyOf;
  const all = parts?.filter((it) => it.type !== 'null').map((it) => it.const !== undefined ? [it.const] : it.enum);
  return all?.length && all.every(Boolean) ? all.flat() : undefined;
}

/** Describes the rules of a value. */
export function rulesOf(schema) {
  const rules = [];
  const [least, most] = [schema.minimum, schema.maximum];
  if (least !== undefined && most !== undefined) rules.push(`from ${least} to ${most}`);
  else if (least !== undefined) rules.push(`at least ${least}`);
  else if (most !== undefined) rules.push(`at most ${most}`);
  if (schema.exclusiveMaximum !== undefined) rules.push(`less than ${schema.exclusiveMaximum}`);
  if (schema.exclusiveMinimum !== undefined) rules.push(`more than ${schema.exclusiveMinimum}`);
  rules.push(...counted(schema.minLength, schema.maxLength, 'character'));
  rules.push(...counted(schema.minItems, schema.maxItems, 'item'));
  rules.push(...counted(schema.minProperties, schema.maxProperties, 'entry'));
  if (schema.uniqueItems) rules.push('no duplicate items');
  if (FORMATS[schema.format]) rules.push(FORMATS[schema.format]);
  if (schema.pattern && !isWide(schema)) rules.push(`matches ${schema.pattern}`);
  return rules;
}

function counted(least, most, what) {
  const many = (count) => count === 1 ? what : what === 'entry' ? 'entries' : `${what}s`;
  if (least !== undefined && least === most) return [`${least} ${many(least)}`];
  if (least !== undefined && most !== undefined) return [`${least} to ${most} ${many(most)}`];
  if (least !== undefined) return [`at least ${least} ${many(least)}`];
  return most === undefined ? [] : [`at most ${most} ${many(most)}`];
}

/** Returns the resource whose id a property of a payload is, if it is an id; relations have two. */
export function whose(resource, { role, isOfRecord }, name) {
  if (role?.key === name && role.parent) return `the id of the ${role.parent}`;
  if (role?.parent && role.does !== 'create' && name === role.id) return `the id of the ${role.of}`;
  return (isOfRecord || role) && name === resource.id && role?.does !== 'create' ? `the id of the ${resource.name}` : undefined;
}

/** Returns all traits of a property as short labels. */
export function tagsOf(property, resource) {
  const { schema } = property;
  const parent = resource.parents.find((it) => it.key === property.name);
  return [
    property.isId && 'id',
    parent && `id of its ${parent.of}`,
    property.isRequired && 'required',
    property.isReadOnly && 'read only',
    property.isWriteOnly && 'write only',
    property.isImmutable && 'set once, at creation',
    schema.isNullable && 'may be null',
    schema.default !== undefined && schema.default !== null && `${shown(schema.default)} by default`,
    isWide(schema) && 'sent as a decimal string',
    ...rulesOf(schema),
  ].filter(Boolean);
}
