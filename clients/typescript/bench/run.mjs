// Compares Node clients by calls per second that get records by id: sockful.js with the server of
// benches/bench.rs, and socket.io-client with a socket.io server. Their rounds alternate, so that other
// load on the machine affects both alike. The servers are pinned to the first core and the client to
// the second (Linux, by `taskset`); otherwise the scheduler would decide the result.
// Usage: node run.mjs ../../../target/release/bench [rounds] [milliseconds]

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { connect } from '../sockful.js';

const [, , program, rounds = '15', milliseconds = '1000'] = process.argv;
const IN_FLIGHT = [64, 1];

const port = await freePort();
const onFirstCore = (...given) => spawn('taskset', ['-c', '0', ...given], { env: { ...process.env, PORT: port }, stdio: ['ignore', 'pipe', 'inherit'] });
const servers = [
  onFirstCore(program),
  onFirstCore(process.execPath, new URL('socketio.mjs', import.meta.url).pathname),
];
execFileSync('taskset', ['-a', '-c', '-p', '1', process.pid]);
try {
  const [url] = await once(createInterface(servers[1].stdout), 'line');
  const api = connect(`ws://127.0.0.1:${port}`, { WebSocket, backoff: { maxMs: 250 } });
  const socket = io(url, { transports: ['websocket'] });
  const clients = {
    'sockful.js': (id) => api.creature.get({ id }),
    'socket.io-client': (id) => new Promise((resolve, reject) => {
      socket.emit('get', { id }, (error, record) => error ? reject(new Error(error)) : resolve(record));
    }),
  };
  await measure(clients);
  api.$client.close();
  socket.close();
} finally {
  for (const server of servers) server.kill();
}

/** Measures all clients in turn, round by round, and prints the medians. */
async function measure(clients) {
  const names = Object.keys(clients);
  const figures = new Map();
  // The first round warms up the compilers.
  for (let round = 0; round <= rounds; round++) {
    for (const inFlight of IN_FLIGHT) {
      // The order is reversed in each round.
      for (const name of round % 2 ? names : names.toReversed()) {
        const figure = await call(clients[name], inFlight);
        const key = `${name} ${inFlight}`;
        if (round) figures.set(key, [...figures.get(key) ?? [], figure]);
      }
    }
  }
  console.log(`medians of ${rounds} rounds of ${milliseconds} ms, Node ${process.versions.node}, least and most in parentheses\n`);
  console.log('| in flight | client | calls/s | µs of CPU of the client a call |\n|---|---|---|---|');
  for (const inFlight of IN_FLIGHT) {
    for (const name of names) {
      const of = figures.get(`${name} ${inFlight}`);
      const rate = of.map(({ rate }) => rate);
      const [least, most] = [Math.min(...rate), Math.max(...rate)].map(Math.round);
      console.log(`| ${inFlight} | ${name} | ${Math.round(median(rate))} (${least}–${most}) | ${median(of.map(({ cpu }) => cpu)).toFixed(1)} |`);
    }
    const [ours, theirs] = names.map((name) => figures.get(`${name} ${inFlight}`));
    const ratios = ours.map(({ rate }, round) => rate / theirs[round].rate);
    console.log(`| ${inFlight} | ratio of the two in each round | ${median(ratios).toFixed(2)} | |`);
  }
}

/** Keeps `inFlight` calls in flight for `milliseconds`. */
async function call(get, inFlight) {
  let calls = 0;
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const end = begun + Number(milliseconds);
  const caller = async () => {
    do {
      const id = `c${calls++ % 1000}`;
      const record = await get(id);
      if (record.id !== id || record.bio.length !== 65) throw new Error(`${id} was answered with ${JSON.stringify(record)}`);
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(cpu);
  return { rate: calls / ((performance.now() - begun) / 1000), cpu: (user + system) / calls };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
