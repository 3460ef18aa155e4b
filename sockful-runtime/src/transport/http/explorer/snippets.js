// Code snippets for a request.

import { base, now } from './connection.js';
import { button, copy, el } from './dom.js';

const isName = (text) => /^[A-Za-z_$][\w$]*$/.test(text);

/** Returns the request as a frame, as a line for the TypeScript client, and as a curl command. */
export function snippetsOf(resource, action, payload) {
  const written = JSON.stringify(payload);
  const call = isName(resource) && isName(action) && resource !== 'then' && !['live', 'then', 'toJSON'].includes(action)
    ? `api.${resource}.${action}(${written})`
    : `api.$client.call(${JSON.stringify(resource)}, ${JSON.stringify(action)}, ${written})`;
  const socket = (location.origin + location.pathname).replace(/^http/, 'ws');
  const token = now.token ? ', { token }' : '';
  const bearer = now.token ? ' -H "Authorization: Bearer $TOKEN"' : '';
  const address = new URL(`api/${encodeURIComponent(resource)}/${encodeURIComponent(action)}`, base);
  return {
    Frame: JSON.stringify([resource, action, payload, 1]),
    JavaScript: [
      `import { connect } from "${new URL('sockful/client.js', base)}";`,
      `const api = connect("${socket}"${token});`,
      `console.log(await ${call});`,
    ].join('\n'),
    curl: `curl -X POST${bearer} '${address}' -d '${written.replace(/'/g, "'\\''")}'`,
  };
}

/** Creates a collapsed box with the snippets for the payload of `read`, updated when it is opened and at each `refresh`. */
export function snippetBox(resource, action, read) {
  const inside = el('div', { className: 'snippets' });
  const box = el('details', { className: 'box' }, el('summary', { textContent: 'As code' }), inside);
  const refresh = () => {
    if (!box.open) return;
    let payload;
    try {
      payload = read();
    } catch (error) {
      return inside.replaceChildren(el('p', { className: 'soft', textContent: `The payload is not valid JSON: ${error.message}` }));
    }
    inside.replaceChildren(...Object.entries(snippetsOf(resource, action, payload)).map(([name, text]) =>
      el('div', { className: 'snippet' },
        el('div', { className: 'row' }, el('strong', { textContent: name }), button('Copy', () => copy(text, name), { className: 'small', ariaLabel: `Copy ${name}` })),
        el('pre', { textContent: text, tabIndex: 0, role: 'region', 'aria-label': name }))));
  };
  box.ontoggle = refresh;
  return { box, refresh };
}
