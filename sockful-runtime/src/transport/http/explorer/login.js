// Authentication: the dialog for signing in with a token and for signing out.

import { enter, leave, now, identityOf } from './connection.js';
import { $, button, el, freshId, tell } from './dom.js';

/** Opens the dialog. */
export function openLogin() {
  const [heading, id] = [freshId('login'), freshId('token')];
  const fault = el('p', { id: `${id}-fault`, className: 'fault', role: 'alert' });
  const token = el('textarea', { id, className: 'mono', rows: 4, spellcheck: false, autocomplete: 'off', 'aria-describedby': `${id}-hint ${id}-fault` });
  const form = el('form', {},
    el('h2', { id: heading, textContent: 'Sign in' }),
    el('div', { className: 'field' },
      el('label', { for: id, textContent: 'Token' }),
      token,
      el('small', { id: `${id}-hint`, className: 'hint', textContent: 'The token is sent to this server and kept until this tab is closed.' }),
      fault),
    el('footer', { className: 'row' }, el('button', { className: 'main', textContent: 'Sign in' }), button('Close', () => dialog.close())));
  form.onsubmit = async (event) => {
    event.preventDefault();
    fault.textContent = '';
    token.removeAttribute('aria-invalid');
    try {
      await enter(token.value.trim());
      dialog.close();
      tell(`Signed in as ${identityOf(now.token)}`);
    } catch (error) {
      fault.textContent = error.code === 'unknown_action' ? 'This server has no authentication.' : `The token was rejected: ${error.message}`;
      token.setAttribute('aria-invalid', 'true');
      token.focus();
    }
  };
  const dialog = el('dialog', { className: 'asks', 'aria-labelledby': heading }, form);
  dialog.onclose = () => {
    dialog.remove();
    $('login').focus();
  };
  document.body.append(dialog);
  dialog.showModal();
}

/** Shows the current identity. */
export function showIdentity() {
  const place = $('login');
  // Unauthenticated clients get no keys if the server has an authenticator.
  place.hidden = !now.token && now.hello?.keys !== false && now.model !== undefined;
  if (!now.token) {
    place.textContent = 'Sign in';
    place.title = '';
    place.onclick = openLogin;
    return;
  }
  const until = now.expires ? `, until ${new Date(now.expires).toLocaleTimeString()}` : '';
  place.textContent = `Sign out (${identityOf(now.token)})`;
  place.title = `Signed in as ${identityOf(now.token)}${until}`;
  place.onclick = async () => {
    await leave();
    tell('Signed out');
  };
}
