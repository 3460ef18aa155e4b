// A Feathers service whose records are in an SQLite file, served with socket.io on a free port,
// which is printed. Usage: node feathers.mjs FILE [wal]; without `wal` SQLite uses its default
// settings: `journal_mode=DELETE`, `synchronous=FULL`.

import { feathers } from '@feathersjs/feathers';
import { KnexService } from '@feathersjs/knex';
import socketio from '@feathersjs/socketio';
import knex from 'knex';

const [, , filename, wal] = process.argv;
const db = knex({
  client: 'better-sqlite3',
  connection: { filename },
  useNullAsDefault: true,
  pool: {
    afterCreate(connection, done) {
      if (wal) connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = FULL');
      done(null, connection);
    },
  },
});
await db.schema.createTable('creature', (table) => {
  table.string('id').primary();
  table.string('name').notNullable();
  table.string('kind').notNullable().index();
  table.integer('level').notNullable().index();
  table.integer('hp').notNullable();
  table.text('bio').notNullable();
});

const app = feathers();
app.configure(socketio({ transports: ['websocket'] }));
app.use('creature', new KnexService({ Model: db, name: 'creature', id: 'id' }));
const server = await app.listen(0, '127.0.0.1');
if (!server.listening) await new Promise((listening) => server.once('listening', listening));
console.log(`http://127.0.0.1:${server.address().port}`);
