// DOM elements. Data of the server is only ever inserted as text.

export const $ = (id) => document.getElementById(id);

/** Creates an element. A property with a hyphen, and `role`, becomes an attribute; nullish and `false` children are omitted. */
export function el(name, properties = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key.includes('-') || key === 'role' || key === 'for') made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...inside.flat().filter((it) => it !== undefined && it !== null && it !== false));
  return made;
}

export const button = (text, onclick, properties = {}) => el('button', { type: 'button', textContent: text, onclick, ...properties });

export const link = (href, text, properties = {}) => el('a', { href, textContent: text, ...properties });

let lastId = 0;

/** Returns an element id that is unique in the page. */
export const freshId = (of) => `${of}-${++lastId}`;

let fading;

/** Announces a message without moving the focus. */
export function tell(text, isBad = false) {
  const toast = $('toast');
  clearTimeout(fading);
  toast.className = `toast shown${isBad ? ' bad' : ''}`;
  toast.textContent = text;
  fading = setTimeout(() => {
    toast.className = 'toast';
    toast.textContent = '';
  }, 6000);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} copied`);
  } catch {
    tell(`${what} could not be copied: the browser denied access to the clipboard`, true);
  }
}

/** Formats a value for a table cell. */
export function shown(value) {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Formats an error for display. */
export function inWords(error) {
  const says = {
    unauthenticated: 'Authentication required. Sign in with a token.',
    forbidden: 'You are not allowed to do this.',
    not_found: 'It does not exist, or you are not allowed to read it.',
    rate_limited: 'Too many requests. Wait a moment.',
    timeout: 'The request timed out.',
    unknown: 'The connection ended before the reply.',
  }[error.code];
  const outcome = error.outcome === 'unknown' || error.code === 'unknown' ? ' The request may have taken effect.' : '';
  const message = error.message ?? error;
  return says ? `${says}${outcome} (${message})` : `${message}${outcome && `.${outcome}`}`;
}
