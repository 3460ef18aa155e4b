// Loads the explorer from where the server is mounted, be that written with a slash at its end or without.

const base = location.pathname.replace(/\/?$/, '/');
try {
  await import(`${base}sockful/explorer/main.js`);
} catch (error) {
  const told = document.getElementById('empty');
  if (told) told.textContent = `The explorer can't be loaded from ${base}sockful/explorer/: ${error.message}`;
  throw error;
}
