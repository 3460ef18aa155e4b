// The theme: light, dark, or that of the system.

import { el } from './dom.js';

const KEY = 'sockful.theme';
const NEXT = { auto: 'light', light: 'dark', dark: 'auto' };

/** Makes a button that cycles through the themes. */
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
