/**
 * The sockful client: typed requests, live collections, and a connection that reconnects by itself.
 *
 * The first part is the API for programs. The second part, from {@link Described} on, contains the types that
 * generated modules use.
 */

/**
 * Connects to a server. Its resources are properties of the result, and their actions are methods.
 *
 * ```js
 * const api = connect("wss://example.com", { api: described });
 * await api.creature.create({ id: "bob" });
 * ```
 *
 * The client connects at once and reconnects when the connection ends: after a backoff, or at once when the browser
 * is online again or shows the page again. An unknown option, or a duration that is not a number of milliseconds,
 * throws a `TypeError`. Connection errors reject the requests that they concern and are reported by
 * `api.$client.on("error", …)`.
 *
 * @param url a `ws:` or `wss:` URL; `http:`, `https:` and, in a browser, a path are accepted as well.
 */
export function connect<A>(url: string | URL, options: ConnectOptions & { api: Described<A> }): A & Connected<A>;
export function connect(url: string | URL, options?: ConnectOptions): Untyped & Connected<any>;

/** The options of {@link connect}. */
export interface ConnectOptions {
  /** The value of the generated module. Without it, any request is allowed and nothing is checked or decoded. */
  api?: Described<any>;
  /**
   * The identity of the client: a token, or a function that returns one. The function is called at each connection
   * and before the token expires. `null` is unauthenticated.
   */
  token?: string | null | (() => string | null | Promise<string | null>);
  /** The constructor of sockets, such as that of the package `ws`. The default is the global `WebSocket`. */
  WebSocket?: new (url: string, protocols?: string | string[]) => any;
  /** The time limit of a request in milliseconds, including retries. The default is 30,000; 0 and values above 2^31-1 mean no limit. */
  timeoutMs?: number;
  /** How many requests may wait for a connection; further ones are rejected with `too_many`. The default is 1,000. */
  maxQueue?: number;
  /** How many events may wait for a slow `for await`; beyond that the client unsubscribes until they are taken. The default is 1,000. */
  maxEvents?: number;
  /** The delay before a reconnection: a random time up to `minMs`, doubled for each attempt, up to `maxMs`. A connection that was open for 5 s resets it. The defaults are 250 and 20,000. */
  backoff?: { minMs?: number; maxMs?: number };
  /** After how many milliseconds of silence the server is pinged. The default is 30,000. */
  heartbeatMs?: number;
  /** The time limit of a ping and of a handshake in milliseconds. The default is 10,000. */
  deadlineMs?: number;
}

/** The options of a request. */
export interface Options {
  /** The time limit in milliseconds, including waiting and retries; 0 and values above 2^31-1 mean no limit. */
  timeoutMs?: number;
  /** Aborting rejects the request with the signal's reason. A request that has not been sent yet is never sent. */
  signal?: AbortSignal;
  /** The revision that the record is required to have. */
  ifRev?: number;
  /** A W3C trace context. */
  traceparent?: string;
}

/** The error codes of the server and of this client. Remote methods may have others. */
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
  /** The connection ended before the reply, and the request could not be repeated safely. */
  | "unknown"
  /** The client was closed. */
  | "closed"
  | (string & {});

/** The error of a rejected request. An aborted request is rejected with the signal's reason instead. */
export class SockfulError extends Error {
  constructor(error: Partial<SockfulError> & { code: Code; message: string });
  /** The error code. */
  readonly code: Code;
  /** All validation errors of the payload, if the code is `invalid`. */
  readonly fields?: readonly Fault[];
  /** The path of the error in the payload. */
  readonly path?: string;
  /** The exceeded limit. */
  readonly limit?: { readonly name: string; readonly value: number };
  /** `none` if the request did not take effect and never will, `unknown` if it may have. */
  readonly outcome?: "none" | "unknown";
  /** After how many milliseconds to retry. */
  readonly retryAfterMs?: number;
}

/** One validation error of a payload. */
export interface Fault {
  /** The property, or the path within it. */
  readonly path: string;
  /** The violated rule. */
  readonly rule: string;
  /** The description of the error. */
  readonly message: string;
}

/** The status of the connection. */
export type Status = "connecting" | "open" | "closed";

/** The events of a client. */
export interface ClientEvents {
  /** The status of the connection has changed. */
  status: Status;
  /**
   * The identity has expired or was revoked. The client requests a new token; without the option `token` it
   * reconnects, so that the handshake sends the current cookies.
   */
  expired: void;
  /** The server's description differs from the one that `api` was generated from. */
  changed: Changed;
  /**
   * A connection error: no connection, a rejected token, or why the server refuses the handshake, as far as the
   * platform reports it. A refused handshake rejects the waiting requests with the same error.
   */
  error: unknown;
}

/** How the server's description differs from the one that a program was built with. */
export interface Changed {
  /** The digest that the program was built with. */
  readonly from: string;
  /** The digest of the server. */
  readonly to: string;
  /** `compatible` if everything that the program was built with still exists; `unknown` if the server cannot tell. */
  readonly verdict: "same" | "compatible" | "breaking" | "unknown";
  /** The differences. */
  readonly changes: readonly Change[];
}

/** One difference. */
export interface Change {
  readonly resource: string;
  readonly what: string;
  readonly verdict: "compatible" | "breaking";
  /** The description of the difference. */
  readonly message: string;
}

/** The properties beside the resources. */
export interface Connected<A> {
  /** The connection itself. */
  readonly $client: Client<A>;
}

/** A connection. */
export interface Client<A = any> {
  /** The status of the connection. */
  readonly status: Status;
  /** The newest commit in a reply to this client, such as that of its last write. */
  readonly seq: number;
  /** Adds a listener for an event. The returned function removes it. */
  on<K extends keyof ClientEvents>(event: K, listener: (event: ClientEvents[K]) => void): () => void;
  /** Performs several writes in one commit: all of them, or none. Returns the record of each. */
  commit<const W extends readonly WriteOf<A>[]>(writes: W, options?: Options): Promise<Committed<A, W>>;
  /** Sends a request in terms of the protocol. */
  call(resource: string, action: string, payload?: unknown, options?: Options): Promise<any>;
  /** Authenticates with a token, on this and all later connections. `null` signs out. */
  authenticate(token: string | null): Promise<{ expires: number | null }>;
  /** Pings the server. */
  ping(options?: Options): Promise<{ seq: number; epoch: string }>;
  /** Returns the description of everything that is served. */
  schema(options?: Options): Promise<any>;
  /** Closes the connection for good and rejects unanswered requests. */
  close(): void;
}

/** A record was created, or changed and still matches. */
export interface Stored<Name, Shown, Id> {
  readonly type: Name;
  readonly id: Id;
  readonly record: Shown;
  readonly seq: number;
  /** Whether the event combines several commits. */
  readonly folded?: boolean;
}

/** A record was removed. */
export interface Gone<Id> {
  readonly type: "destroyed";
  readonly id: Id;
  /** The record still exists but no longer matches. */
  readonly left?: boolean;
  readonly seq: number;
  readonly folded?: boolean;
  /** How many declared events were omitted. */
  readonly dropped?: number;
}

/** Replaces all records: the first event, and whenever the server cannot report what has changed in between. */
export interface Reset<Shown> {
  readonly type: "reset";
  readonly records: Shown[];
  readonly seq: number;
}

/** The records are unchanged, but declared events were omitted. */
export interface Dropped {
  readonly type: "dropped";
  readonly seq: number;
  readonly dropped: number;
}

/** The last event: the subscription was refused, or the server cannot continue it. */
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
    /** Missing if the event is not part of a commit. */
    readonly seq?: number;
  };
}[keyof Events];

/** The events of a subscription. */
export type EventOf<Shown, Events, Id> =
  | Reset<Shown>
  | Stored<"created", Shown, Id>
  | Stored<"updated", Shown, Id>
  | Gone<Id>
  | Dropped
  | Emitted<Events, Id>;

/** The number of records of a subscription with `$count`. */
export interface Counted {
  type: "counted";
  count: number;
  /** The commit that the number belongs to. */
  seq: number;
}

/** A subscription for `for await`. Leaving the loop ends it. Throws if it is refused. */
export interface Subscription<Event> extends AsyncIterableIterator<Event, undefined, undefined> {
  /** Ends the subscription. */
  return(): Promise<IteratorResult<Event, undefined>>;
  [Symbol.asyncIterator](): Subscription<Event>;
}

/** The status of a live collection: not loaded yet, current, possibly outdated, or ended. */
export type LiveStatus = "connecting" | "live" | "stale" | "ended";

/** The events of a live collection. */
export interface LiveEvents<Event> {
  /** Each event, after it was applied. */
  event: Event | Ended;
  /** The records have changed. */
  change: void;
  /** The status of the collection has changed. */
  status: LiveStatus;
}

/** A live collection: the current records that match a filter. */
export interface Live<Shown, Event = unknown, Id = unknown> extends Iterable<Shown> {
  /** The status of the collection. */
  readonly status: LiveStatus;
  /** The number of records. */
  readonly size: number;
  /** Resolves when the records have been loaded for the first time. Rejects if the subscription is refused. */
  readonly ready: Promise<void>;
  /**
   * Why the collection has ended, or why it is not live. A collection that is refused because of a limit (`too_many`)
   * does not end: it subscribes again after a backoff, or when another subscription ends.
   */
  readonly error: SockfulError | undefined;
  /**
   * Resolves when the collection includes a commit. The default is the newest commit in a reply to this client, so
   * after `await api.creature.create(…)` the new record is in the collection. If the server has begun another
   * history, for example after a restart with its store in memory, pass the `seq` of a newer reply. Rejects with
   * `timeout` after `timeoutMs`, which is that of requests by default, and with the error of the collection if that
   * ends.
   */
  until(seq?: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** The record with this id. */
  get(id: Id): Shown | undefined;
  /** The records in order: the same array until something changes. Bound, for React's `useSyncExternalStore`. */
  readonly getSnapshot: () => readonly Shown[];
  /** Calls the listener without arguments when the records have changed. Bound, for React's `useSyncExternalStore`. */
  readonly subscribe: (listener: () => void) => () => void;
  /** A Svelte store: its listeners are called with the records, at once and after each change. */
  store(): { subscribe(run: (records: readonly Shown[]) => void): () => void };
  /** Adds a listener for an event. The returned function removes it. */
  on<K extends keyof LiveEvents<Event>>(event: K, listener: (event: LiveEvents<Event>[K]) => void): () => void;
  /** Ends the collection. The records remain as they were. */
  close(): void;
}

/** An array of records with its metadata. */
export type Page<Shown> = Shown[] & {
  /** The cursor for `$after` if the list continues. Not enumerable. */
  readonly next?: string;
  /** The last commit that the list includes. Not enumerable. */
  readonly seq: number;
  /** The cursors of included lists that were cut, by path and id. Not enumerable. */
  readonly cut?: { readonly [path: string]: { readonly [id: string]: string } };
};

/** The API without a generated module: any resource and any action. */
export type Untyped = { readonly [resource: string]: UntypedResource };

/** Any action. An action whose name begins with `subscribe` is a subscription. */
export type UntypedResource = {
  find(query?: any, options?: Options): Promise<Page<any>>;
  subscribe: Subscribe<any, any, any>;
  live(where?: any, options?: LiveOptions<any>): Live<any, any, any>;
} & { readonly [action: string]: (payload?: any, options?: any) => any };

// The types that generated modules use.

/** The value of a generated module: the metadata for the client, and the types of `A`. */
export interface Described<A> {
  /** The digest of the description. */
  readonly schema: string;
  /** The wide integer properties of each resource's record. */
  readonly wide: { readonly [resource: string]: readonly string[] };
  /** The properties of each resource's record that are not compared as plain values. */
  readonly orders?: { readonly [resource: string]: { readonly [property: string]: 'time' | 'decimal' } };
  /** The resource of the records that a relation route returns or reports. */
  readonly of: { readonly [resource: string]: { readonly [route: string]: string } };
  /** The relation routes that only read, such as `album songs`. Without it the client learns each of them from a refusal. */
  readonly reads?: readonly string[];
  /** The resource of the records that `$with` includes. */
  readonly with: { readonly [resource: string]: { readonly [property: string]: string } };
  /** The id property of resources whose id is not called `id`. */
  readonly id?: { readonly [resource: string]: string };
  /** The description, for finding out what has changed since. */
  readonly description?: unknown;
  /** Never present: it carries the types. */
  readonly $api?: A;
}

/** The core actions of a resource whose id is the property `Id`. */
export interface Resource<Id extends keyof Record, Record, New, Patch, Events = {}, Relations = {}> {
  /** Stores a new record and returns it. */
  create: Write<New, Record>;
  /** Reads one record, or several in the requested order with `null` for missing ones. */
  get: Get<Id, Record, Relations>;
  /** Lists the records that match a filter. */
  find: List<Record, {}, Relations>;
  /** Lists the records that match a filter. */
  all: List<Record, {}, Relations>;
  /** Counts the records that match a filter. */
  count(where?: RelatedWhere<Record, Relations>, options?: Options): Promise<number>;
  /** Changes the given properties of a record and returns the complete record. */
  update: Write<Pick<Record, Id> & Patch, Record>;
  /** Creates or replaces a record. */
  save: Write<New & Partial<Record>, Record>;
  /** Removes a record and returns its last state. */
  destroy: Write<Pick<Record, Id>, Record>;
  /** Subscribes to the records that match a filter and to all changes of them. */
  subscribe: Subscribe<Record, Events, Record[Id], {}, Relations>;
  /** Returns a live collection of the records that match a filter; with `$limit`, of the first in an order. */
  live<const S extends keyof Record = keyof Record>(
    where?: RelatedWhere<Record, Relations> & Window<Record> & { $select?: readonly (S | Id)[] },
    options?: LiveOptions<Record>,
  ): Live<Selected<Record, S>, EventOf<Selected<Record, S>, Events, Record[Id]>, Record[Id]>;
}

/** A live query of the first records in an order: a window. */
export interface Window<Record> {
  /** The order, which needs a `$limit`. The id is the last key. */
  $sort?: Sort<Record>;
  /** The maximum number of records. */
  $limit?: number;
}

/** The options of a live collection. */
export interface LiveOptions<Record> {
  /**
   * The sort order: `1` is ascending and `-1` descending, or a function as for `Array.sort`. The default is the `$sort`
   * of the query, then by id.
   */
  sort?: Order<Record> | ((a: Record, b: Record) => number);
  /** The id property, if there is no generated module. The default is `id`. */
  id?: string;
  /** Aborting ends the collection. */
  signal?: AbortSignal;
}

/** A write of one record, which may be part of a `commit`. */
export interface Write<Payload, Result> {
  (payload: Payload, options?: Options): Promise<Result>;
  /** Never present: it distinguishes writes from methods. */
  readonly $write?: true;
}

/** Reads one record. */
export interface One<Record, Address, Relations = {}> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    payload: Address & Shown<S, P>,
    options?: Options,
  ): Promise<Found<Record, Relations, S, P>>;
}

/** Reads one or several records. */
export interface Get<Id extends keyof Record, Record, Relations = {}> extends One<Record, Pick<Record, Id>, Relations> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    payload: { [K in Id]: readonly Record[K][] } & Shown<S, P>,
    options?: Options,
  ): Promise<(Found<Record, Relations, S, P> | null)[]>;
}

/** Lists records. `Under` contains required properties of the payload: the id of a parent. */
export interface List<Record, Under = {}, Relations = {}> {
  <const S extends keyof Record = keyof Record, const P extends Paths<Relations> = never>(
    ...given: {} extends Under
      ? [query?: Query<Record, Relations> & Shown<S, P>, options?: Options]
      : [query: Under & Query<Record, Relations> & Shown<S, P>, options?: Options]
  ): Promise<Page<Found<Record, Relations, S, P>>>;
}

/** Subscribes to records. `Under` contains required properties of the payload: the id of a parent. */
export interface Subscribe<Record, Events, Id, Under = {}, Relations = {}> {
  /** Returns an iterator over the number of records that match a filter. */
  (where: Under & Where<Record> & { $count: true }, options?: { signal?: AbortSignal }): Subscription<Counted>;
  /** Calls a listener with the number of records. The returned function ends the subscription. */
  (
    where: Under & Where<Record> & { $count: true },
    listener: (event: Counted | Ended) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
  /** Returns an iterator for `for await`. */
  <const S extends keyof Record = keyof Record>(
    ...given: {} extends Under
      ? [where?: RelatedWhere<Record, Relations> & Window<Record> & { $select?: readonly S[] }, options?: { signal?: AbortSignal }]
      : [
          where: Under & RelatedWhere<Record, Relations> & Window<Record> & { $select?: readonly S[] },
          options?: { signal?: AbortSignal },
        ]
  ): Subscription<EventOf<Selected<Record, S>, Events, Id>>;
  /** Calls a listener with each event. The returned function ends the subscription. */
  <const S extends keyof Record = keyof Record>(
    where: Under & RelatedWhere<Record, Relations> & Window<Record> & { $select?: readonly S[] },
    listener: (event: EventOf<Selected<Record, S>, Events, Id> | Ended) => void,
    options?: { signal?: AbortSignal },
  ): () => void;
}

/** A filter: a record must satisfy all conditions. */
export type Where<Record> = { [P in keyof Record]?: Condition<Record[P]> } & {
  $or?: readonly Where<Record>[];
  $and?: readonly Where<Record>[];
  $not?: Where<Record>;
};

/**
 * A filter that may have conditions over relations, through at most `Steps.length` of them: `"album.year"` on a
 * parent, `songs: { $some: … }` or `$none` on children.
 */
export type RelatedWhere<Record, Relations, Steps extends unknown[] = [1, 1]> = {
  [P in keyof Record]?: Condition<Record[P]>;
} & OverRelations<Relations, Steps> & {
    $or?: readonly RelatedWhere<Record, Relations, Steps>[];
    $and?: readonly RelatedWhere<Record, Relations, Steps>[];
    $not?: RelatedWhere<Record, Relations, Steps>;
  };

/** The conditions over relations. */
export type OverRelations<Relations, Steps extends unknown[]> = Steps extends [unknown, ...infer Rest]
  ? {
      [K in keyof Relations & string as Relations[K] extends Many<any, any> ? K : never]?: Relations[K] extends Many<
        infer Child,
        infer Further
      >
        ? { $some?: RelatedWhere<Child, Further, Rest>; $none?: RelatedWhere<Child, Further, Rest> }
        : never;
    } & ThroughParents<Relations, Rest>
  : {};

/** The conditions on the parents of a record, with keys such as `album.year`. */
export type ThroughParents<Relations, Rest extends unknown[]> = Intersected<
  {
    [K in keyof Relations & string]: Relations[K] extends Parent<infer Of, infer Further>
      ? Prefixed<K, { [P in keyof Of]?: Condition<Of[P]> }> & Prefixed<K, OverRelations<Further, Rest>>
      : {};
  }[keyof Relations & string]
>;

type Prefixed<K extends string, Conditions> = {
  [P in keyof Conditions & string as `${K}.${P}`]?: Conditions[P];
};
type Intersected<Union> = [Union] extends [never]
  ? {}
  : (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
    ? All
    : {};

/** A required value or comparison of a property. For arrays and objects only their presence can be tested. */
export type Condition<Value> = IsPlain<NonNullable<Value>> extends true
  ? Value | Operators<Value>
  : Value extends null
    ? null | { $ne: null }
    : never;

/** Whether all values have one type that the server can compare and sort: all strings, all numbers, … */
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

/** The comparisons of a property. A wide integer can only be tested for equality. */
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

/** Properties to sort by, the most significant first. */
export type Order<Record> = { [P in keyof Record]?: 1 | -1 };

/** The sort order of a list on the server, which cannot sort by wide integers, arrays, objects or values of mixed types. */
export type Sort<Record> = {
  [P in keyof Record as IsPlain<NonNullable<Record[P]>> extends true
    ? [NonNullable<Record[P]>] extends [bigint]
      ? never
      : P
    : never]?: 1 | -1;
};

/** A filter with options for the list. */
export type Query<Record, Relations = {}> = RelatedWhere<Record, Relations> & {
  $sort?: Sort<Record>;
  $limit?: number;
  $skip?: number;
  /** The `next` of an earlier page, or the properties of `$sort` and the id of the record that it continues behind. */
  $after?: string | { [P in keyof Record]?: Record[P] };
};

/** The projection of a record: its properties and related records. */
export interface Shown<S, P> {
  /** Include only these properties. */
  $select?: readonly S[];
  /** Include related records: `"songs"`, or nested `"songs.album"`. */
  $with?: readonly P[];
}

/** A record of which only some properties may be included. */
export type Selected<Record, S extends keyof Record> = [keyof Record] extends [S] ? Record : Pick<Record, S>;

/** A record in the requested projection. */
export type Found<Record, Relations, S extends keyof Record, P extends string> = [P] extends [never]
  ? Selected<Record, S>
  : Selected<Record, S> & Included<Relations, P>;

/** The property for a record's children. `Relations` are those of the child. */
export interface Many<Record, Relations = {}> {
  readonly $many: Record;
  readonly $relations: Relations;
}

/** The property for a record's parent. `Relations` are those of the parent. */
export interface Parent<Record, Relations = {}> {
  readonly $parent: Record;
  readonly $relations: Relations;
}

/** The values of `$with`: relations nested at most three deep. */
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

/** The related records that are included in a record. */
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

/** The records that a `commit` returns, in the order of its writes. */
export type Committed<A, W extends readonly unknown[]> = {
  -readonly [I in keyof W]: W[I] extends readonly [infer R extends keyof A, infer M, ...unknown[]]
    ? M extends keyof A[R]
      ? A[R][M] extends (...given: any) => Promise<infer T>
        ? T
        : never
      : never
    : any;
};
