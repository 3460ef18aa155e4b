// Converts the server's description to a model for the views.

const CORE = ['create', 'get', 'find', 'all', 'count', 'update', 'save', 'destroy', 'subscribe', 'unsubscribe'];
const WIDE = /^[iu](8|16|32|64|128|size)$/;

/** Returns a model of the complete description. */
export function modelOf(description) {
  const resolve = (schema) => resolved(description, schema);
  const resources = new Map();
  for (const [name, described] of Object.entries(description.resources ?? {})) {
    resources.set(name, resourceOf(name, described, description, resolve));
  }
  for (const resource of resources.values()) relate(resource, resources);
  return { resources, resolve, digest: description.schema, forClient: forClient(description, resources) };
}

/**
 * Follows references, merges `allOf`, and unwraps `anyOf [schema, null]`, which is how optional values are described.
 */
function resolved(root, schema, depth = 0) {
  if (!schema || typeof schema !== 'object' || depth > 24) return {};
  if (schema.$ref) {
    const { $ref, ...beside } = schema;
    const target = $ref.replace(/^#\/?/, '').split('/').reduce((at, key) => at?.[key.replace(/~1/g, '/').replace(/~0/g, '~')], root);
    return { ...resolved(root, target, depth + 1), ...beside };
  }
  if (schema.allOf) {
    const { allOf, ...beside } = schema;
    return allOf.reduce((whole, part) => {
      const one = resolved(root, part, depth + 1);
      const properties = whole.properties || one.properties ? { ...whole.properties, ...one.properties } : undefined;
      const required = [...new Set([...whole.required ?? [], ...one.required ?? []])];
      return { ...whole, ...one, ...properties && { properties }, ...required.length && { required } };
    }, beside);
  }
  const some = schema.anyOf?.filter((it) => it.type !== 'null');
  if (some?.length === 1 && some.length < schema.anyOf.length) {
    const { anyOf, ...beside } = schema;
    return { ...resolved(root, some[0], depth + 1), ...beside, isNullable: true };
  }
  const types = [schema.type].flat();
  return types.includes('null') ? { ...schema, type: types.find((it) => it !== 'null'), isNullable: true } : schema;
}

function resourceOf(name, described, root, resolve) {
  const actions = Object.entries(described.actions ?? {}).map(([action, it]) => actionOf(name, action, it, resolve));
  const addressing = ['destroy', 'update', 'get'].map((it) => described.actions[it]).find(Boolean);
  const id = resolve(addressing?.payload).required?.[0] ?? (described.record.properties.id ? 'id' : Object.keys(described.record.properties)[0]);
  const settable = resolve(described.actions.create?.payload ?? described.actions.save?.payload).properties ?? {};
  const changeable = resolve(described.actions.update?.payload).properties ?? {};
  const needed = resolve(described.actions.create?.payload).required ?? [];
  const record = resolve(described.record).properties ?? {};
  const properties = Object.entries({ ...settable, ...record }).map(([key, raw]) => {
    const schema = resolve(raw);
    return {
      name: key,
      schema,
      isId: key === id,
      isRequired: needed.includes(key),
      isReadOnly: Boolean(schema.readOnly) || !(key in settable || key in changeable),
      isWriteOnly: Boolean(schema.writeOnly) || !(key in record),
      isImmutable: key !== id && key in settable && 'update' in described.actions && !(key in changeable),
    };
  });
  // The id comes first, then required properties, and last those that the server sets.
  const weight = (it) => it.isId ? 0 : it.isRequired ? 1 : it.isReadOnly ? 3 : 2;
  properties.sort((a, b) => weight(a) - weight(b));
  for (const action of actions) action.id = id;
  for (const action of actions) action.isOfRecord = action.kind !== 'relation' && action.fields.some((it) => it.name === id && it.isRequired);
  const isRemoteOfAll = (it) => it.kind === 'remote' && !it.isOfRecord;
  return {
    name,
    id,
    plural: described.plural ?? name,
    description: described.description ?? '',
    properties,
    actions,
    general: actions.filter((it) => it.name === 'create' || isRemoteOfAll(it)),
    events: Object.entries(described.events ?? {}).map(([event, { description, data }]) => ({ name: event, description, data: resolve(data) })),
    children: [],
    parents: [],
    action: (action) => actions.find((it) => it.name === action),
  };
}

function actionOf(resource, name, described, resolve) {
  const payload = resolve(described.payload);
  const role = CORE.includes(name) ? undefined : roleOf(resource, name, described, payload);
  const fields = Object.entries(payload.properties ?? {}).map(([key, schema]) => ({
    name: key, schema: resolve(schema), isRequired: (payload.required ?? []).includes(key),
  }));
  return {
    resource,
    name,
    description: described.description ?? '',
    kind: CORE.includes(name) ? 'core' : role ? 'relation' : 'remote',
    role,
    payload,
    fields,
    isOpen: !payload.properties || payload.additionalProperties === true,
    result: described.result,
  };
}

/** Returns the role of a relation's route and its resource; only such routes refer to a resource's record. */
function roleOf(resource, name, { result, description }, payload) {
  const of = (ref, pattern) => pattern.exec(ref ?? '')?.[1];
  const RECORD = /^#\/resources\/([^/]+)\/record$/;
  const required = payload.required ?? [];
  const sub = of(result?.$ref, /^#\/resources\/([^/]+)\/actions\/subscribe\/result$/);
  if (sub) return { does: 'subscribe', of: sub, key: required[0] };
  const list = of(result?.items?.$ref, RECORD);
  if (list) return { does: list === resource && /^by[A-Z_]/.test(name) ? 'by' : 'list', of: list, key: required[0] };
  const one = of(result?.$ref, RECORD);
  if (!one) return undefined;
  if (/^Reads the parent/.test(description)) return { does: 'parent', of: one };
  const does = { Reads: 'get', Destroys: 'destroy', Updates: 'update', Creates: 'create' }[description?.split(' ')[0]];
  return does && { does, of: one };
}

/** Collects the routes of each relation, for the parent and for the child. */
function relate(resource, resources) {
  const routes = resource.actions.filter((it) => it.role);
  for (const list of routes.filter((it) => it.role.does === 'list' && resources.has(it.role.of))) {
    const { of, key } = list.role;
    const other = (does) => routes.find((it) => it.role.does === does && it.role.of === of && it.payload.properties?.[key])?.name;
    resource.children.push({ of, key, list: list.name, create: other('create'), subscribe: other('subscribe') });
    for (const route of routes.filter((it) => it.role.of === of && it.payload.properties?.[key])) {
      if (!['parent', 'by'].includes(route.role.does)) Object.assign(route.role, { key, parent: resource.name, id: resources.get(of).id });
    }
    const child = resources.get(of);
    const its = child.actions.filter((it) => it.role?.does === 'parent' && it.role.of === resource.name);
    const parent = its.find((it) => key === `${it.name}_id`) ?? its.find((it) => !it.role.key) ?? its[0];
    if (parent) parent.role.key ??= key;
    child.parents.push({ of: resource.name, key, read: parent?.name });
  }
}

/** Returns the metadata for the client: which routes only read, and which are subscriptions. */
function forClient(description, resources) {
  const each = (use) => Object.fromEntries([...resources].map(([name, resource]) => [name, use(resource)]));
  const routes = [...resources.values()].flatMap((it) => it.actions).filter((it) => it.role);
  return {
    schema: description.schema,
    description,
    wide: {},
    with: {},
    id: each(({ id }) => id),
    of: each(({ actions }) => Object.fromEntries(actions.filter((it) => it.role).map((it) => [it.name, it.role.of]))),
    reads: routes.filter((it) => ['get', 'list', 'by', 'parent'].includes(it.role.does)).map((it) => `${it.resource} ${it.name}`),
  };
}

/** Whether a value is an integer that is encoded as a string. */
export const isWide = (schema) => schema.type === 'string' && WIDE.test(schema.format ?? '');
