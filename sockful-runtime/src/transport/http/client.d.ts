/**
 * The client of sockful: typed requests, live collections, and a connection that mends itself.
 *
 * The first part is what a program uses; the second, from {@link Described} on, is what a generated
 * module is written with.
 */

/**
 * Connects to a server, whose resources are then properties and whose actions are methods.
 *
 * ```js
 * const api = connect("wss://example.com", { api: described });
 * await api.creature.create({ id: "bob" });
 * ```
 *
 * The client connects at once and reconnects when the connection ends: after a backoff, or at once when
 * the browser is online again or shows the page again. An unknown option, or a duration that is not a
 * number of milliseconds, is a `TypeError`. Connection errors reject the requests that they concern and
 * are reported by `api.$client.on("error", …)`.
 *
 * @param url `ws:` or `wss:`; `http:`, `https:` and, in a browser, a path do as well.
 */
export function connect<A>(url: string | URL, options: ConnectOptions & { api: Described<A> }): A & Connected<A>;
export function connect(url: string | URL, options?: ConnectOptions): Untyped & Connected<any>;

/** What {@link connect} takes. */
export interface ConnectOptions {
  /** The value of the generated module. Without it anything may be asked, and nothing is checked or decoded. */
  api?: Described<any>;
  /**
   * Who calls: a token, or a function that gets one. It is asked at each connection and before its
   * time is over. `null` is nobody.
   */
  token?: string | null | (() => string | null | Promise<string | null>);
  /** What makes sockets, such as that of the package `ws`. Default is the global one. */
  WebSocket?: new (url: string, protocols?: string | string[]) => any;
  /** The time limit of a request in milliseconds, retries included. Default is 30,000; 0 and values above 2^31-1 mean no limit. */
  timeoutMs?: number;
  /** How many requests may wait for a connection; further ones are rejected with `too_many`. Default is 1,000. */
  maxQueue?: number;
  /** How many events may wait for a slow `for await`; then the server is left until they are taken. Default is 1,000. */
  maxEvents?: number;
  /** How long to wait before connecting again: a random time up to `minMs`, doubled each time, up to `maxMs`. A connection that was open for 5 s resets it. Default is 250 and 20,000. */
  backoff?: { minMs?: number; maxMs?: number };
  /** After how long a silence the server is asked for a sign of life, in milliseconds. Default is 30,000. */
  heartbeatMs?: number;
  /** How long a sign of life and a handshake may take, in milliseconds. Default is 10,000. */
  deadlineMs?: number;
}

/** What a request takes beside its payload. */
export interface Options {
  /** The time limit in milliseconds, waiting and retries included; 0 and values above 2^31-1 mean no limit. */
  timeoutMs?: number;
  /** Rejects the request with its reason. One that is not yet sent is never sent. */
  signal?: AbortSignal;
  /** The revision that the record must still have. */
  ifRev?: number;
  /** A W3C trace context. */
  traceparent?: string;
}

/** The codes of the server and of this client. A remote method may have others. */
export type Code =
  | "bad_frame"
  | "unknown_resource"
  | "unknown_action"
  | "invalid"
  | "invalid_query"
  | "not_found"
  | "unauthenticated"
  | "forbidden"
  | "conflict"
  | "too_large"
  | "too_many"
  | "rate_limited"
  | "timeout"
  | "unavailable"
  | "internal"
  /** The connection ended before the reply, and the request could not be repeated. */
  | "unknown"
  /** The client was closed. */
  | "closed"
  | (string & {});

/** What a request is rejected with; but for one that is aborted, which is rejected with the signal's reason. */
export class SockfulError extends Error {
  constructor(error: Partial<SockfulError> & { code: Code; message: string });
  /** For programs. */
  readonly code: Code;
  /** Of `invalid`: all that is wrong with the payload. */
  readonly fields?: readonly Fault[];
  /** Where the fault is. */
  readonly path?: string;
  /** Which limit was hit. */
  readonly limit?: { readonly name: string; readonly value: number };
  /** `none` where the request has not taken effect and never will, `unknown` where it may have. */
  readonly outcome?: "none" | "unknown";
  /** When to come again. */
  readonly retryAfterMs?: number;
}

/** One thing that is wrong with a payload. */
export interface Fault {
  /** Which property, or place in it. */
  readonly path: string;
  /** Which rule it breaks. */
  readonly rule: string;
  /** What is wrong, for people. */
  readonly message: string;
}

/** How the connection is. */
export type Status = "connecting" | "open" | "closed";

/** What a client tells. */
export interface ClientEvents {
  /** The connection is another way. */
  status: Status;
  /** The token's time is over, or it was taken back; another is asked for. */
  expired: void;
  /** The server's description is not the one that `api` was generated from. */
  changed: Changed;
  /**
   * An error of the connection: no connection, a rejected token, or why the server refuses the handshake, as
   * far as the platform reports it. A refused handshake rejects the requests that wait with the same error.
   */
  error: unknown;
}

/** How the server's description differs from the one a program was built with. */
export interface Changed {
  /** The digest it was built with. */
  readonly from: string;
  /** The server's. */
  readonly to: string;
  /** `compatible` where all that it was built with is still there; `unknown` where the server can't say. */
  readonly verdict: "same" | "compatible" | "breaking" | "unknown";
  /** What differs. */
  readonly changes: readonly Change[];
}

/** One difference. */
export interface Change {
  readonly resource: string;
  readonly what: string;
  readonly verdict: "compatible" | "breaking";
  /** In words. */
  readonly message: string;
}

/** What is beside the resources. */
export interface Connected<A> {
  /** The connection itself. */
  readonly $client: Client<A>;
}

/** A connection. */
export interface Client<A = any> {
  /** How it is. */
  readonly status: Status;
  /** The newest commit that a reply to this client has named, such as that of its last write. */
  readonly seq: number;
  /** Has `listener` told of something; the function that comes back ends it. */
  on<K extends keyof ClientEvents>(event: K, listener: (told: ClientEvents[K]) => void): () => void;
  /** Several writes as one commit: all of them, or none. Gives the record of each. */
  commit<const W extends readonly WriteOf<A>[]>(writes: W, options?: Options): Promise<Committed<A, W>>;
  /** Asks anything, as it stands in the protocol. */
  call(resource: string, action: string, payload?: unknown, options?: Options): Promise<any>;
  /** Becomes whoever the token is of, here and at each later connection. `null` is nobody. */
  authenticate(token: string | null): Promise<{ expires: number | null }>;
  /** Asks for a sign of life. */
  ping(options?: Options): Promise<{ seq: number; epoch: string }>;
  /** The description of everything that is served. */
  schema(options?: Options): Promise<any>;
  /** Ends the connection, and rejects what is not answered. There is no way back. */
  close(): void;
}

/** A record came in, or changed and stays in. */
export interface Stored<Name, Shown, Id> {
  readonly type: Name;
  readonly id: Id;
  readonly record: Shown;
  readonly seq: number;
  /** Whether it tells of many commits as one. */
  readonly folded?: boolean;
}

/** A record is gone. */
export interface Gone<Id> {
  readonly type: "destroyed";
  readonly id: Id;
  /** It lives on, and no longer meets the conditions. */
  readonly left?: boolean;
  readonly seq: number;
  readonly folded?: boolean;
  /** How many declared events were left out. */
  readonly dropped?: number;
}

/** Start over from these: the first event of all, and wherever the server can't say what has happened since. */
export interface Reset<Shown> {
  readonly type: "reset";
  readonly records: Shown[];
  readonly seq: number;
}

/** Nothing differs in the end, but declared events were left out. */
export interface Dropped {
  readonly type: "dropped";
  readonly seq: number;
  readonly dropped: number;
}

/** The last event: the subscription was refused, or the server can't go on with it. */
export interface Ended {
  readonly type: "ended";
  readonly error: SockfulError;
}

/** A declared event of a record. */
export type Emitted<Events, Id> = {
  [Name in keyof Events]: {
    readonly type: Name;
    readonly id: Id;
    readonly data: Events[Name];
    /** Not there where the event is in no commit. */
    readonly seq?: number;
  };
}[keyof Events];

/** What a subscription tells of. */
export type EventOf<Shown, Events, Id> =
  | Reset<Shown>
  | Stored<"created", Shown, Id>
  | Stored<"updated", Shown, Id>
  | Gone<Id>
  | Dropped
  | Emitted<Events, Id>;

/** A subscription, for `for await`, whose end ends it. Refused, it throws. */
export interface Subscription<Event> extends AsyncIterableIterator<Event, undefined, undefined> {
  /** Ends it. */
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): Subscription<Event>;
}

/** How a live collection is: not there yet, as the server has it, as it was, or over. */
export type LiveStatus = "connecting" | "live" | "stale" | "ended";

/** What a live collection tells. */
export interface LiveEvents<Event> {
  /** Each event, after it was taken in. */
  event: Event | Ended;
  /** The set is another. */
  change: void;
  /** The collection is another way. */
  status: LiveStatus;
}

/** Records that meet conditions, as they are now. */
export interface Live<Shown, Event = unknown, Id = unknown> extends Iterable<Shown> {
  /** How it is. */
  readonly status: LiveStatus;
  /** How many there are. */
  readonly size: number;
  /** Resolved when the records have arrived for the first time; rejected if the subscription is refused. */
  readonly ready: Promise<void>;
  /**
   * Why the collection has ended, or why it is not live. A collection that a limit refuses (`too_many`) does not
   * end: it subscribes again after a backoff, or when another subscription ends.
   */
  readonly error: SockfulError | undefined;
  /**
   * Resolves when the collection has the records as of a commit. Default is the newest commit that a reply to
   * this client has named, so after `await api.creature.create(…)` the new record is in the collection.
   * If the server has begun another history, such as after a restart with its store in memory, pass the `seq`
   * of a newer reply.
   * Rejected with `timeout` after `timeoutMs`, which is that of requests by default, and with the error of the
   * collection if that ends.
   */
  until(seq?: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** The record of this id. */
  get(id: Id): Shown | undefined;
  /** The records in order: the same array until something changes. Bound, for React's `useSyncExternalStore`. */
  readonly getSnapshot: () => readonly Shown[];
  /** Calls when the set is another, with nothing. Bound, for React's `useSyncExternalStore`. */
  readonly subscribe: (listener: () => void) => () => void;
  /** A Svelte store: its listeners are called with the records, at once and at each change. */
  store(): { subscribe(run: (records: readonly Shown[]) => void): () => void };
  /** Has `listener` told of something; the function that comes back ends it. */
  on<K extends keyof LiveEvents<Event>>(event: K, listener: (told: LiveEvents<Event>[K]) => void): () => void;
  /** Ends it. The records stay as they were. */
  close(): void;
}

/** An array of records, and what stands beside it. */
export type Page<Shown> = Shown[] & {
  /** Where the list goes on, for `$after`; not there where that was all. Not enumerable. */
  readonly next?: string;
  /** The last commit that the list has seen. Not enumerable. */
  readonly seq: number;
  /** Where included lists go on that were cut, by path and id. Not enumerable. */
  readonly cut?: { readonly [path: string]: { readonly [id: string]: string } };
};

/** Without a generated module: any resource, any action. */
export type Untyped = { readonly [resource: string]: UntypedResource };

/** Any action. One whose name begins with `subscribe` is a subscription. */
export type UntypedResource = {
  find(query?: any, options?: Options): Promise<Page<any>>;
  subscribe: Subscribe<any, any, any>;
  live(where?: any, options?: LiveOptions<any>): Live<any, any, any>;
} & { readonly [action: string]: (payload?: any, options?: any) => any };

// What a generated module is written with.

/** The value of a generated module: what the client has to know, and the types of `A`. */
export interface Described<A> {
  /** The digest of the description. */
  readonly schema: string;
  /** The wide properties of each resource's record. */
  readonly wide: { readonly [resource: string]: readonly string[] };
  /** How the properties of each resource's record are compared that are not compared as they are. */
  readonly orders?: { readonly [resource: string]: { readonly [property: string]: 'time' | 'decimal' } };
  /** Of which resource the records are that a relation route answers with or tells of. */
  readonly of: { readonly [resource: string]: { readonly [route: string]: string } };
  /** The relation routes that only read, such as `album songs`. Without it the client learns them by a refusal each. */
  readonly reads?: readonly string[];
  /** Of which resource the records are that `$with` includes. */
  readonly with: { readonly [resource: string]: { readonly [property: string]: string } };
  /** Which property is the id, of resources where it is not called `id`. */
  readonly id?: { readonly [resource: string]: string };
  /** The description, to learn what has changed since. */
  readonly description?: unknown;
  /** Never there: it carries the types. */
  readonly $api?: A;
}

/** The core actions of a resource whose id is the property `Id`. */
export interface Resource<Id extends keyof Record, Record, New, Patch, Events = {}, Relations = {}> {
  /** Stores a new record, and gives it as it is stored. */
  create: Write<New, Record>;
  /** Reads a record, or several in the order asked, with `null` for each that is not there. */
  get: Get<Id, Record, Relations>;
  /** Lists the records that meet the conditions. */
  find: List<Record, {}, Relations>;
  /** Lists the records that meet the conditions. */
  all: List<Record, {}, Relations>;
  /** Counts the records that meet the conditions. */
  count(where?: Where<Record>, options?: Options): Promise<number>;
  /** Changes what is given of a record, and gives all of it. */
  update: Write<Pick<Record, Id> & Patch, Record>;
  /** Creates a record, or replaces it. */
  save: Write<New & Partial<Record>, Record>;
  /** Removes a record, and gives it as it was. */
  destroy: Write<Pick<Record, Id>, Record>;
  /** The records that meet the conditions, and every change of them. */
  subscribe: Subscribe<Record, Events, Record[Id]>;
  /** The records that meet the conditions, always as they are now. */
  live<const S extends keyof Record = keyof Record>(
    where?: Where<Record> & { $select?: readonly (S | Id)[] },
    options?: LiveOptions<Record>,
  ): Live<Selected<Record, S>, EventOf<Selected<Record, S>, Events, Record[Id]>, Record[Id]>;
}

/** What a live collection takes. It has no limit: the order and the number of records shown are up to the page. */
export interface LiveOptions<Record> {
  /** By which properties, `1` ascending and `-1` descending, or a function as `Array.sort` takes. Default is by id. */
  sort?: Order<Record> | ((a: Record, b: Record) => number);
  /** Which property is the id, where no generated module tells it. Default is `id`. */
  id?: string;
  /** Ends it. */
  signal?: AbortSignal;
}

/** A write of one record, which may stand in a `commit`. */
export interface Write<Payload, Result> {
  (payload: Payload, options?: Options): Promise<Result>;
  /** Never there: it tells writes from methods. */
  readonly $write?: true;
}

/** Reads one record. */
export interface One<Record, Address, Relations = {}> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    payload: Address & Shown<S, P>,
    options?: Options,
  ): Promise<Found<Record, Relations, S, P>>;
}

/** Reads one record, or several. */
export interface Get<Id extends keyof Record, Record, Relations = {}> extends One<Record, Pick<Record, Id>, Relations> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    payload: { [K in Id]: readonly Record[K][] } & Shown<S, P>,
    options?: Options,
  ): Promise<(Found<Record, Relations, S, P> | null)[]>;
}

/** Lists records. `Under` is what the payload must have: the id of a parent. */
export interface List<Record, Under = {}, Relations = {}> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    ...given: {} extends Under
      ? [query?: Query<Record> & Shown<S, P>, options?: Options]
      : [query: Under & Query<Record> & Shown<S, P>, options?: Options]
  ): Promise<Page<Found<Record, Relations, S, P>>>;
}

/** Follows records. `Under` is what the payload must have: the id of a parent. */
export interface Subscribe<Record, Events, Id, Under = {}> {
  /** For `for await`. */
  <const S extends keyof Record = keyof Record>(
    ...given: {} extends Under
      ? [where?: Where<Record> & { $select?: readonly S[] }, options?: { signal?: AbortSignal }]
      : [where: Under & Where<Record> & { $select?: readonly S[] }, options?: { signal?: AbortSignal }]
  ): Subscription<EventOf<Selected<Record, S>, Events, Id>>;
  /** Calls with each event; the function that comes back ends it. */
  <const S extends keyof Record = keyof Record>(
    where: Under & Where<Record> & { $select?: readonly S[] },
    listener: (event: EventOf<Selected<Record, S>, Events, Id> | Ended) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
}

/** Conditions: all of them must be met. */
export type Where<Record> = { [P in keyof Record]?: Condition<Record[P]> } & {
  $or?: readonly Where<Record>[];
  $and?: readonly Where<Record>[];
  $not?: Where<Record>;
};

/** What a property must be, or must compare to. Of arrays and objects it is only asked whether they are there. */
export type Condition<Value> = IsPlain<NonNullable<Value>> extends true
  ? Value | Operators<Value>
  : Value extends null
    ? null | { $ne: null }
    : never;

/** Whether values are of one kind, which the server compares and sorts: all strings, all numbers, … */
export type IsPlain<Value> = [Value] extends [never]
  ? false
  : [Value] extends [string]
    ? true
    : [Value] extends [number]
      ? true
      : [Value] extends [boolean]
        ? true
        : [Value] extends [bigint]
          ? true
          : false;

/** What a property is compared with. A wide integer is equal or not, and no more. */
export type Operators<Value> = {
  $ne?: Value;
  $in?: readonly Value[];
  $nin?: readonly Value[];
} & ([NonNullable<Value>] extends [bigint]
  ? {}
  : {
      $gt?: NonNullable<Value>;
      $gte?: NonNullable<Value>;
      $lt?: NonNullable<Value>;
      $lte?: NonNullable<Value>;
    }) &
  ([NonNullable<Value>] extends [string] ? { $prefix?: string } : {});

/** By which properties, the first first. */
export type Order<Record> = { [P in keyof Record]?: 1 | -1 };

/** The order of a list: of the server, which sorts by no wide integer, array, object or value of several kinds. */
export type Sort<Record> = {
  [P in keyof Record as IsPlain<NonNullable<Record[P]>> extends true
    ? [NonNullable<Record[P]>] extends [bigint]
      ? never
      : P
    : never]?: 1 | -1;
};

/** Conditions, and how to list what meets them. */
export type Query<Record> = Where<Record> & {
  $sort?: Sort<Record>;
  $limit?: number;
  $skip?: number;
  $after?: string;
};

/** What of a record is shown, and what comes with it. */
export interface Shown<S, P> {
  /** Only these properties. */
  $select?: readonly S[];
  /** Related records: `"songs"`, or further on `"songs.album"`. */
  $with?: readonly P[];
}

/** A record of which only some properties may be shown. */
export type Selected<Record, S extends keyof Record> = [keyof Record] extends [S] ? Record : Pick<Record, S>;

/** A record as it is shown, with what comes with it. */
export type Found<Record, Relations, S extends keyof Record, P extends string> = [P] extends [never]
  ? Selected<Record, S>
  : Selected<Record, S> & Included<Relations, P>;

/** The property of a record's children; `Relations` are the child's own. */
export interface Many<Record, Relations = {}> {
  readonly $many: Record;
  readonly $relations: Relations;
}

/** The property of a record's parent; `Relations` are the parent's own. */
export interface Parent<Record, Relations = {}> {
  readonly $parent: Record;
  readonly $relations: Relations;
}

/** What `$with` takes: three relations deep at most. */
export type Paths<Relations, Depth extends unknown[] = [1, 1]> = {
  [K in keyof Relations & string]:
    | K
    | (Depth extends [unknown, ...infer Rest]
        ? Relations[K] extends { $relations: infer Further }
          ? `${K}.${Paths<Further, Rest>}`
          : never
        : never);
}[keyof Relations & string];

type Head<P> = P extends `${infer First}.${string}` ? First : P;
type Tail<P, K extends string> = P extends `${K}.${infer Rest}` ? Rest : never;

/** What comes with a record. */
export type Included<Relations, P extends string> = {
  [K in Head<P> & keyof Relations & string]: Relations[K] extends Many<infer Child, infer Further>
    ? (Child & Included<Further, Tail<P, K>>)[]
    : Relations[K] extends Parent<infer Of, infer Further>
      ? (Of & Included<Further, Tail<P, K>>) | null
      : never;
};

/** A write in a `commit`: `[resource, action, payload]`. */
export type WriteOf<A> = 0 extends 1 & A
  ? readonly [resource: string, action: string, payload: any]
  : {
      [R in keyof A]: {
        [M in keyof A[R]]: "$write" extends keyof A[R][M]
          ? A[R][M] extends (payload: infer P, ...rest: any) => any
            ? readonly [resource: R, action: M, payload: P]
            : never
          : never;
      }[keyof A[R]];
    }[keyof A];

/** The records that a `commit` gives, each in its place. */
export type Committed<A, W extends readonly unknown[]> = {
  -readonly [I in keyof W]: W[I] extends readonly [infer R extends keyof A, infer M, ...unknown[]]
    ? M extends keyof A[R]
      ? A[R][M] extends (...given: any) => Promise<infer T>
        ? T
        : never
      : never
    : any;
};
