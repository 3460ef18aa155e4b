// The frames: a log of all traffic, and an editor for hand-written frames.

import { button, copy, el, freshId } from './dom.js';
import { clear, frames, listen, nextId, sendByHand } from './wire.js';

const SHOWN = 300;
const BRIEF = 400;
const WHOLE = 100_000;
const KEY = 'sockful.frame';

/** Fills the view of the frames. */
export function showLog(room) {
  let isPaused = false;
  let held = 0;
  let waiting = [];
  const list = el('ol');
  const log = el('div', { className: 'log', tabIndex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Frames sent and received' }, list);
  const filter = el('input', { type: 'search', ariaLabel: 'Filter frames', placeholder: 'filter', oninput: redraw });
  const kind = el('select', { ariaLabel: 'Frames to show', onchange: redraw },
    [['', 'all but pings'], ['out', 'sent'], ['in', 'received'], ['bad', 'errors'], ['every', 'all']].map(([value, textContent]) => el('option', { value, textContent })));
  const pause = button('Pause', () => {
    isPaused = !isPaused;
    held = 0;
    pause.textContent = isPaused ? 'Resume' : 'Pause';
    pause.setAttribute('aria-pressed', isPaused);
    if (!isPaused) redraw();
  }, { className: 'small', 'aria-pressed': 'false' });
  const emptied = button('Clear', () => [clear(), redraw()], { className: 'small' });

  const isMeant = ({ text, frame, isOut, isBad }) => {
    const isPing = frame?.[0] === 'sockful' && frame[1] === 'ping' && !String(frame[3]).startsWith('hand:');
    const fits = { '': !isPing, out: isOut, in: !isOut, bad: isBad, every: true }[kind.value];
    return fits && text.toLowerCase().includes(filter.value.toLowerCase());
  };
  function redraw() {
    waiting = [];
    list.replaceChildren(...frames.filter(isMeant).slice(-SHOWN).map((it) => entry(it, editor)));
    log.scrollTop = log.scrollHeight;
  }
  function paint() {
    const meant = waiting.filter(isMeant).slice(-SHOWN);
    waiting = [];
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    list.append(...meant.map((it) => entry(it, editor)));
    while (list.childElementCount > SHOWN) list.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
  listen((frame) => {
    if (isPaused) {
      pause.textContent = `Resume (${++held})`;
      return;
    }
    if (waiting.length === 0) requestAnimationFrame(paint);
    waiting.push(frame);
  });

  const editor = editorOf();
  room.append(
    el('div', { className: 'row spread' }, el('h2', { textContent: 'Frames' }), el('div', { className: 'row' }, pause, emptied)),
    el('div', { className: 'row' }, filter, kind),
    log,
    editor.node);
}

/** Creates the entry of a frame. When open, it shows the complete frame, which can be copied or sent again. */
function entry(frame, editor) {
  const { isOut, isBad, text, at, took } = frame;
  const [resource, action] = frame.frame ?? [];
  const time = at.toTimeString().slice(0, 8);
  const brief = text.length > BRIEF ? `${text.slice(0, BRIEF)} … ${text.length.toLocaleString('en')} characters` : text;
  const inside = el('div');
  const box = el('details', { className: isOut ? 'out' : isBad ? 'in bad' : 'in' },
    el('summary', { title: `${time}${took === undefined ? '' : `, after ${took.toFixed(1)} ms`}` },
      el('span', { className: 'way', 'aria-hidden': 'true', textContent: isOut ? '↑' : '↓' }),
      el('span', { className: 'unseen', textContent: isOut ? 'sent ' : 'received ' }),
      el('span', { className: 'text', textContent: brief })),
    inside);
  box.ontoggle = () => {
    if (!box.open || inside.childElementCount) return;
    const whole = frame.frame ? JSON.stringify(frame.frame, null, 2) : text;
    inside.append(
      el('pre', { textContent: whole.length > WHOLE ? `${whole.slice(0, WHOLE)} …` : whole, tabIndex: 0 }),
      el('div', { className: 'row' },
        el('small', { className: 'soft', textContent: `${time}${took === undefined ? '' : ` · ${took.toFixed(1)} ms`}` }),
        button('Copy', () => copy(text, 'The frame'), { className: 'small', ariaLabel: `Copy the frame ${resource} ${action}` }),
        isOut && button('Edit and send again', () => editor.edit(frame), { className: 'small' })));
  };
  return el('li', {}, box);
}

/** Creates the editor for hand-written frames. */
function editorOf() {
  const id = freshId('frame');
  const text = el('textarea', { id, className: 'mono', rows: 4, spellcheck: false, 'aria-describedby': `${id}-hint ${id}-fault`, value: sessionStorage.getItem(KEY) ?? `["sockful","ping",null,"${nextId()}"]` });
  const fault = el('p', { id: `${id}-fault`, className: 'fault', role: 'alert' });
  const form = el('form', { className: 'editor' },
    el('label', { for: id, textContent: 'Frame' }),
    text,
    el('small', { id: `${id}-hint`, className: 'hint', textContent: '[resource, action, payload, ack_id]; Ctrl+Enter sends it. Without an ack_id there is no reply.' }),
    fault,
    el('div', { className: 'row' }, el('button', { className: 'main', textContent: 'Send' })));
  form.onsubmit = (event) => {
    event.preventDefault();
    fault.textContent = '';
    try {
      sendByHand(text.value);
      sessionStorage.setItem(KEY, text.value);
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  text.onkeydown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) [event.preventDefault(), form.requestSubmit()];
  };
  return {
    node: form,
    edit({ frame, text: sent }) {
      // With a new ack_id, and without the key, which would make it the same request.
      const { key, ...options } = frame?.[4] ?? {};
      const again = frame && [frame[0], frame[1], frame[2], nextId(), ...Object.keys(options).length ? [options] : []];
      text.value = again ? JSON.stringify(again) : sent;
      text.focus();
    },
  };
}
