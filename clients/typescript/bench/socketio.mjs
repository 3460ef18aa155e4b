// The records of benches/bench.rs, served by socket.io on a free port, which is printed.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const bio = 'A quiet beast of the northern hills that sleeps under old stones.';
const records = new Map(Array.from({ length: 1000 }, (_, n) =>
  [`c${n}`, { id: `c${n}`, name: `Creature ${n}`, kind: 'dragon', level: n % 60, hp: 100, bio }]));

const http = createServer();
new Server(http, { serveClient: false, transports: ['websocket'] }).on('connection', (socket) => {
  socket.on('get', ({ id }, acknowledge) => {
    const record = records.get(id);
    record ? acknowledge(null, record) : acknowledge('not_found');
  });
});
http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}`));
