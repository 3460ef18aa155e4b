// The dialog of an action.

import { ask, now } from './connection.js';
import { button, el, freshId, inWords, tell } from './dom.js';
import { formOf } from './form.js';
import { snippetBox } from './snippets.js';
import { revisionOf } from './wire.js';

const CLOSES = new Set(['create', 'update', 'save', 'destroy']);
const STRONG = new Set(['destroy']);

/**
 * Opens the dialog. Returns a promise that resolves when it is closed.
 *
 * @param {object} action of the model
 * @param {{given?: Record<string, any>, record?: Record<string, any>, title?: string}} about
 */
export function open(action, { given = {}, record, title } = {}) {
  const resource = now.model.resources.get(action.resource);
  const does = action.role?.does ?? action.name;
  const isChange = does === 'update';
  const form = formOf(action, given, isChange ? record : undefined, now.model.resolve);
  const heading = freshId('asks');
  const result = el('div', { className: 'result', role: 'status' });
  const rev = record && revisionOf(resource, record);
  const ifRev = rev !== undefined && (isChange || does === 'destroy') && el('input', { type: 'checkbox', checked: true });
  const snippets = snippetBox(action.resource, action.name, form.read);
  const doer = el('button', { className: STRONG.has(does) ? 'danger' : 'main', textContent: action.name });
  const mode = !form.isEmpty && !form.isOpen && button('Edit as JSON', () => {
    const isJson = mode.textContent === 'Edit as JSON';
    form.toJson(isJson);
    mode.textContent = isJson ? 'Edit as form' : 'Edit as JSON';
    form.first()?.focus();
  }, { className: 'small' });

  const box = el('form', { noValidate: true },
    el('header', { className: 'row spread' },
      el('h2', { id: heading, textContent: title ?? `${action.name} ${given[resource.id] ?? action.resource}` }), mode),
    el('p', { className: 'soft', textContent: action.description }),
    el('div', { className: 'scrolled' },
      form.node,
      ifRev && el('label', { className: 'null' }, ifRev, `only if the record is unchanged (revision ${rev})`),
      result,
      snippets.box),
    el('footer', { className: 'row' }, doer, button('Close', () => dialog.close())));
  const dialog = el('dialog', { className: 'asks', 'aria-labelledby': heading }, box);
  box.oninput = snippets.refresh;

  box.onsubmit = async (event) => {
    event.preventDefault();
    form.clear();
    result.replaceChildren();
    doer.disabled = true;
    try {
      const payload = form.read();
      const answer = await ask(action.resource, action.name, payload, ifRev?.checked ? { ifRev: rev } : undefined);
      if (CLOSES.has(does)) {
        tell(`${action.name}: done${answer?.[resource.id] === undefined ? '' : `, ${answer[resource.id]}`}`);
        dialog.close('done');
      } else {
        show(result, answer);
      }
    } catch (error) {
      doer.disabled = false;
      if (error instanceof SyntaxError) form.show({ message: `invalid JSON: ${error.message}` });
      else form.show(error);
    } finally {
      doer.disabled = false;
    }
  };

  document.body.append(dialog);
  dialog.showModal();
  (form.first() ?? doer).focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve(dialog.returnValue === 'done');
    };
  });
}

/** Shows a result: text as it is, anything else as JSON. */
function show(place, answer) {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2) ?? 'null';
  const count = Array.isArray(answer) ? `: ${answer.length} items${answer.next ? ', and there are more' : ''}` : '';
  place.replaceChildren(el('strong', { textContent: `Result${count}` }), el('pre', { textContent: text, tabIndex: 0 }));
}

/** The message for data that could not be read. */
export const errorText = (error) => el('p', { className: 'error', role: 'alert', textContent: inWords(error) });
