// The tests of the client for every runtime, including browsers, so this module has no imports.

/** The steps with their names. Each gets an API of the demo from the client's `connect`. */
export const STEPS = [
  ['requests, relations, methods and pages', requests],
  ['errors have one class and all details', errors],
  ['names on object prototypes are ordinary names', poisoned],
  ['`for await` and callbacks receive every change', events],
  ['a live collection has the current records', collection],
  ['several writes form one commit', commits],
  ['a request aborted before it is sent is never sent', aborts],
];

function assert(is, says) {
  if (!is) throw new Error(says);
}

function equal(found, expected) {
  const [left, right] = [found, expected].map((value) => JSON.stringify(value));
  assert(left === right, `expected ${right} and there was ${left}`);
}

async function fails(promise) {
  return promise.then(() => { throw new Error('it was not refused'); }, (error) => error);
}

const fresh = (name) => `${name}-${Math.random().toString(36).slice(2, 10)}`;

/** Waits until every subscription of the connection has received all events. */
async function caughtUp(api) {
  const { seq } = await api.creature.find({ $limit: 1 });
  while ((await api.$client.ping()).seq < seq);
}

async function requests(api) {
  const id = fresh('smaug');
  equal(await api.creature.create({ id }), { id, kind: 'dragon', life: 10 });
  equal(await api.creature.feed({ id, amount: 3 }, { timeoutMs: 5000 }), 'I have been fed my life is: 13');
  equal(await api.creature.get({ id: [id, 'missing'] }), [{ id, kind: 'dragon', life: 13 }, null]);
  equal((await api.album.songs({ album_id: 'kob', $sort: { title: 1 } })).map(({ title }) => title), ['Blue in Green', 'So What']);
  equal((await api.song.album({ id: 'so-what' })).title, 'Kind of Blue');
  equal((await api.album.get({ id: 'kob', $with: ['songs'] })).songs.length, 2);
  const page = await api.creature.find({ $sort: { id: 1 }, $limit: 1 });
  assert(page.length === 1 && page.next && page.seq > 0 && Object.keys(page).length === 1, 'a page');
  assert((await api.creature.find({ $sort: { id: 1 }, $limit: 1, $after: page.next }))[0].id > page[0].id, 'the next page');
  equal((await api.creature.destroy({ id })).id, id);
}

async function errors(api, { SockfulError }) {
  const error = await fails(api.creature.update({ id: 'bob', life: 'much', wings: 2 }));
  assert(error instanceof SockfulError && error instanceof Error, 'the class');
  equal([error.code, error.fields.map(({ path }) => path)], ['invalid', ['life', 'wings']]);
  equal((await fails(api.creature.find({ lifee: 1 }))).path, 'lifee');
  equal((await fails(api.creature.get({ id: fresh('missing') }))).code, 'not_found');
  const large = await fails(api.creature.create({ kind: 'x'.repeat(70_000) }));
  equal([large.code, large.limit.name, large.outcome], ['too_large', 'max_frame', 'none']);
}

async function poisoned(api) {
  assert(await api === api && api.then === undefined && api.creature.then === undefined, 'it is not a promise');
  assert(api[Symbol.iterator] === undefined && api.creature[Symbol.toPrimitive] === undefined, 'symbols');
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    equal((await fails(api[name].get({ id: 'x' }))).code, 'unknown_resource');
    equal((await fails(api.creature[name]({ id: 'x' }))).code, 'unknown_action');
    const record = await api.creature.create({ id: `${name}${Math.random()}`, kind: name });
    const dragons = api.creature.live({ kind: name });
    await dragons.ready;
    assert(dragons.get(record.id) && dragons.get(name) === undefined, name);
    dragons.close();
    await api.creature.destroy({ id: record.id });
  }
  const sent = JSON.parse('{"id":"bob","__proto__":{"polluted":1}}');
  equal((await fails(api.creature.update(sent))).code, 'invalid');
  assert({}.polluted === undefined && !Object.isFrozen(Object.prototype), 'no prototype is polluted');
}

async function events(api) {
  const kind = fresh('kind');
  const heard = [];
  const stop = api.creature.subscribe({ kind }, (event) => heard.push(event));
  const seen = [];
  const subscription = api.creature.subscribe({ kind });
  equal((await subscription.next()).value.type, 'reset');
  const { id } = await api.creature.create({ kind });
  await api.creature.feed({ id });
  await api.creature.update({ id, kind: 'other' });
  for await (const event of subscription) {
    seen.push([event.type, event.id, event.left ?? false]);
    if (event.type === 'destroyed') break;
  }
  equal(seen, [['created', id, false], ['updated', id, false], ['destroyed', id, true]]);
  await caughtUp(api);
  equal(heard.map(({ type }) => type), ['reset', 'created', 'updated', 'destroyed']);
  stop();
  await api.creature.update({ id, kind });
  await caughtUp(api);
  equal(heard.length, 4);
  await api.creature.destroy({ id });
  const refused = await fails(api.creature.subscribe({ nothing: 1 }).next());
  equal(refused.code, 'invalid_query');
  const ended = await new Promise((resolve) => api.album.subscribeSongs({ album_id: 'nowhere' }, resolve));
  equal([ended.type, ended.error.code], ['ended', 'not_found']);
}

async function collection(api) {
  const kind = fresh('kind');
  const dragons = api.creature.live({ kind }, { sort: { life: -1 } });
  equal(dragons.status, 'connecting');
  await dragons.ready;
  equal([dragons.status, dragons.size], ['live', 0]);
  const empty = dragons.getSnapshot();
  assert(empty === dragons.getSnapshot(), 'the same array between changes');
  let calls = 0;
  const values = [];
  const ends = [dragons.subscribe(() => calls++), dragons.store().subscribe((records) => values.push(records.length))];
  equal([calls, values], [0, [0]]);
  const small = await api.creature.create({ kind, life: 1 });
  const large = await api.creature.create({ kind, life: 9 });
  await caughtUp(api);
  equal(dragons.getSnapshot(), [large, small]);
  equal([calls, values, empty.length], [2, [0, 1, 2], 0]);
  for (const end of ends) end();
  for (const { id } of dragons) await api.creature.destroy({ id });
  await caughtUp(api);
  equal([calls, dragons.size], [2, 0]);
  dragons.close();
  equal(dragons.status, 'ended');
}

async function commits(api) {
  const id = fresh('ms');
  const [album, song] = await api.$client.commit([
    ['album', 'create', { id, title: 'Milestones' }],
    ['album', 'createSong', { album_id: id, title: 'Miles' }],
  ]);
  equal([album.id, song.album_id], [id, id]);
  equal((await fails(api.$client.commit([['song', 'create', { album_id: 'nowhere', title: 'Gone' }]]))).code, 'invalid');
  await api.album.destroy({ id });
}

async function aborts(api) {
  const id = fresh('never');
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  equal((await fails(api.creature.create({ id }, { signal: controller.signal }))).message, 'enough');
  equal((await fails(api.creature.get({ id }))).code, 'not_found');
}
