// What it offers is in sockful.d.ts, what goes over the wire in docs/protocol.md.

/** @typedef {(...given: any[]) => any} Fn */

const CLOSED = 'the client is closed';
const LOST = 'the connection ended before the reply';
const READS = new Set(['get', 'find', 'all', 'count']);
const OF_RECORDS = new Set(['create', 'get', 'find', 'all', 'update', 'save', 'destroy', 'subscribe']);
const DEFAULTS = { timeoutMs: 30000, maxQueue: 1000, maxEvents: 1000, heartbeatMs: 30000, deadlineMs: 10000 };

/** What a request is rejected with. */
export class SockfulError extends Error {
  /** @param {any} error as it comes over the wire */
  constructor(error) {
    super(error.message);
    this.name = 'SockfulError';
    this.code = error.code;
    this.fields = error.fields;
    this.path = error.path;
    this.limit = error.limit;
    this.outcome = error.outcome;
    this.retryAfterMs = error.retry_after_ms ?? error.retryAfterMs;
  }
}

/** @param {any} url @param {any} [options] @returns {any} */
export function connect(url, options = {}) {
  const connection = new Connection(url, options);
  /** @type {Record<string, Fn | string>} */
  const client = {
    get status() { return connection.status; },
    on: connection.told.on,
    commit: async (writes, options) => {
      const { ok } = await connection.call('sockful', 'commit', writes, options);
      ok.forEach((/** @type {any} */ record, /** @type {any} */ at) => connection.decode(connection.recordsOf(writes[at][0], writes[at][1]), record));
      return ok;
    },
    call: (resource, action, payload, options) => connection.ask(resource, action, payload, options),
    authenticate: (token) => connection.become(token),
    ping: (options) => connection.ask('sockful', 'ping', null, options),
    schema: (options) => connection.ask('sockful', 'schema', null, options),
    close: () => connection.close(),
  };
  return names((resource) => resource === '$client' ? client : names((action) => method(connection, resource, action)));
}

/** An object that has every name; never `then`, so that it is no promise. @type {(make: Fn) => any} */
const names = (make) => {
  const made = new Map();
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_, name) {
      if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined;
      if (!made.has(name)) made.set(name, make(name));
      return made.get(name);
    },
  });
};

/** @type {(...given: any[]) => Fn} */
const method = (connection, resource, action) => {
  const { api } = connection.options;
  if (action === 'live') return (where, options) => live(connection, resource, where, options);
  if (action === 'subscribe' || (/^subscribe[A-Z]/.test(action) && (!api || own(own(api.of, resource), action)))) {
    return (where, second, third) => typeof second === 'function'
      ? listen(connection, resource, action, where, second, third)
      : iterate(connection, resource, action, where, second);
  }
  return (payload, options) => connection.ask(resource, action, payload, options);
};

class Connection {
  /** @type {any} */ socket;
  /** @type {any} */ hello;
  /** @type {any} */ identifying;
  /** @type {any} */ changedTo;
  /** @type {any} */ timers = {};
  status = 'connecting';
  told = emitter();
  /** Every request that is not answered, in the order asked. A `Map` costs more: its old tables keep later ones alive. @type {any} */ calls = { __proto__: null };
  waiting = 0;
  /** @type {Set<any>} */ subs = new Set();
  /** @type {Map<any, any>} */ subsById = new Map();
  /** What takes no key since it only reads, but for the core actions. @type {Set<string>} */ reads;
  isReady = false;
  mayKey = false;
  lastId = 0;
  who = 0;
  attempt = 0;
  heard = 0;
  begun = 0;

  /** @param {any} url @param {any} options */
  constructor(url, options) {
    this.options = { ...DEFAULTS, ...options };
    this.token = options.token;
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!this.WebSocket) throw new TypeError('there is no global `WebSocket`; give one as an option');
    this.reads = new Set(options.api?.reads);
    this.url = new URL(url, globalThis.location?.href).href.replace(/^http/, 'ws');
    this.backoff = { minMs: 250, maxMs: 20000, ...options.backoff };
    const wide = Object.entries(options.api?.wide ?? {}).filter(([, names]) => names.length);
    this.wide = wide.length ? new Map(wide) : undefined;
    this.open();
  }

  open() {
    this.begun = this.heard = Date.now();
    this.timers.setup = setTimeout(() => this.lost(), this.options.deadlineMs);
    let socket;
    try {
      socket = this.socket = new this.WebSocket(this.url, 'sockful.1');
    } catch (error) {
      this.told.emit('error', error);
      return this.lost();
    }
    // Of one that was given up nothing counts.
    /** @type {(then: Fn) => Fn} */
    const current = (then) => (event) => this.socket === socket && then(event);
    socket.onmessage = current(({ data }) => {
      this.heard = Date.now();
      this.take(JSON.parse(data));
    });
    socket.onerror = current((event) => {
      this.told.emit('error', event.error ?? event);
      this.lost();
    });
    socket.onclose = current(() => this.lost());
  }

  /** What was sent may have been lost with it. */
  lost() {
    const { socket } = this;
    this.socket = undefined;
    this.isReady = false;
    this.identifying = undefined;
    for (const timer in this.timers) clearTimeout(this.timers[timer]);
    // Whoever is half open would not answer a close.
    if (this.status !== 'closed' && socket?.terminate) socket.terminate();
    else socket?.close();
    for (const call of Object.values(this.calls)) {
      if (call.isOnce || (call.isSent && !call.isRead && !call.key)) this.fail(call, 'unknown', LOST);
      else if (call.isSent) Object.assign(call, { isSent: false, wasSent: true });
    }
    for (const sub of this.subs) sub.cut();
    if (this.status === 'closed') return;
    this.turn('connecting');
    if (Date.now() - this.begun > 5000) this.attempt = 0;
    const { minMs, maxMs } = this.backoff;
    this.timers.retry = setTimeout(() => this.open(), Math.random() * Math.min(maxMs, minMs * 2 ** this.attempt++));
  }

  /** @param {any} status */
  turn(status) {
    if (this.status !== status) this.told.emit('status', this.status = status);
  }

  close() {
    if (this.status === 'closed') return;
    this.turn('closed');
    for (const call of Object.values(this.calls)) this.fail(call, 'closed', CLOSED);
    for (const sub of this.subs) sub.end(closed());
    this.lost();
  }

  /** Asks for a sign of life after a silence. */
  beat() {
    const { heartbeatMs, deadlineMs } = this.options;
    const left = this.heard + heartbeatMs - Date.now();
    if (left > 0) {
      this.timers.beat = setTimeout(() => this.beat(), left);
      return;
    }
    const { heard } = this;
    this.call('sockful', 'ping', null, { isOnce: true }).catch(() => {});
    this.timers.beat = setTimeout(() => this.heard === heard ? this.lost() : this.beat(), deadlineMs);
  }

  /** @param {any} frame */
  take([resource, action, payload, id]) {
    if (Object.hasOwn(payload, 'ok') || Object.hasOwn(payload, 'err')) {
      const call = this.calls[id];
      if (call) return this.answered(call, payload);
      this.subsById.get(id)?.answered(payload);
    } else if (resource !== 'sockful') {
      this.subsById.get(id)?.part(action, payload);
    } else if (action === 'hello') {
      this.hello = { ...payload, at: performance.now() };
      this.mayKey = payload.keys === true;
      this.identify();
      this.compare();
    } else if (action === 'expired') {
      this.mayKey = false;
      this.told.emit('expired');
      this.identify();
    }
  }

  ready() {
    clearTimeout(this.timers.setup);
    this.isReady = true;
    this.turn('open');
    clearTimeout(this.timers.beat);
    this.beat();
    for (const call of Object.values(this.calls)) if (!call.isSent && !call.held) this.send(call);
    for (const sub of this.subs) if (sub.id === undefined) sub.begin();
  }

  /** Says who it is; until that is answered requests wait. */
  identify() {
    return this.identifying ??= this.identified(this.socket).finally(() => { this.identifying = undefined; });
  }

  /** @param {any} socket */
  async identified(socket) {
    this.isReady = false;
    clearTimeout(this.timers.setup);
    this.timers.setup = setTimeout(() => this.lost(), this.options.deadlineMs);
    try {
      const token = typeof this.token === 'function' ? await this.token() : this.token;
      if (this.socket !== socket) return;
      if (token != null) await this.authenticate(token);
    } catch (error) {
      if (this.socket !== socket) return;
      const code = error instanceof SockfulError ? error.code : undefined;
      if (code !== 'unknown_action') this.told.emit('error', error);
      // Without a word about the token it is asked for again; with a refusal it is nobody who goes on.
      if (code === undefined || code === 'timeout') return this.lost();
    }
    if (this.socket === socket && socket) this.ready();
  }

  /** @param {any} token */
  async authenticate(token, isOnce = true) {
    const { ok } = await this.call('sockful', 'authenticate', token === null ? null : { token }, { isOnce });
    this.mayKey = token !== null;
    clearTimeout(this.timers.renew);
    if (ok.expires && typeof this.token === 'function') {
      // No longer timer can be set.
      const left = ok.expires - this.now();
      this.timers.renew = setTimeout(() => this.renew(), Math.min(left - Math.min(left / 10, 30000), 2 ** 31 - 1));
    }
    return ok;
  }

  async renew() {
    try {
      const { socket } = this;
      const token = await this.token();
      if (this.socket === socket && token != null) await this.authenticate(token);
    } catch (error) {
      this.told.emit('error', error);
    }
  }

  /** @param {any} token */
  become(token) {
    this.token = token;
    this.who++;
    return this.authenticate(token, false);
  }

  /** Whether the server still is what the application was built for. */
  async compare() {
    const { api } = this.options;
    const to = this.hello.schema;
    if (!api?.schema || to === api.schema || to === this.changedTo) return;
    this.changedTo = to;
    // Not every server can say what has changed.
    const { ok } = await this.call('sockful', 'changes', { since: api.description }).catch(() => ({ ok: { verdict: 'unknown', changes: [] } }));
    this.told.emit('changed', { ...ok, from: api.schema, to });
  }

  /** Asks, and gives the result as the application sees it. @param {any} resource @param {any} action @param {any} payload @param {any} [options] */
  async ask(resource, action, payload, options) {
    const { ok, next, seq, cut } = await this.call(resource, action, payload, options);
    this.decode(this.recordsOf(resource, action), ok);
    return Array.isArray(ok) ? Object.defineProperties(ok, { next: { value: next }, seq: { value: seq }, cut: { value: cut } }) : ok;
  }

  /** Asks, and gives the payload of the reply. @param {any} resource @param {any} action @param {any} payload @param {any} [options] */
  call(resource, action, payload, options) {
    return /** @type {Promise<any>} */ (new Promise((resolve, reject) => {
      const { signal, timeoutMs = this.options.timeoutMs, isOnce } = options ?? {};
      signal?.throwIfAborted();
      if (this.status === 'closed') throw closed();
      if (!this.isReady && !isOnce && this.waiting >= this.options.maxQueue) {
        const limit = { name: 'maxQueue', value: this.options.maxQueue };
        throw new SockfulError({ code: 'too_many', message: 'too many requests wait', limit, outcome: 'none' });
      }
      const id = ++this.lastId;
      const aborted = () => call.settle(signal.reason);
      /** @type {any} */ const call = {
        id, resource, action, options: options ?? {}, isOnce, text: write(payload), who: this.who,
        until: timeoutMs ? Date.now() + timeoutMs : Infinity,
        isRead: resource === 'sockful' ? action !== 'commit' : READS.has(action),
        /** @type {Fn} */ settle: (error, reply) => {
          if (!this.calls[id]) return;
          delete this.calls[id];
          this.waiting--;
          clearTimeout(call.timer);
          clearTimeout(call.held);
          signal?.removeEventListener('abort', aborted);
          error === undefined ? resolve(reply) : reject(error);
        },
      };
      if (timeoutMs) call.timer = setTimeout(() => this.fail(call, 'timeout', 'not done in time'), timeoutMs);
      signal?.addEventListener('abort', aborted);
      this.calls[id] = call;
      this.waiting++;
      if (this.isReady || (isOnce && this.socket)) this.send(call);
    }));
  }

  /** @param {any} call @param {any} code @param {any} message @param {any} [limit] */
  fail(call, code, message, limit) {
    const isOpen = !call.isRead && (call.isSent || call.wasSent);
    call.settle(new SockfulError({ code, message, limit, outcome: isOpen ? 'unknown' : 'none' }));
  }

  /** @param {any} call */
  send(call) {
    const { id, resource, action } = call;
    call.isRead ||= this.reads.has(`${resource} ${action}`);
    // Of another caller it would be another request.
    if (call.wasSent && !call.isRead && call.who !== this.who) return this.fail(call, 'unknown', LOST);
    if (call.isRead) call.key = undefined;
    else if (this.mayKey) call.key ??= uuid(this.now());
    const { ifRev: if_rev, timeoutMs, traceparent } = call.options;
    const timeout_ms = timeoutMs ? Math.max(1, call.until - Date.now()) : undefined;
    const text = `[${write(resource)},${write(action)},${call.text},${id},${write({ key: call.key, if_rev, timeout_ms, traceparent })}]`;
    const value = this.hello.limits?.max_frame ?? Infinity;
    if (text.length * 3 > value && new TextEncoder().encode(text).length > value) {
      return this.fail(call, 'too_large', 'the request is larger than the server takes', { name: 'max_frame', value });
    }
    call.isSent = true;
    this.transmit(text);
  }

  /** @param {any} text */
  transmit(text) {
    if (this.socket?.readyState === 1) this.socket.send(text);
  }

  /** @param {any} call @param {any} reply */
  answered(call, reply) {
    const { err } = reply;
    if (!err) return call.settle(undefined, reply);
    if (call.isOnce) return call.settle(new SockfulError(err));
    if (call.key && err.fields?.some((/** @type {any} */ fault) => fault.path === 'key' && fault.rule === 'action')) {
      // It only reads, and may be repeated without.
      this.reads.add(`${call.resource} ${call.action}`);
      call.isSent = false;
      if (this.isReady) this.send(call);
    } else if (isPassing(err) && (call.isRead || call.key || err.outcome !== 'unknown')) {
      const ms = pause(err, this.backoff);
      if (Date.now() + ms >= call.until) return call.settle(new SockfulError(err));
      call.isSent = false;
      call.held = setTimeout(() => {
        call.held = undefined;
        if (this.isReady) this.send(call);
      }, ms);
    } else if (err.code === 'unauthenticated' && this.token != null && !call.isAgain && call.resource !== 'sockful') {
      Object.assign(call, { isSent: false, isAgain: true });
      this.identify();
    } else {
      const isOpen = err.code === 'unauthenticated' && call.wasSent && !call.isRead;
      call.settle(new SockfulError(isOpen ? { ...err, outcome: 'unknown' } : err));
    }
  }

  /** The time of the server, by which it judges keys. */
  now() {
    return this.hello.time + performance.now() - this.hello.at;
  }

  /** Of which resource the records are that an action gives. @param {any} resource @param {any} action */
  recordsOf(resource, action) {
    return OF_RECORDS.has(action) ? resource : own(own(this.options.api?.of, resource), action);
  }

  /** Makes `bigint` of the wide properties of records, in place. @param {any} resource @param {any} value */
  decode(resource, value) {
    if (!this.wide || resource === undefined || !value || typeof value !== 'object') return;
    if (Array.isArray(value)) return value.forEach((record) => this.decode(resource, record));
    for (const name of this.wide.get(resource) ?? []) {
      if (Object.hasOwn(value, name) && typeof value[name] === 'string') value[name] = BigInt(value[name]);
    }
    for (const [name, of] of Object.entries(own(this.options.api.with, resource) ?? {})) {
      if (Object.hasOwn(value, name)) this.decode(of, value[name]);
    }
  }
}

/** A subscription, over as many connections as it takes. */
class Sub {
  /** What it is called on this connection. @type {any} */ id;
  /** @type {any} */ resume;
  /** @type {any} */ nextResume;
  /** The position. @type {any} */ seq;
  /** What came of one commit, or of one list, so far. @type {any[]} */ parts = [];
  isAnswered = false;
  isAgain = false;
  /** @type {any} */ held;

  /**
   * @param {Connection} connection @param {any} resource @param {any} action
   * @param {any} where @param {Record<string, Fn>} follower @param {any} [signal]
   */
  constructor(connection, resource, action, where, follower, signal) {
    this.connection = connection;
    this.resource = resource;
    this.action = action;
    this.where = where ?? {};
    this.of = connection.recordsOf(resource, action);
    this.follower = follower;
    this.signal = signal;
    this.aborted = () => this.end(signal?.reason);
    signal?.addEventListener('abort', this.aborted);
    if (signal?.aborted || connection.status === 'closed') queueMicrotask(() => this.end(signal?.aborted ? signal.reason : closed()));
    else this.go();
  }

  go() {
    this.connection.subs.add(this);
    if (this.connection.isReady) this.begin();
  }

  begin() {
    if (this.held) return;
    const { connection, resource, action, resume, seq } = this;
    const id = this.id = ++connection.lastId;
    connection.subsById.set(id, this);
    const payload = resume === undefined ? this.where : { ...this.where, $from: { resume, seq } };
    let text;
    try {
      text = write(payload);
    } catch (error) {
      return void queueMicrotask(() => this.end(error));
    }
    connection.transmit(`[${write(resource)},${write(action)},${text},${id}]`);
  }

  /** The connection is gone, and with it what was not whole. */
  cut() {
    this.forget();
    this.follower.status(false);
  }

  forget() {
    if (this.id !== undefined) this.connection.subsById.delete(this.id);
    Object.assign(this, { id: undefined, parts: [], nextResume: undefined, isAnswered: false });
  }

  /** Leaves; `go` goes on where it was. */
  stop() {
    const { connection, resource, id } = this;
    connection.subs.delete(this);
    clearTimeout(this.held);
    this.held = undefined;
    if (id === undefined) return;
    const leave = () => connection.transmit(`[${write(resource)},"unsubscribe",{"subscription":${id}}]`);
    const { isAnswered } = this;
    this.forget();
    if (isAnswered) return leave();
    connection.subsById.set(id, { answered: () => { connection.subsById.delete(id); leave(); }, part() {} });
  }

  /** @param {any} [error] */
  end(error) {
    this.signal?.removeEventListener('abort', this.aborted);
    this.stop();
    this.follower.ended(error);
  }

  /** @param {any} reply */
  answered({ ok, err, seq, more, resume }) {
    this.isAnswered = !err;
    if (err) return this.refused(err);
    this.isAgain = false;
    if (ok?.resumed) {
      this.resume = resume;
      this.follower.status(true);
    } else {
      this.nextResume = resume;
      this.part('reset', { records: ok?.records ?? [], seq, more });
    }
  }

  /** @param {any} err */
  refused(err) {
    const { connection } = this;
    this.forget();
    this.follower.status(false);
    if (err.code === 'unauthenticated' && connection.token != null && !this.isAgain) {
      this.isAgain = true;
      connection.identify();
    } else if (isPassing(err) || err.code === 'timeout') {
      this.held = setTimeout(() => {
        this.held = undefined;
        if (connection.isReady) this.begin();
      }, pause(err, connection.backoff));
    } else {
      this.end(new SockfulError(err));
    }
  }

  /** @param {any} type @param {any} payload */
  part(type, payload) {
    if (type === 'ended' && !('id' in payload)) return this.refused(payload.error);
    this.connection.decode(this.of, payload.record ?? payload.records);
    // What is in no commit ends none.
    if (payload.seq === undefined) return this.follower.events([{ ...payload, type }]);
    this.parts.push({ ...payload, type });
    if (payload.more) return;
    const told = [];
    for (const { more, ...event } of this.parts) {
      const last = told.at(-1);
      if (event.type !== 'records') told.push(event);
      else if (last?.type === 'reset') last.records = last.records.concat(event.records);
      else if (event.dropped) told.push({ type: 'dropped', seq: event.seq, dropped: event.dropped });
    }
    this.parts = [];
    this.seq = payload.seq;
    this.resume = this.nextResume ?? this.resume;
    this.nextResume = undefined;
    this.follower.status(true);
    if (told.length) this.follower.events(told);
  }
}

/** @type {Fn} */
const listen = (connection, resource, action, where, listener, options) => {
  let isOn = true;
  const tell = (/** @type {any} */ event) => { if (isOn) guarded(listener, event); };
  const sub = new Sub(connection, resource, action, where, {
    events: (told) => told.forEach(tell),
    status() {},
    ended: (error) => tell({ type: 'ended', error }),
  }, options?.signal);
  return () => {
    if (!isOn) return;
    isOn = false;
    sub.end();
  };
};

/** Too slow a consumer leaves the server until it has taken what there is. @type {Fn} */
const iterate = (connection, resource, action, where, options) => {
  /** @type {any[]} */ let events = [];
  /** @type {any[]} */ const waiting = [];
  let isOver = false;
  let isAway = false;
  /** @type {any} */ let failed;
  const settle = () => {
    while (waiting.length && (events.length || isOver)) {
      const next = waiting.shift();
      if (events.length) next.resolve({ value: events.shift(), done: false });
      else if (failed) [next.reject(failed), failed = undefined];
      else next.resolve({ value: undefined, done: true });
    }
    if (isAway && !isOver && events.length === 0) {
      isAway = false;
      sub.go();
    }
  };
  const sub = new Sub(connection, resource, action, where, {
    events(told) {
      events.push(...told);
      if (events.length > connection.options.maxEvents) {
        isAway = true;
        sub.stop();
      }
      settle();
    },
    status() {},
    ended(error) {
      if (isOver) return;
      isOver = true;
      failed = error;
      settle();
    },
  }, options?.signal);
  return {
    next: () => new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      settle();
    }),
    async return() {
      events = [];
      sub.end();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() { return this; },
  };
};

/** @type {Fn} */
const live = (connection, resource, where, options = {}) => {
  const id = options.id ?? own(connection.options.api?.id, resource) ?? 'id';
  const { on, emit } = emitter();
  const sort = typeof options.sort === 'function' ? options.sort : comparing({ ...options.sort, [id]: options.sort?.[id] ?? 1 });
  const records = new Map();
  /** @type {any} */ let sorted;
  let status = 'connecting';
  /** @type {any} */ let error;
  const became = (now = '') => { if (status !== now) emit('status', status = now); };
  /** @type {Fn} */ let resolve;
  /** @type {Fn} */ let reject;
  const ready = new Promise((yes, no) => { [resolve, reject] = [yes, no]; });
  ready.catch(() => {});
  const select = where?.$select;
  const sub = new Sub(connection, resource, 'subscribe', select && !select.includes(id) ? { ...where, $select: [...select, id] } : where, {
    events(told) {
      let isChanged = false;
      for (const { type, id: key, record, records: all } of told) {
        if (type === 'reset') {
          records.clear();
          for (const record of all) records.set(record[id], record);
        } else if (type === 'destroyed') records.delete(key);
        else if (record) records.set(key, record);
        else continue;
        isChanged = true;
        sorted = undefined;
      }
      became('live');
      resolve();
      for (const event of told) emit('event', event);
      if (isChanged) emit('change');
    },
    status: (isLive) => {
      if (isLive) became('live');
      else if (status === 'live') became('stale');
    },
    ended(why) {
      if (status === 'ended') return;
      error = why;
      reject(why ?? closed());
      became('ended');
      if (why !== undefined) emit('event', { type: 'ended', error: why });
    },
  }, options.signal);
  const getSnapshot = () => sorted ??= [...records.values()].sort(sort);
  /** @type {Fn} */ const subscribe = (listener) => on('change', () => listener());
  return {
    get status() { return status; },
    get size() { return records.size; },
    get error() { return error; },
    ready,
    on,
    getSnapshot,
    subscribe,
    get: records.get.bind(records),
    store: () => ({
      /** @type {Fn} */ subscribe: (run) => {
        run(getSnapshot());
        return on('change', () => run(getSnapshot()));
      },
    }),
    close: () => sub.end(),
    [Symbol.iterator]: () => getSnapshot()[Symbol.iterator](),
  };
};

/** Strings compare by their UTF-16. @type {Fn} */
const comparing = (order) => {
  const keys = Object.entries(order);
  return (/** @type {any} */ a, /** @type {any} */ b) => {
    for (const [key, way] of keys) {
      const [left, right] = [a[key] ?? null, b[key] ?? null];
      if (left !== right) return left === null || (right !== null && left < right) ? -way : way;
    }
    return 0;
  };
};

/** @returns {Record<'on' | 'emit', Fn>} */
function emitter() {
  const all = new Map();
  return {
    on(event, listener) {
      const mine = { listener };
      all.set(event, (all.get(event) ?? new Set()).add(mine));
      return () => void all.get(event).delete(mine);
    },
    emit(event, told) {
      for (const { listener } of [...all.get(event) ?? []]) guarded(listener, told);
    },
  };
}

/** @type {Fn} */
const guarded = (listener, told) => {
  try {
    listener(told);
  } catch (error) {
    queueMicrotask(() => { throw error; });
  }
};

/** @type {Fn} */
const own = (object, name) => {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
};

const closed = () => new SockfulError({ code: 'closed', message: CLOSED, outcome: 'none' });

/** Whether it was not done and may be later. @type {Fn} */
const isPassing = (err) => {
  return err.code === 'rate_limited' || err.code === 'unavailable';
};

/** @type {Fn} */
const pause = (err, { minMs }) => {
  return (err.retry_after_ms ?? minMs) + Math.random() * minMs;
};

/** JSON, with integers of any size as decimal strings. @type {Fn} */
const write = (value) => {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_, inner) => typeof inner === 'bigint' ? String(inner) : inner);
  }
};

/** A UUID of version 7. @type {Fn} */
const uuid = (time) => {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  bytes[0] = bytes[0] & 15 | 112;
  bytes[2] = bytes[2] & 63 | 128;
  const hex = Math.floor(time).toString(16).padStart(12, '0') + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
