// The explorer: selects the view by the fragment of the address.

import { now, on, start } from './connection.js';
import { $, button, el, link, tell } from './dom.js';
import { showLog } from './log.js';
import { openLogin, showIdentity } from './login.js';
import { showOverview } from './overview.js';
import { showRecord } from './record.js';
import { showResource } from './resource.js';
import { theme } from './theme.js';

const TABS = ['records', 'actions', 'properties', 'events'];
const FRAMES = 'sockful.frames';

let leave = () => {};
let before;

/** Renders the view for the address. */
function show() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, tab = 'records', ...rest] = path.split('/').map(decoded);
  leave();
  const view = $('view');
  view.replaceChildren();
  document.querySelectorAll('#resources a').forEach((it) => {
    if (it.hash === `#/${encodeURIComponent(name)}`) it.setAttribute('aria-current', 'page');
    else it.removeAttribute('aria-current');
  });
  leave = draw(view, name, tab, rest, new URLSearchParams(query)) ?? (() => {});
  document.title = [rest[0], name && now.model?.resources.get(name)?.plural, 'sockful explorer'].filter(Boolean).join(' · ');
  // Navigation moves the focus to the heading; sorting does not.
  if (before !== undefined && before !== path) view.querySelector('h1')?.focus();
  before = path;
}

function draw(view, name, tab, rest, query) {
  if (!now.model) return showSignIn(view);
  if (!name) return showOverview(view);
  const resource = now.model.resources.get(name);
  if (resource && tab === 'record' && rest.length) return showRecord(view, resource, rest[0]);
  if (resource && TABS.includes(tab)) return showResource(view, resource, tab, rest, query);
  view.append(el('h1', { tabIndex: -1, textContent: 'Page not found' }), el('p', {}, link('#/', 'Server overview')));
  return undefined;
}

function showSignIn(view) {
  view.append(
    el('h1', { tabIndex: -1, textContent: now.token === null ? 'Sign in' : 'No description' }),
    el('p', { textContent: now.why ?? 'The API description requires authentication.' }),
    el('p', {}, button('Sign in with a token', openLogin, { className: 'main' })),
    el('p', { className: 'soft', textContent: 'You can still send frames by hand.' }));
}

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

function showResources() {
  const all = [...now.model?.resources.values() ?? []];
  $('resources').replaceChildren(el('ul', {},
    el('li', {}, link('#/', 'Server')),
    all.map((it) => el('li', {}, link(`#/${encodeURIComponent(it.name)}`, it.plural)))));
}

function showStatus() {
  $('state').className = `state ${now.status}`;
  const says = { open: 'connected', connecting: 'connecting', closed: 'closed' }[now.status];
  if ($('status').textContent !== says) $('status').textContent = says;
  $('latency').textContent = now.status === 'open' && now.latency !== undefined ? `${Math.max(1, Math.round(now.latency))} ms` : '';
}

function showChanged({ verdict, changes }) {
  const says = changes.slice(0, 5).map((it) => `${it.resource} ${it.what} ${it.message}`.replace(/\s+/g, ' ')).join('; ');
  $('banner').replaceChildren(el('p', { textContent: `The API description has changed (${verdict})${says && `: ${says}`}.` }), button('Reload', () => location.reload()));
  $('banner').hidden = false;
}

function frames() {
  const isWide = matchMedia('(min-width: 75rem)').matches;
  const turn = (isShown) => {
    $('wire').hidden = !isShown;
    document.body.classList.toggle('wired', isShown);
    $('frames').setAttribute('aria-pressed', isShown);
  };
  const kept = sessionStorage.getItem(FRAMES);
  turn(kept === null ? isWide : kept === 'true');
  $('frames').onclick = () => {
    const isShown = $('wire').hidden;
    sessionStorage.setItem(FRAMES, isShown);
    turn(isShown);
    if (isShown) $('wire').scrollIntoView({ block: 'nearest' });
  };
}

on((what, detail) => {
  if (what === 'status' || what === 'latency') showStatus();
  if (what === 'hello' || what === 'who') showIdentity();
  if (what === 'described') [showResources(), before = undefined, show()];
  if (what === 'changed') showChanged(detail);
  if (what === 'expired') tell('The token has expired or was revoked.', true);
});
$('skip').onclick = (event) => {
  event.preventDefault();
  $('view').focus();
};
addEventListener('hashchange', show);
theme($('theme'));
showLog($('wire'));
frames();
await start();
