// The client with the module that the server generates from its resources.
// Usage: node described.mjs http://127.0.0.1:8000

import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import { step } from '../life.mjs';

const url = process.argv[2];
const sent = [];
class Spied extends WebSocket {
  send(text, ...more) {
    const [resource, action, , , options] = JSON.parse(text);
    sent.push([resource, action, options?.key !== undefined]);
    super.send(text, ...more);
  }
}

const module = await (await fetch(`${url}/sockful/types.js`)).text();
const { api: described } = await import(`data:text/javascript,${encodeURIComponent(module)}`);
const api = connect(url, { api: described, WebSocket: Spied, timeoutMs: 10_000 });

await step('typescript', 'with the module each relation route is requested once, and only writes have a key', async () => {
  const { id } = await api.album.create({ title: 'Milestones' });
  const song = await api.album.createSong({ album_id: id, title: 'Miles' });
  const address = { album_id: id, id: song.id };
  assert.deepEqual([...await api.album.songs({ album_id: id })], [song]);
  assert.deepEqual([...await api.song.byAlbum({ album_id: id })], [song]);
  assert.deepEqual(await api.album.getSong(address), song);
  assert.equal((await api.song.album({ id: song.id })).id, id);
  await api.album.updateSong({ ...address, playing: true });
  await api.album.destroySong(address);
  await api.creature.describe({ id: 'bob' });
  await api.album.destroy({ id });
  assert.deepEqual(sent, [
    ['album', 'create', true],
    ['album', 'createSong', true],
    ['album', 'songs', false],
    ['song', 'byAlbum', false],
    ['album', 'getSong', false],
    ['song', 'album', false],
    ['album', 'updateSong', true],
    ['album', 'destroySong', true],
    ['creature', 'describe', true],
    ['album', 'destroy', true],
  ]);
});

await step('typescript', 'without the module a read-only route is refused once', async () => {
  const undescribed = connect(url, { WebSocket: Spied, timeoutMs: 10_000 });
  sent.length = 0;
  await undescribed.album.songs({ album_id: 'kob' });
  await undescribed.album.songs({ album_id: 'kob' });
  assert.deepEqual(sent, [['album', 'songs', true], ['album', 'songs', false], ['album', 'songs', false]]);
  undescribed.$client.close();
});

api.$client.close();
