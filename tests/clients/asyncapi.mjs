// The AsyncAPI document of a server: the official parser reports no errors, and a client that
// uses only the document performs every operation on a creature.
// Usage: node asyncapi.mjs http://127.0.0.1:8000

import assert from 'node:assert/strict';
import { Parser } from '@asyncapi/parser';
import WebSocket from 'ws';
import { step } from './life.mjs';

const url = process.argv[2];
const text = await (await fetch(`${url}/sockful/asyncapi.json`)).text();
const { document, diagnostics } = await new Parser().parse(text);

await step('asyncapi', 'the official parser reports no errors', () => {
  // Warnings are ignored: the document has no contact, licence and tags.
  const errors = diagnostics.filter(({ severity }) => severity === 0);
  assert.deepEqual(errors.map(({ message, path }) => [path.join('.'), message]), []);
  assert.equal(document.version(), '3.0.0');
});

await step('asyncapi', 'a client that uses only the document performs every operation', async () => {
  const channel = document.channels().get('socket');
  const { properties } = channel.bindings().get('ws').value().headers;
  const address = new URL(channel.address(), url.replace(/^http/, 'ws'));
  const socket = new WebSocket(address, properties['Sec-WebSocket-Protocol'].const);
  const received = [];
  const waiting = new Map();
  let lastId = 0;
  const greeted = new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      const frame = JSON.parse(data);
      if (frame[3] === null) return resolve(frame);
      const answer = waiting.get(frame[3]);
      waiting.delete(frame[3]);
      if (answer) answer(frame);
      else received.push(frame);
    });
  });
  const slots = (message) => message.payload().items().map((slot) => slot.const());

  /** Sends the request of an operation and returns the result. */
  const ask = async (key, payload) => {
    const operation = document.operations().get(key);
    assert.equal(operation.action(), 'receive');
    const [resource, action] = slots(operation.messages().all()[0]);
    const id = ++lastId;
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify([resource, action, payload, id]));
    const frame = await answered;
    const replied = slots(operation.reply().messages().all()[0]);
    assert.deepEqual(frame.slice(0, 2), replied.slice(0, 2));
    return frame[2].ok;
  };

  const hello = await greeted;
  const known = document.operations().get('sockful.hello.event').messages().all()[0];
  assert.deepEqual(hello.slice(0, 2), slots(known).slice(0, 2));
  assert.equal(hello[2].schema, document.info().version());
  await ask('creature.subscribe', { kind: 'asyncapi' });
  const made = await ask('creature.create', { kind: 'asyncapi', life: 1 });
  await ask('creature.feed', { id: made.id, amount: 3 });
  assert.equal((await ask('creature.update', { id: made.id, life: 7 })).life, 7);
  assert.equal(await ask('creature.count', { kind: 'asyncapi' }), 1);
  await ask('creature.destroy', { id: made.id });
  // The reply to this ping follows the events of all earlier commits.
  await ask('sockful.ping', null);
  const events = received.map(([resource, event]) => `${resource}.${event}.event`);
  assert.deepEqual(events, ['created', 'updated', 'updated', 'destroyed'].map((event) => `creature.${event}.event`));
  for (const key of events) assert.equal(document.operations().get(key).action(), 'send');
  socket.close();
});
