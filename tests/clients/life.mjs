// The steps that every JavaScript client runs: all operations on a creature.
//
// A client has `send(text)`, `next()`, which returns the text of the next frame, and
// `close()`, which returns the close code of the server.

import assert from 'node:assert/strict';

/** Runs the steps in order until one fails. */
export async function live(name, client) {
  const creature = { id: `smaug-${Math.random().toString(36).slice(2, 10)}` };
  for (const [says, run] of STEPS) {
    if (!await step(name, says, () => run(client, creature))) return;
  }
}

/** Runs one step, prints a line for it, and returns whether it succeeded. */
export async function step(name, says, run) {
  try {
    await run();
    console.log(`ok   ${name}: ${says}`);
    return true;
  } catch (error) {
    console.log(`FAIL ${name}: ${says}: ${error.message}`);
    process.exitCode = 1;
    return false;
  }
}

const STEPS = [
  ['the server says hello', greeted],
  ['create fills in the default', created],
  ['get gives what was stored', got],
  ['all lists it', listed],
  ['update changes what is given', updated],
  ['feed runs on the server', fed],
  ['without an ack_id there is no reply', silent],
  ['destroy gives the record as it was', destroyed],
  ['get says not_found afterwards', gone],
  ['what was not declared is unknown', unknown],
  ['schema describes what is served', described],
  ['ping answers', pinged],
  ['a close is answered', closed],
];

let lastId = 0;

/** Sends a request and returns the payload of its reply. */
async function ask(client, resource, action, payload) {
  const id = ++lastId;
  client.send(JSON.stringify([resource, action, payload, id]));
  const [toResource, toAction, reply, toId] = JSON.parse(await client.next());
  assert.deepEqual([toResource, toAction, toId], [resource, action, id], 'the reply repeats the head of its request');
  return reply;
}

/** Returns the result of a request that has to succeed. */
async function ok(client, resource, action, payload) {
  const reply = await ask(client, resource, action, payload);
  assert.ok('ok' in reply, `${resource} ${action} was refused: ${JSON.stringify(reply)}`);
  return reply.ok;
}

/** Returns the error code of a request that has to fail. */
async function code(client, resource, action, payload) {
  const reply = await ask(client, resource, action, payload);
  assert.ok('err' in reply, `${resource} ${action} was not refused: ${JSON.stringify(reply)}`);
  return reply.err.code;
}

async function greeted(client, creature) {
  const [resource, action, hello, id] = JSON.parse(await client.next());
  assert.deepEqual([resource, action, id], ['sockful', 'hello', null]);
  assert.equal(hello.protocol, 1);
  assert.ok(typeof hello.schema === 'string' && hello.schema.length >= 8, 'the digest of the schema');
  assert.ok(hello.limits.max_frame > 0 && hello.limits.max_in_flight > 0, 'the limits');
  assert.ok(Math.abs(hello.time - Date.now()) < 60_000, 'the time of the server');
  creature.schema = hello.schema;
}

async function created(client, creature) {
  const record = await ok(client, 'creature', 'create', { id: creature.id, kind: 'dragon' });
  assert.equal(record.id, creature.id);
  assert.equal(record.kind, 'dragon');
  assert.equal(record.life, 10, 'life is 10 by default');
}

async function got(client, creature) {
  const record = await ok(client, 'creature', 'get', { id: creature.id });
  assert.deepEqual([record.kind, record.life], ['dragon', 10]);
}

async function listed(client, creature) {
  const records = await ok(client, 'creature', 'all', { kind: 'dragon', $sort: { id: -1 } });
  assert.ok(records.some((record) => record.id === creature.id), 'the new creature is listed');
}

async function updated(client, creature) {
  const weak = await ok(client, 'creature', 'update', { id: creature.id, life: 3 });
  assert.deepEqual([weak.kind, weak.life], ['dragon', 3], 'only the given properties change');
  const well = await ok(client, 'creature', 'update', { id: creature.id, life: 10 });
  assert.equal(well.life, 10);
}

async function fed(client, creature) {
  const said = await ok(client, 'creature', 'feed', { id: creature.id, amount: 1 });
  assert.equal(said, 'I have been fed my life is: 11');
  const record = await ok(client, 'creature', 'get', { id: creature.id });
  assert.equal(record.life, 11, 'the change of a method is stored');
}

// Requests for one record run in the order sent, so the next frame would be feed's reply if it had one.
async function silent(client, creature) {
  client.send(JSON.stringify(['creature', 'feed', { id: creature.id, amount: 1 }]));
  const record = await ok(client, 'creature', 'get', { id: creature.id });
  assert.equal(record.life, 12, 'the request took effect');
}

async function destroyed(client, creature) {
  const record = await ok(client, 'creature', 'destroy', { id: creature.id });
  assert.deepEqual([record.id, record.kind, record.life], [creature.id, 'dragon', 12], 'the destroyed record');
}

async function gone(client, creature) {
  assert.equal(await code(client, 'creature', 'get', { id: creature.id }), 'not_found');
}

async function unknown(client) {
  // Names that a JavaScript server might resolve on the prototypes of its objects.
  for (const action of ['fly', 'constructor', '__proto__', 'toString', 'die', '']) {
    assert.equal(await code(client, 'creature', action, {}), 'unknown_action', action);
  }
  assert.equal(await code(client, 'unicorn', 'get', { id: 'x' }), 'unknown_resource');
}

async function described(client, creature) {
  const schema = await ok(client, 'sockful', 'schema', null);
  assert.equal(schema.schema, creature.schema, 'the digest matches the hello');
  const { plural, record, actions } = schema.resources.creature;
  assert.equal(plural, 'creatures');
  assert.ok('life' in record.properties, 'the properties of a creature');
  assert.ok('amount' in actions.feed.payload.properties, 'the parameters of feed');
  // A generated id as a default would change the digest at each start.
  assert.ok(!('default' in actions.destroy.payload.properties.id), 'the id has no default');
}

async function pinged(client) {
  const pong = await ok(client, 'sockful', 'ping', null);
  assert.ok(Number.isSafeInteger(pong.seq) && pong.seq > 0, 'the number of a commit');
}

async function closed(client) {
  assert.equal(await client.close(), 1000);
}
