// Loads the explorer from where the server is mounted, with or without a trailing slash.

const base = location.pathname.replace(/\/?$/, '/');
try {
  await import(`${base}sockful/explorer/main.js`);
} catch (error) {
  const told = document.getElementById('empty');
  if (told) told.textContent = `Cannot load the explorer from ${base}sockful/explorer/: ${error.message}`;
  throw error;
}
