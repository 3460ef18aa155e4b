// The order of live collections is that of the server, for generated values of each form.
// Usage: node orders.mjs target/debug/examples/orders [SEED]

import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { step } from '../life.mjs';
import { serve } from '../server.mjs';

const seed = Number(process.argv[3]) || Date.now() % 2 ** 31;
const server = await serve(process.argv[2]);
const orders = { sample: { time: 'time', decimal: 'decimal' } };
const api = connect(server.url, { WebSocket, timeoutMs: 10_000, api: { wide: {}, of: {}, with: {}, orders } });

/** Numbers that look random, the same for the same seed. */
let state = seed;
const random = () => {
  state = state + 0x6d2b79f5 | 0;
  let mixed = Math.imul(state ^ state >>> 15, 1 | state);
  mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
  return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
};
const below = (limit) => Math.floor(random() * limit);
const any = (...choices) => choices[below(choices.length)];
const many = (most, make) => Array.from({ length: below(most + 1) }, make).join('');
const digits = (most) => many(most, () => any('0', '0', '1', '5', '9'));
const padded = (number, length = 2) => String(number).padStart(length, '0');

// Few values of each part, so that values are equal or close to each other.
const GENERATORS = {
  time() {
    const year = any('2024', '2024', '+002024', '2023', '1969', '0000', '-000001', '-002024', '+010000', '+300000', '9999');
    const date = `${year}-${any('01', '02', '12')}-${any('01', '28', '28')}`;
    if (below(10) === 0) return date;
    const seconds = any('', `:${any('00', '59', '60', '30')}`, `:${any('00', '59', '60')}${any('.', ',')}${any('0', '5', '500', '25', '000000001', '999999999')}`);
    const zone = any('', 'Z', 'Z', 'z', `${any('+', '-')}${any('00', '01', '23')}${any('', ':00', ':30', ':00:01')}`);
    return `${date}${any('T', 'T', 't', ' ')}${padded(any(0, 1, 23))}:${any('00', '30', '59')}${seconds}${zone}${any('', '', '[Europe/Berlin]', '[UTC][u-ca=iso8601]')}`;
  },
  decimal() {
    const [whole, fraction] = [digits(5), digits(6)];
    const digit = whole || fraction ? '' : any('0', '7');
    const exponent = any('', '', `${any('e', 'E')}${any('', '+', '-')}${any('0', '1', '2', '03', '40', '999990')}`);
    return `${any('', '', '-', '+')}${digit}${whole}${any('', '.')}${fraction ? `.${fraction}` : ''}${exponent}`.replace('..', '.');
  },
  text: () => many(4, () => any('', 'a', 'b', 'B', 'é', 'é', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\u{10000}', '\u{1f409}', '\u{10ffff}')),
  float: () => any(0, -0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, 2 ** 53, -1e300, random()),
};

/** Returns the text with one or two changes. */
function mutated(text) {
  const units = [...text];
  for (let times = 1 + below(2); times > 0; times--) units.splice(below(units.length + 1), below(2), ...any([], ['0'], ['9'], ['.'], ['e'], ['x'], ['٧'], ['\n'], ['[']));
  return units.join('');
}

/** Replaces all records with records of these values. */
async function fill(property, values) {
  for (let found; (found = await api.sample.find({ $limit: 100 })).length;) {
    await api.$client.commit(found.map(({ id }) => ['sample', 'destroy', { id }]));
  }
  const records = values.map((value, nth) => ({ id: `${padded(nth * 7919 % 1000, 3)}-${nth}`, [property]: value }));
  for (let at = 0; at < records.length; at += 100) {
    await api.$client.commit(records.slice(at, at + 100).map((record) => ['sample', 'create', record]));
  }
  return records;
}

const served = (sort) => api.sample.find({ $sort: sort, $limit: 1000 });

for (const [property, generate] of Object.entries(GENERATORS)) {
  await step('typescript', `live records sort as the server sorts them: ${property}`, async () => {
    const values = Array.from({ length: 400 }, generate);
    if (property === 'time') values.push('-009999-01-02T01:59:59Z', '+262142-12-31T23:59:59Z', '2016-12-31T23:59:60.5Z', '2017-01-01');
    if (property === 'decimal') values.push('1e3', '1000', '1e999999', '1e-999999', '-1e999999', `0.${'1'.repeat(512)}`, `0.${'1'.repeat(511)}2`, `${'0'.repeat(600)}7${'0'.repeat(600)}`);
    await fill(property, [null, null, ...values]);
    for (const direction of [1, -1]) {
      const live = api.sample.live({}, { sort: { [property]: direction } });
      await live.ready;
      const expected = await served({ [property]: direction });
      const shown = (record) => `${record.id} ${JSON.stringify(record[property])}`;
      assert.deepEqual(live.getSnapshot().map(shown), expected.map(shown), `seed ${seed}, direction ${direction}`);
      live.close();
    }
  });
}

// The server sorts texts in another form before all values in the form.
const LEAST = { time: '-999999999-01-01', decimal: `-${'9'.repeat(512)}e999488` };
for (const [property, least] of Object.entries(LEAST)) {
  await step('typescript', `a value that the server does not read as a ${property} ends a collection sorted by it`, async () => {
    const values = Array.from({ length: 200 }, () => mutated(GENERATORS[property]()));
    values.push('', '-', '.', '1.2.3', '1e', 'NaN', '0e99999999999', '1e1000000', '1e-1000002', `1${'0'.repeat(511)}1`, 'tomorrow', '2024', '2024-02-30', '2024-00-01', '2024-13-01', '2024-01-01T24:00', '2024-01-01T10:00:61', '2024-01-01T10:00:00.Z', '2024-01-01T10:00+2');
    const records = await fill(property, [least, ...values]);
    const sorted = (await served({ [property]: 1 })).map(({ id }) => id);
    const refused = new Set(sorted.slice(0, sorted.indexOf(records[0].id)));
    assert.ok(refused.size > 20 && refused.size < records.length, `${refused.size} of ${records.length}`);
    for (const { id, [property]: value } of records) {
      const live = api.sample.live({ id }, { sort: { [property]: 1 } });
      const error = await live.ready.catch((error) => error);
      const expected = refused.has(id) ? ['ended', 'internal'] : ['live', undefined];
      assert.deepEqual([live.status, error?.code], expected, `seed ${seed}: ${JSON.stringify(value)}`);
      live.close();
    }
  });
}

api.$client.close();
await server.stop();
