// A queue of received frames; waiting for one times out after 10 s.

import WebSocket from 'ws';

export function connect(url) {
  return queue(new WebSocket(url.replace(/^http/, 'ws'), 'sockful.1'));
}

/** Creates the queue of a WebSocket. Tests also evaluate this function in a browser, so it uses no imports. */
export function queue(socket) {
  const frames = [];
  let ended = null;
  let wake = () => {};

  function end(reason) {
    ended ??= reason;
    wake();
  }

  socket.onmessage = ({ data }) => {
    frames.push(data);
    wake();
  };
  socket.onerror = ({ message }) => message && end(message);
  const closed = new Promise((resolve) => {
    socket.onclose = ({ code, reason }) => {
      end(`the connection was closed with ${code} ${reason}`);
      resolve(code);
    };
  });

  return {
    send: (text) => socket.send(text),
    /** Closes the connection and returns the close code of the server. */
    close() {
      socket.close(1000);
      return closed;
    },
    async next() {
      const timer = setTimeout(() => end('no frame came within 10 s'), 10_000);
      while (frames.length === 0 && ended === null) {
        await new Promise((resolve) => { wake = resolve; });
      }
      clearTimeout(timer);
      if (frames.length === 0) throw new Error(ended);
      return frames.shift();
    },
  };
}
