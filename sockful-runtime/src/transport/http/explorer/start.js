// Loads the explorer from where the server is mounted, with or without a trailing slash.

const base = location.pathname.replace(/\/?$/, '/');
try {
  await import(`${base}sockful/explorer/main.js`);
} catch (error) {
  const message = document.getElementById('empty');
  if (message) message.textContent = `Cannot load the explorer from ${base}sockful/explorer/: ${error.message}`;
  throw error;
}
