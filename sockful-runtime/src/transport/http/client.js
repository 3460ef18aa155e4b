// The public API is described in sockful.d.ts, the protocol in docs/reference/protocol.md.

/** @typedef {(...given: any[]) => any} Fn */

const CLOSED = 'the client is closed';
const LOST = 'the connection ended before the reply';
const TOO_LARGE = 'the request is larger than the server accepts';
const READS = new Set(['get', 'find', 'all', 'count']);
const OF_RECORDS = new Set(['create', 'get', 'find', 'all', 'update', 'save', 'destroy', 'subscribe']);
const DEFAULTS = { timeoutMs: 30000, maxQueue: 1000, maxEvents: 1000, heartbeatMs: 30000, deadlineMs: 10000 };
const BACKOFF = { minMs: 250, maxMs: 20000 };

/** The names of options, which are checked because untyped programs can misspell them. */
const CONNECT_OPTIONS = ['api', 'token', 'WebSocket', 'backoff', ...Object.keys(DEFAULTS)];
const BACKOFF_OPTIONS = Object.keys(BACKOFF);
const CALL_OPTIONS = ['timeoutMs', 'signal', 'ifRev', 'traceparent'];
const SUBSCRIBE_OPTIONS = ['signal'];
const LIVE_OPTIONS = ['sort', 'id', 'signal'];
const UNTIL_OPTIONS = ['timeoutMs', 'signal'];

/** The longest duration of a timer in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** After how many milliseconds an open connection counts as stable, which resets the backoff. */
const STABLE = 5000;

/** The close codes that resending the same frame would cause again. */
const FAULTS = new Set([1002, 1003, 1007, 1008, 1009]);

/** The error of a rejected request. */
export class SockfulError extends Error {
  /** @param {any} error of the protocol */
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
  /** @type {Record<string, Fn | string | number>} */
  const client = {
    get status() { return connection.status; },
    get seq() { return connection.seq; },
    on: connection.emitter.on,
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

/** An object with every property except `then`, so that it is not taken for a promise. @type {(make: Fn) => any} */
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
  emitter = emitter();
  /** All unanswered requests in the order of the calls. A `Map` costs more: its old tables keep later ones alive. @type {any} */ calls = { __proto__: null };
  waiting = 0;
  /** The newest commit in a reply. */
  seq = 0;
  /** @type {Set<any>} */ subs = new Set();
  /** @type {Map<any, any>} */ subsById = new Map();
  /** The actions, other than core actions, that take no key because they only read. @type {Set<string>} */ reads;
  isReady = false;
  mayKey = false;
  lastId = 0;
  who = 0;
  attempt = 0;
  heard = 0;
  /** When the connection was first ready for requests. @type {number | undefined} */ opened;
  /** Whether the server has said hello on the current socket. */
  isGreeted = false;
  /** Why the server refuses the handshake, if it says so. @type {any} */ refusal;
  /** Whether frames are sent one at a time, because one of them made the server close. */
  isCareful = false;
  /** The frame that is in flight in this mode. @type {any} */ probe;
  /** How many connections in a row were closed with 1008. */
  violations = 0;
  /** @type {(() => void)[]} */ unlisten = [];

  /** @param {any} url @param {any} options */
  constructor(url, options) {
    check(options, CONNECT_OPTIONS, 'connect');
    check(options.backoff, BACKOFF_OPTIONS, 'backoff');
    this.options = { ...DEFAULTS, ...given(options) };
    this.backoff = { ...BACKOFF, ...given(options.backoff) };
    duration(this.options.timeoutMs, 'timeoutMs', 0);
    for (const name of ['heartbeatMs', 'deadlineMs']) duration(this.options[name], name, 1);
    for (const name of BACKOFF_OPTIONS) duration(this.backoff[name], name, 1);
    for (const name of ['maxQueue', 'maxEvents']) count(this.options[name], name);
    this.token = options.token;
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!this.WebSocket) throw new TypeError('no global `WebSocket`; pass one as an option');
    this.reads = new Set(options.api?.reads);
    this.url = new URL(url, globalThis.location?.href).href.replace(/^http/, 'ws');
    const wide = Object.entries(options.api?.wide ?? {}).filter(([, names]) => names.length);
    this.wide = wide.length ? new Map(wide) : undefined;
    this.listen(globalThis, 'online', () => this.wake());
    // The first `pageshow` of a page occurs while it connects.
    this.listen(globalThis, 'pageshow', (event) => event?.persisted !== false && this.wake());
    this.listen(globalThis.document, 'visibilitychange', () => globalThis.document.visibilityState !== 'hidden' && this.wake());
    this.open();
  }

  /** @param {any} target @param {string} event @param {Fn} listener */
  listen(target, event, listener) {
    if (typeof target?.addEventListener !== 'function') return;
    target.addEventListener(event, listener);
    this.unlisten.push(() => target.removeEventListener?.(event, listener));
  }

  /** Connects now instead of after the backoff. An open connection may have ended unnoticed, so it is pinged. */
  wake() {
    if (this.status === 'closed') return;
    if (!this.socket) {
      clearTimeout(this.timers.retry);
      this.open();
    } else if (this.isReady) {
      clearTimeout(this.timers.beat);
      this.askAlive();
    }
  }

  open() {
    this.isGreeted = false;
    this.heard = clock();
    this.timers.setup = later(() => this.lost(), this.options.deadlineMs);
    let socket;
    try {
      socket = this.socket = new this.WebSocket(this.url, 'sockful.1');
    } catch (error) {
      this.emitter.emit('error', error);
      return this.lost();
    }
    // Ignores events of an abandoned socket.
    /** @type {(then: Fn) => Fn} */
    const current = (then) => (event) => this.socket === socket && then(event);
    socket.onmessage = current(({ data }) => {
      this.heard = clock();
      this.take(JSON.parse(data));
    });
    socket.onerror = current((event) => {
      const { error = event?.message ? event : undefined } = event ?? {};
      // Browsers do not report a reason.
      this.emitter.emit('error', error ?? new SockfulError({ code: 'unavailable', message: `cannot connect to ${this.url}` }));
      // The package `ws` reports the status only in its message.
      const status = /response: (401|403|421)\b/.exec(error?.message)?.[1];
      this.lost();
      if (status) this.refused(status === '401' ? 'unauthenticated' : 'forbidden', `the server rejected the handshake with status ${status}`);
    });
    socket.onclose = current((event) => this.lost(event?.code));
  }

  /** Requests the reason of a refused handshake over HTTP, because browsers do not report it. */
  async explain() {
    const { fetch, location } = globalThis;
    if (!fetch || !location) return;
    const url = this.url.replace(/^ws/, 'http').replace(/\/?(\?.*)?$/, '/sockful/handshake');
    const response = await fetch(url, { credentials: 'omit', cache: 'no-store' }).catch(() => undefined);
    if (response?.status !== 403 && response?.status !== 421) return;
    const text = await response.text().catch(() => '');
    this.refused('forbidden', text.trim() || `the server rejects connections from the origin ${location.origin}`);
  }

  /** Rejects the waiting requests at once, because the next handshake will be refused as well. @param {string} code @param {string} message */
  refused(code, message) {
    if (this.isGreeted || this.status === 'closed') return;
    const isNew = this.refusal?.message !== message;
    const error = this.refusal = new SockfulError({ code, message, outcome: 'none' });
    if (isNew) this.emitter.emit('error', error);
    for (const call of Object.values(this.calls)) this.fail(call, code, message);
    for (const sub of this.subs) sub.follower.refused?.(error);
  }

  /** Handles the end of the connection. Sent requests may be lost. @param {number} [code] the close code */
  lost(code) {
    const { socket, probe } = this;
    const isFault = code !== undefined && FAULTS.has(code);
    const wasOpen = this.opened;
    this.socket = this.probe = this.opened = undefined;
    this.isReady = false;
    this.identifying = undefined;
    for (const timer in this.timers) clearTimeout(this.timers[timer]);
    // A half-open connection would not answer a close.
    if (this.status !== 'closed' && socket?.terminate) socket.terminate();
    else socket?.close();
    this.violations = code === 1008 ? this.violations + 1 : 0;
    if (this.violations === 3) this.emitter.emit('error', new SockfulError({ code: 'unavailable', message: 'the server closes every connection with code 1008' }));
    if (isFault) {
      this.isCareful = true;
      probe?.rejected(code === 1009 ? 'too_large' : 'bad_frame', `the server closes the connection with code ${code} on this request`);
    }
    for (const call of Object.values(this.calls)) {
      if (call.isOnce || (call.isSent && !call.isRead && !call.key)) this.fail(call, 'unknown', LOST);
      else if (call.isSent) Object.assign(call, { isSent: false, wasSent: true });
    }
    for (const sub of this.subs) sub.cut();
    if (this.status === 'closed') return;
    this.turn('connecting');
    // A server that accepts the connection and then stays silent does not count as open, however long that took.
    if (wasOpen !== undefined && clock() - wasOpen > STABLE && !isFault) this.attempt = 0;
    const { minMs, maxMs } = this.backoff;
    this.timers.retry = later(() => this.open(), Math.random() * Math.min(maxMs, minMs * 2 ** this.attempt++));
    if (!this.isGreeted) this.explain();
  }

  /** @param {any} status */
  turn(status) {
    if (this.status !== status) this.emitter.emit('status', this.status = status);
  }

  close() {
    if (this.status === 'closed') return;
    this.turn('closed');
    for (const call of Object.values(this.calls)) this.fail(call, 'closed', CLOSED);
    for (const sub of this.subs) sub.end(closed());
    for (const stop of this.unlisten) stop();
    this.lost();
  }

  /** Pings the server after a silence. Only timers decide, so that changes of the system clock cannot stop it. */
  beat() {
    const { heard } = this;
    const { heartbeatMs } = this.options;
    const left = Math.min(heartbeatMs, Math.max(1, heard + heartbeatMs - clock()));
    this.timers.beat = later(() => this.heard === heard ? this.askAlive() : this.beat(), left);
  }

  askAlive() {
    const { heard } = this;
    this.call('sockful', 'ping', null, undefined, true).catch(() => {});
    this.timers.beat = later(() => this.heard === heard ? this.lost() : this.beat(), this.options.deadlineMs);
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
      this.hello = { ...payload, at: clock() };
      this.isGreeted = true;
      this.refusal = undefined;
      this.mayKey = payload.keys === true;
      this.identify();
      this.compare();
    } else if (action === 'expired') {
      this.mayKey = false;
      this.emitter.emit('expired');
      this.renewIdentity();
    }
  }

  ready() {
    clearTimeout(this.timers.setup);
    this.isReady = true;
    this.opened ??= clock();
    this.turn('open');
    clearTimeout(this.timers.beat);
    this.beat();
    this.sendWaiting();
  }

  /** Sends the waiting requests: all of them, or only the next one while the frame that makes the server close is searched for. */
  sendWaiting() {
    if (!this.isReady || (this.isCareful && this.probe)) return;
    for (const call of Object.values(this.calls)) {
      if (call.isSent || call.held) continue;
      if (this.isCareful) this.probe = call;
      this.send(call);
      if (this.isCareful) return;
    }
    for (const sub of this.subs) {
      if (sub.id !== undefined || sub.held) continue;
      if (this.isCareful) this.probe = sub;
      sub.begin();
      if (this.isCareful) return;
    }
    this.isCareful = false;
  }

  /** Handles that the frame in flight was answered or never will be. @param {any} frame */
  passed(frame) {
    if (this.probe !== frame) return;
    this.probe = undefined;
    this.sendWaiting();
  }

  /** Authenticates again. Without a token, the identity is from cookies, which the next handshake sends again. */
  renewIdentity() {
    if (this.token == null) this.lost();
    else this.identify();
  }

  /** Authenticates the connection. Requests wait for the reply. */
  identify() {
    return this.identifying ??= this.identified(this.socket).finally(() => { this.identifying = undefined; });
  }

  /** @param {any} socket */
  async identified(socket) {
    this.isReady = false;
    clearTimeout(this.timers.setup);
    this.timers.setup = later(() => this.lost(), this.options.deadlineMs);
    try {
      const token = typeof this.token === 'function' ? await this.token() : this.token;
      if (this.socket !== socket) return;
      if (token != null) await this.authenticate(token);
    } catch (error) {
      if (this.socket !== socket) return;
      const code = error instanceof SockfulError ? error.code : undefined;
      if (code !== 'unknown_action') this.emitter.emit('error', error);
      // Without a reply the token is requested again; after a refusal the client continues unauthenticated.
      if (code === undefined || code === 'timeout') return this.lost();
    }
    if (this.socket === socket && socket) this.ready();
  }

  /** @param {any} token */
  async authenticate(token, isOnce = true) {
    const { ok } = await this.call('sockful', 'authenticate', token === null ? null : { token }, undefined, isOnce);
    this.mayKey = token !== null;
    clearTimeout(this.timers.renew);
    if (ok.expires && typeof this.token === 'function') {
      const left = ok.expires - this.now();
      this.timers.renew = later(() => this.renew(), left - Math.min(left / 10, 30000));
    }
    return ok;
  }

  async renew() {
    try {
      const { socket } = this;
      const token = await this.token();
      if (this.socket === socket && token != null) await this.authenticate(token);
    } catch (error) {
      this.emitter.emit('error', error);
    }
  }

  /** @param {any} token */
  become(token) {
    this.token = token;
    this.who++;
    return this.authenticate(token, false);
  }

  /** Checks whether the server still has the API that the application was built for. */
  async compare() {
    const { api } = this.options;
    const to = this.hello.schema;
    if (!api?.schema || to === api.schema || to === this.changedTo) return;
    this.changedTo = to;
    // Older servers cannot report what has changed.
    const { ok } = await this.call('sockful', 'changes', { since: api.description }).catch(() => ({ ok: { verdict: 'unknown', changes: [] } }));
    this.emitter.emit('changed', { ...ok, from: api.schema, to });
  }

  /** Sends a request and returns its decoded result. @param {any} resource @param {any} action @param {any} payload @param {any} [options] */
  async ask(resource, action, payload, options) {
    const { ok, next, seq, cut } = await this.call(resource, action, payload, options);
    this.decode(this.recordsOf(resource, action), ok);
    return Array.isArray(ok) ? Object.defineProperties(ok, { next: { value: next }, seq: { value: seq }, cut: { value: cut } }) : ok;
  }

  /**
   * Sends a request and returns the payload of the reply. With `isOnce` it is only valid on the current connection.
   * @param {any} resource @param {any} action @param {any} payload @param {any} [options] @param {any} [isOnce]
   */
  call(resource, action, payload, options, isOnce) {
    return /** @type {Promise<any>} */ (new Promise((resolve, reject) => {
      check(options, CALL_OPTIONS, 'a request');
      duration(options?.timeoutMs, 'timeoutMs', 0);
      const { signal } = options ?? {};
      const timeoutMs = limit(options?.timeoutMs ?? this.options.timeoutMs);
      signal?.throwIfAborted();
      if (this.status === 'closed') throw closed();
      if (this.refusal && !isOnce) throw new SockfulError(this.refusal);
      if (!this.isReady && !isOnce && this.waiting >= this.options.maxQueue) {
        const limit = { name: 'maxQueue', value: this.options.maxQueue };
        throw new SockfulError({ code: 'too_many', message: 'too many requests are waiting for a connection', limit, outcome: 'none' });
      }
      const id = ++this.lastId;
      const aborted = () => call.settle(signal.reason);
      /** @type {any} */ const call = {
        id, resource, action, options: options ?? {}, isOnce, text: write(payload), who: this.who, tries: 0,
        until: timeoutMs ? clock() + timeoutMs : Infinity,
        isRead: resource === 'sockful' ? action !== 'commit' : READS.has(action),
        /** @type {Fn} */ settle: (error, reply) => {
          if (!this.calls[id]) return;
          delete this.calls[id];
          this.waiting--;
          clearTimeout(call.timer);
          clearTimeout(call.held);
          signal?.removeEventListener('abort', aborted);
          error === undefined ? resolve(reply) : reject(error);
          this.passed(call);
        },
        /** @type {Fn} */ rejected: (code, message) => this.fail(call, code, message),
      };
      if (timeoutMs) call.timer = later(() => this.fail(call, 'timeout', this.isReady ? 'request timed out' : `connecting to ${this.url} timed out`), timeoutMs);
      signal?.addEventListener('abort', aborted);
      this.calls[id] = call;
      this.waiting++;
      if (isOnce && this.socket) this.send(call);
      else this.sendNow(call);
    }));
  }

  /** @param {any} call @param {any} code @param {any} message @param {any} [limit] */
  fail(call, code, message, limit) {
    const isOpen = !call.isRead && (call.isSent || call.wasSent);
    call.settle(new SockfulError({ code, message, limit, outcome: isOpen ? 'unknown' : 'none' }));
  }

  /** Sends a request or begins a subscription, unless it has to wait. @param {any} call */
  sendNow(call) {
    if (this.isCareful) this.sendWaiting();
    else if (this.isReady) this.send(call);
  }

  /** Whether the server takes a frame of this text. @param {string} text */
  fits(text) {
    const most = this.maxFrame();
    return text.length * 3 <= most || new TextEncoder().encode(text).length <= most;
  }

  maxFrame() {
    return this.hello.limits?.max_frame ?? Infinity;
  }

  /** @param {any} call */
  send(call) {
    const { id, resource, action } = call;
    call.isRead ||= this.reads.has(`${resource} ${action}`);
    // With another identity it would be another request.
    if (call.wasSent && !call.isRead && call.who !== this.who) return this.fail(call, 'unknown', LOST);
    if (call.isRead) call.key = undefined;
    else if (this.mayKey) call.key ??= uuid(this.now());
    const { ifRev: if_rev, timeoutMs, traceparent } = call.options;
    const timeout_ms = limit(timeoutMs) ? Math.max(1, Math.ceil(call.until - clock())) : undefined;
    const text = `[${write(resource)},${write(action)},${call.text},${id},${write({ key: call.key, if_rev, timeout_ms, traceparent })}]`;
    if (!this.fits(text)) return this.fail(call, 'too_large', TOO_LARGE, { name: 'max_frame', value: this.maxFrame() });
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
    if (!err) {
      if (reply.seq > this.seq) this.seq = reply.seq;
      return call.settle(undefined, reply);
    }
    if (call.isOnce) return call.settle(new SockfulError(err));
    if (call.key && err.fields?.some((/** @type {any} */ fault) => fault.path === 'key' && fault.rule === 'action')) {
      // The action only reads, so it can be repeated without a key.
      this.reads.add(`${call.resource} ${call.action}`);
      call.isSent = false;
      this.sendNow(call);
    } else if (isPassing(err) && (call.isRead || call.key || err.outcome !== 'unknown')) {
      const ms = pause(err, this.backoff, call.tries++);
      if (clock() + ms >= call.until) return call.settle(new SockfulError(err));
      call.isSent = false;
      call.held = later(() => {
        call.held = undefined;
        this.sendNow(call);
      }, ms);
    } else if (err.code === 'unauthenticated' && (this.token != null || this.mayKey) && !call.isAgain && call.resource !== 'sockful') {
      Object.assign(call, { isSent: false, isAgain: true });
      this.renewIdentity();
    } else {
      const isOpen = err.code === 'unauthenticated' && call.wasSent && !call.isRead;
      call.settle(new SockfulError(isOpen ? { ...err, outcome: 'unknown' } : err));
    }
    this.passed(call);
  }

  /** The server's time, which it checks keys by. */
  now() {
    return this.hello.time + clock() - this.hello.at;
  }

  /** The resource of the records that an action returns. @param {any} resource @param {any} action */
  recordsOf(resource, action) {
    return OF_RECORDS.has(action) ? resource : own(own(this.options.api?.of, resource), action);
  }

  /** Converts the wide properties of records to `bigint`, in place. @param {any} resource @param {any} value */
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

/** A subscription, which continues across connections. */
class Sub {
  /** The ack_id on the current connection. @type {any} */ id;
  /** @type {any} */ resume;
  /** @type {any} */ nextResume;
  /** The position. @type {any} */ seq;
  /** The proof of the position. @type {any} */ at;
  /** The events of an incomplete commit or list. @type {any[]} */ parts = [];
  isAnswered = false;
  isAgain = false;
  /** The timer of the next attempt. @type {any} */ held;
  /** Whether it waits because of a limit. */
  isLimited = false;
  /** How often it was refused in a row. */
  tries = 0;

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
    if (this.connection.refusal) this.follower.refused?.(this.connection.refusal);
    this.again();
  }

  /** Subscribes as soon as the connection is ready. */
  again() {
    clearTimeout(this.held);
    this.held = undefined;
    this.isLimited = false;
    if (this.connection.isCareful) this.connection.sendWaiting();
    else if (this.connection.isReady) this.begin();
  }

  begin() {
    if (this.held) return;
    const { connection, resource, action, resume, seq, at } = this;
    const id = this.id = ++connection.lastId;
    connection.subsById.set(id, this);
    /** @type {Fn} */
    const frame = (payload) => `[${write(resource)},${write(action)},${write(payload)},${id}]`;
    let text;
    try {
      text = frame(resume === undefined ? this.where : { ...this.where, $from: { resume, seq, at } });
      // Without its position the subscription begins with a reset.
      if (resume !== undefined && !connection.fits(text)) text = frame(this.where);
      if (!connection.fits(text)) {
        const limit = { name: 'max_frame', value: connection.maxFrame() };
        throw new SockfulError({ code: 'too_large', message: TOO_LARGE, limit, outcome: 'none' });
      }
    } catch (error) {
      this.forget();
      connection.subs.delete(this);
      connection.passed(this);
      return void queueMicrotask(() => this.end(error));
    }
    connection.transmit(text);
  }

  /** Ends it with an error. @param {string} code @param {string} message */
  rejected(code, message) {
    this.end(new SockfulError({ code, message, outcome: 'none' }));
  }

  /** Handles the end of the connection: incomplete commits are discarded. */
  cut() {
    this.forget();
    this.follower.status?.(false);
  }

  forget() {
    if (this.id !== undefined) this.connection.subsById.delete(this.id);
    Object.assign(this, { id: undefined, parts: [], nextResume: undefined, isAnswered: false });
  }

  /** Unsubscribes. `go` continues from the same position. */
  stop() {
    const { connection, resource, id } = this;
    connection.subs.delete(this);
    clearTimeout(this.held);
    this.held = undefined;
    connection.passed(this);
    if (id === undefined) return;
    const leave = () => {
      connection.transmit(`[${write(resource)},"unsubscribe",{"subscription":${id}}]`);
      // There is room for a subscription that was refused because of a limit.
      for (const sub of connection.subs) if (sub.isLimited) sub.again();
    };
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
  answered({ ok, err, seq, at, more, resume }) {
    this.isAnswered = !err;
    if (err) this.refused(err);
    else this.begun(ok, seq, at, more, resume);
    this.connection.passed(this);
  }

  /** @type {Fn} */
  begun(ok, seq, at, more, resume) {
    this.isAgain = false;
    this.tries = 0;
    if (ok.resumed) {
      this.resume = resume;
      this.follower.status?.(true);
    } else {
      this.nextResume = resume;
      this.part(ok.records ? 'reset' : 'counted', { ...ok, seq, at, more });
    }
  }

  /** @param {any} err */
  refused(err) {
    const { connection } = this;
    this.forget();
    this.follower.status?.(false);
    if (err.code === 'unauthenticated' && (connection.token != null || connection.mayKey) && !this.isAgain) {
      this.isAgain = true;
      connection.renewIdentity();
    } else if (isPassing(err) || err.code === 'timeout' || (err.code === 'too_many' && (this.follower.stays || this.seq !== undefined))) {
      if (err.code === 'too_many') {
        this.isLimited = true;
        this.follower.refused?.(new SockfulError(err));
      }
      this.held = later(() => this.again(), pause(err, connection.backoff, this.tries++));
    } else {
      this.end(new SockfulError(err));
    }
  }

  /** @param {any} type @param {any} payload */
  part(type, payload) {
    if (type === 'ended' && !('id' in payload)) return this.refused(payload.error);
    try {
      this.connection.decode(this.of, payload.record ?? payload.records);
      // An event that is not part of a commit does not complete one.
      if (payload.seq === undefined) return this.follower.events([{ ...payload, type }]);
      this.parts.push({ ...payload, type });
      if (payload.more) return;
      const delivered = [];
      for (const { more, at, ...event } of this.parts) {
        const last = delivered.at(-1);
        if (event.type !== 'records') delivered.push(event);
        else if (last?.type === 'reset') last.records = last.records.concat(event.records);
        else if (event.dropped) delivered.push({ type: 'dropped', seq: event.seq, dropped: event.dropped });
      }
      this.parts = [];
      this.seq = payload.seq;
      this.at = payload.at;
      this.resume = this.nextResume ?? this.resume;
      this.nextResume = undefined;
      if (delivered.length) this.follower.events(delivered);
      else this.follower.status?.(true);
    } catch (/** @type {any} */ { message }) {
      // Without this event the later ones would change an incomplete set of records.
      this.rejected('internal', message);
    }
  }
}

/** @type {Fn} */
const listen = (connection, resource, action, where, listener, options) => {
  check(options, SUBSCRIBE_OPTIONS, 'a subscription');
  let isOn = true;
  const tell = (/** @type {any} */ event) => { if (isOn) guarded(listener, event); };
  const sub = new Sub(connection, resource, action, where, {
    events: (delivered) => delivered.forEach(tell),
    ended: (error) => tell({ type: 'ended', error }),
  }, options?.signal);
  return () => {
    if (!isOn) return;
    isOn = false;
    sub.end();
  };
};

/** If the consumer is too slow, it unsubscribes until the consumer has taken all events. @type {Fn} */
const iterate = (connection, resource, action, where, options) => {
  check(options, SUBSCRIBE_OPTIONS, 'a subscription');
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
    events(delivered) {
      events.push(...delivered);
      if (events.length > connection.options.maxEvents) {
        isAway = true;
        sub.stop();
      }
      settle();
    },
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
  check(options, LIVE_OPTIONS, 'a live collection');
  const id = options.id ?? own(connection.options.api?.id, resource) ?? 'id';
  const { on, emit } = emitter();
  /** The calls of `until` that wait for a commit. @type {Set<Fn>} */ const waits = new Set();
  const wakeAll = () => { for (const wake of [...waits]) wake(); };
  const { $sort, $select } = where ?? {};
  const { sort = $sort } = options;
  const order = Object.entries(typeof sort === 'function' ? {} : { ...sort, [id]: sort?.[id] ?? 1 });
  /** What each record is sorted by, each item with its direction. */ const keys = new WeakMap();
  /** @type {Fn} */
  const index = (record) => {
    keys.set(record, order.flatMap(([name, way]) => {
      const form = own(own(connection.options.api?.orders, resource), name);
      try {
        return keyOf(record[name], form).map((/** @type {any} */ key) => [key, way]);
      } catch {
        throw new TypeError(`\`${resource}.${name}\` is not a ${form}: ${write(record[name])}`);
      }
    }));
  };
  /** @type {Fn} */
  const compare = typeof sort === 'function' ? sort : (a, b) => {
    const others = keys.get(b);
    for (const [at, [key, way]] of keys.get(a).entries()) {
      const [other] = others[at];
      if (key < other) return -way;
      if (key > other) return way;
    }
    return 0;
  };
  const records = new Map();
  /** @type {any} */ let sorted;
  let status = 'connecting';
  /** @type {any} */ let error;
  const became = (now = '') => {
    if (status !== now) emit('status', status = now);
    wakeAll();
  };
  /** @type {Fn} */ let resolve;
  /** @type {Fn} */ let reject;
  const ready = new Promise((yes, no) => { [resolve, reject] = [yes, no]; });
  ready.catch(() => {});
  const sub = new Sub(connection, resource, 'subscribe', $select ? { ...where, $select: [...new Set([...$select, id, ...Object.keys({ ...$sort })])] } : where, {
    events(delivered) {
      let isChanged = false;
      for (const { record, records: all } of delivered) (all ?? [record ?? {}]).forEach(index);
      for (const { type, id: key, record, records: all } of delivered) {
        if (type === 'reset') {
          records.clear();
          for (const record of all) records.set(record[id], record);
        } else if (type === 'destroyed') records.delete(key);
        else if (record) records.set(key, record);
        else continue;
        isChanged = true;
        sorted = undefined;
      }
      error = undefined;
      became('live');
      resolve();
      for (const event of delivered) emit('event', event);
      if (isChanged) emit('change');
    },
    status: (isLive) => {
      if (isLive) {
        error = undefined;
        became('live');
      } else if (status === 'live') became('stale');
    },
    stays: () => true,
    refused(why) {
      error = why;
      reject(why);
    },
    ended(why) {
      if (status === 'ended') return;
      error = why;
      reject(why ?? closed());
      became('ended');
      if (why !== undefined) emit('event', { type: 'ended', error: why });
    },
  }, options.signal);
  const getSnapshot = () => sorted ??= [...records.values()].sort(compare);
  /** @type {Fn} */ const subscribe = (listener) => on('change', () => listener());
  /** @type {Fn} */ const until = async (seq = connection.seq, options = {}) => {
    check(options, UNTIL_OPTIONS, '`until`');
    duration(options.timeoutMs, 'timeoutMs', 0);
    const { signal } = options;
    const timeoutMs = limit(options.timeoutMs ?? connection.options.timeoutMs);
    signal?.throwIfAborted();
    /** @type {any} */ let timer;
    /** @type {any} */ let again;
    let isAsking = false;
    /** @type {Fn} */ let settle;
    const reached = new Promise((resolve, reject) => { settle = (error) => error === undefined ? resolve(undefined) : reject(error); });
    const look = async () => {
      if (status === 'ended') return settle(error ?? closed());
      if (sub.seq >= seq) return settle();
      if (isAsking || status !== 'live') return;
      // A commit that affects none of the records causes no event. Events that precede the reply to a ping have
      // arrived.
      isAsking = true;
      const { id } = sub;
      const pong = await connection.ask('sockful', 'ping', null, { timeoutMs }).catch(() => undefined);
      isAsking = false;
      if (pong?.seq >= seq && sub.id === id && status === 'live') return settle();
      clearTimeout(again);
      again = later(look, 50);
    };
    const aborted = () => settle(signal.reason);
    if (timeoutMs) timer = later(() => settle(new SockfulError({ code: 'timeout', message: `commit ${seq} did not arrive before the timeout`, outcome: 'none' })), timeoutMs);
    signal?.addEventListener('abort', aborted);
    waits.add(look);
    look();
    try {
      await reached;
    } finally {
      waits.delete(look);
      clearTimeout(timer);
      clearTimeout(again);
      signal?.removeEventListener('abort', aborted);
    }
  };
  return {
    get status() { return status; },
    get size() { return records.size; },
    get error() { return error; },
    ready,
    on,
    getSnapshot,
    subscribe,
    until,
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

/** What the server compares a value by, each item in turn. Throws if the value is not of its form. @type {Fn} */
const keyOf = (value, form) => {
  if (value == null) return [0];
  if (form) return [1, ...FORMS[form](String(value))];
  // UTF-8 sorts by code points: surrogates are behind all other units.
  return [1, typeof value === 'string' ? value.replace(/[\ud800-\uffff]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + (unit < '\ue000' ? 8192 : -2048))) : value];
};

/** @type {Record<string, Fn>} */
const FORMS = {
  /** Seconds since 1970, and nanoseconds: more than those of a second in a leap second. */
  time: (text) => {
    const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone = '+', hours = 0, minutes = 0, seconds = 0] =
      /** @type {any} */ (/^([+-]?\d{4,9})-(\d\d)-(\d\d)(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60))?(?:[.,](\d{1,9}))?(?:[Zz]|([+-])(\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?(?:\[[^]*)?$/.exec(text));
    // The calendar repeats after 400 years; a date of JavaScript ends in the year 275760.
    const era = Math.floor(year / 400);
    const date = new Date(Date.UTC(year - era * 400 + 2000, month - 1, day, hour, minute));
    if (date.getUTCMonth() !== month - 1) throw text;
    const leap = +(second > 59);
    return [(era - 5) * 12_622_780_800 + +date / 1000 + (second - leap) - (zone + 1) * (hours * 3600 + minutes * 60 + +seconds), leap * 1e9 + +fraction.padEnd(9, '0')];
  },
  /** The sign, the exponent and the digits, as many as the server compares. */
  decimal: (text) => {
    const [, sign, whole, fraction = '', power = 0] = /** @type {any} */ (/^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text));
    const digits = whole + fraction;
    const first = digits.search(/[1-9]/);
    const size = first < 0 ? 0 : +(sign + 1);
    const exponent = size * (+power + whole.length - first);
    if ((power | 0) != power || Math.abs(exponent) > 1e6 || /[1-9]/.test(digits.slice(first + 512))) throw text;
    return [size, exponent, BigInt(sign + digits.slice(first, first + 512).padEnd(512, '0'))];
  },
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
    emit(event, detail) {
      for (const { listener } of [...all.get(event) ?? []]) guarded(listener, detail);
    },
  };
}

/** @type {Fn} */
const guarded = (listener, detail) => {
  try {
    listener(detail);
  } catch (error) {
    queueMicrotask(() => { throw error; });
  }
};

/** @type {Fn} */
const own = (object, name) => {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
};

const closed = () => new SockfulError({ code: 'closed', message: CLOSED, outcome: 'none' });

/** Whether the request had no effect and may succeed later. @type {Fn} */
const isPassing = (err) => {
  return err.code === 'rate_limited' || err.code === 'unavailable';
};

/** The delay after `tries` refusals in a row. @type {Fn} */
const pause = (err, { minMs, maxMs }, tries) => {
  return Math.max(err.retry_after_ms ?? 0, Math.min(maxMs, minMs * 2 ** tries)) + Math.random() * minMs;
};

/** A monotonic clock in milliseconds, unaffected by changes of the system time. */
const clock = () => performance.now();

/** Sets a timer. A duration above the maximum would fire at once, so it is reduced. @type {Fn} */
const later = (run, ms) => setTimeout(run, Math.min(ms, LONGEST));

/** A time limit in milliseconds. 0 means none, as does a limit above the maximum of timers. @type {Fn} */
const limit = (ms) => ms > LONGEST ? 0 : ms;

/** @type {Fn} */
const duration = (ms, name, least) => {
  if (ms !== undefined && !(typeof ms === 'number' && ms >= least)) {
    throw new TypeError(`\`${name}\` must be a number of milliseconds, at least ${least}, not ${String(ms)}`);
  }
};

/** @type {Fn} */
const count = (value, name) => {
  if (!((Number.isInteger(value) || value === Infinity) && value >= 0)) throw new TypeError(`\`${name}\` must be an integer, at least 0, or Infinity, not ${String(value)}`);
};

/** The options without undefined ones, for which the defaults apply. @type {Fn} */
const given = (options) => Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));

/** @type {Fn} */
const check = (options, names, of) => {
  for (const name in options) {
    if (!names.includes(name)) throw new TypeError(`unknown option \`${name}\` of ${of}; its options are ${names.join(', ')}`);
  }
};

/** JSON, with `bigint` values as decimal strings. @type {Fn} */
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
