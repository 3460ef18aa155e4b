// Measures records created per second from 64 connections, which each wait for the reply before the
// next request: by sockful with its store in a file, by Feathers on SQLite with default settings
// and with a write-ahead log, and by PocketBase if `POCKETBASE` is the path of that program. One
// Node process sends all requests, in turns and with the client of each, so that other load on the
// machine affects all of them.
//
// Usage: node benches/stored/peers/run.mjs target/release/stored [folder] [rounds] [milliseconds]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { connect } from '../../../clients/typescript/sockful.js';
import * as pocketbase from './pocketbase.mjs';

const [, , program, folder = new URL('../../../target/stored', import.meta.url).pathname, rounds = '15', milliseconds = '2000'] = process.argv;
const CONNECTIONS = 64;

/** The number of records that were created by each. */
const made = {};

const files = ['sockful', 'feathers', 'feathers-wal'].map((name) => `${folder}/node-${name}.db`);
mkdirSync(folder, { recursive: true });
removeAll();
const feathers = new URL('feathers.mjs', import.meta.url).pathname;
const servers = [
  [program, 'serve', files[0], '0'],
  [process.execPath, feathers, files[1]],
  [process.execPath, feathers, files[2], 'wal'],
].map(([command, ...given]) => spawn(command, given, { stdio: ['pipe', 'pipe', 'inherit'] }));
try {
  const lines = await Promise.all(servers.map((server) => once(createInterface(server.stdout), 'line')));
  const [sockful, ...peers] = lines.map(([line]) => line);
  const makers = {
    'sockful, in a file': connections(() => {
      const api = connect(`ws://${sockful}`, { WebSocket });
      return (record) => api.creature.create(record);
    }),
    'Feathers, SQLite by default': connections(() => ofFeathers(peers[0])),
    'Feathers, write-ahead log': connections(() => ofFeathers(peers[1])),
  };
  if (process.env.POCKETBASE) {
    const { server, port } = await pocketbase.start(process.env.POCKETBASE, `${folder}/node-pocketbase`);
    servers.push(server);
    makers.PocketBase = connections(() => pocketbase.client(port));
  }
  await measure(makers);
} finally {
  for (const server of servers) server.kill();
  await Promise.all(servers.map((server) => server.exitCode ?? server.signalCode ?? once(server, 'exit')));
  removeAll();
}
process.exit();

function connections(make) {
  return Array.from({ length: CONNECTIONS }, make);
}

function ofFeathers(url) {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  return (record) => new Promise((resolve, reject) => {
    socket.emit('create', 'creature', record, (error, made) => error ? reject(new Error(error.message)) : resolve(made));
  });
}

/** Measures all in turn, round by round, and prints the medians. */
async function measure(makers) {
  const names = Object.keys(makers);
  const rates = Object.fromEntries(names.map((name) => [name, []]));
  // The first round warms up the JIT compilers.
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      const rate = await make(makers[name], name);
      if (round) rates[name].push(rate);
    }
  }
  console.log(`medians of ${rounds} rounds of ${milliseconds} ms, Node ${process.versions.node}, least and most in parentheses\n`);
  console.log('| | records/s | sockful\'s to it, in each round |\n|---|---|---|');
  for (const name of names) {
    const ratios = rates[names[0]].map((rate, round) => rate / rates[name][round]);
    console.log(`| ${name} | ${spread(rates[name], 0)} | ${spread(ratios, 1)} |`);
  }
}

/** Creates records over all connections for `milliseconds`. Returns the rate per second. */
async function make(creates, name) {
  const before = made[name] ??= 0;
  const begun = performance.now();
  const end = begun + Number(milliseconds);
  await Promise.all(creates.map(async (create) => {
    do {
      const nth = made[name]++;
      const record = {
        id: `w${nth}`, name: `Creature ${nth}`, kind: `kind-${nth % 1000}`, level: nth * 7919 % 1_000_000, hp: 100,
        bio: 'A quiet beast of the northern hills that sleeps under old stones.',
      };
      const stored = await create(record);
      if (stored.id !== record.id || stored.bio !== record.bio) throw new Error(`${record.id} was answered with ${JSON.stringify(stored)}`);
    } while (performance.now() < end);
  }));
  return (made[name] - before) / ((performance.now() - begun) / 1000);
}

function spread(values, digits) {
  const sorted = values.toSorted((a, b) => a - b);
  const [middle, least, most] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((value) => value.toFixed(digits));
  return `${middle} (${least}–${most})`;
}

function removeAll() {
  rmSync(`${folder}/node-pocketbase`, { recursive: true, force: true });
  for (const file of files) {
    for (const beside of ['', '-wal', '-shm', '-journal', '-lock']) rmSync(file + beside, { force: true });
  }
}
