// Light, dark, or as the system has it.

import { el } from './dom.js';

const KEY = 'sockful.theme';
const NEXT = { auto: 'light', light: 'dark', dark: 'auto' };

/** Has a button turn from one to the next. */
export function theme(place) {
  const apply = (to) => {
    if (to === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = to;
    place.replaceChildren(el('span', { className: 'spare', textContent: 'Theme: ' }), to);
    place.ariaLabel = `Theme: ${to}`;
    place.onclick = () => {
      localStorage.setItem(KEY, NEXT[to]);
      apply(NEXT[to]);
    };
  };
  const kept = localStorage.getItem(KEY);
  apply(kept in NEXT ? kept : 'auto');
}
