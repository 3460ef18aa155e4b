//! A server on a port of its own.

use super::gates::Gates;
use super::in_a_file;
use super::over_http::{self, OverHttp};
use super::{Client, Raw, sample, within};
use sockful::{Config, Server, ServerHandle};
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that serves the sample resources until it is stopped or dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) gates: Gates,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Running {
    /// Starts one with the default limits.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts one with the limits that `change` sets.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        Self::serving(Server::new(sample::RESOURCES).config(config)).await
    }

    /// Starts the one given.
    pub(crate) async fn serving(server: Server) -> Self {
        let gates = Gates::default();
        let server = match in_a_file::store() {
            Some(store) => server.store(store),
            None => server,
        };
        let handle = server.state(gates.clone()).open().await;
        Self::opened(handle.expect("a memory store opens"), gates).await
    }

    /// Starts the one that is open already.
    pub(crate) async fn opened(handle: ServerHandle, gates: Gates) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            let served = handle.serve(listener, shutdown).await;
            served.expect("a server serves");
        });
        Self {
            address,
            gates,
            stop: Some(stop),
            served: task,
        }
    }

    /// Connects a client, whose hello is read.
    pub(crate) async fn client(&self) -> Client {
        if over_http::is_meant() {
            return Client::over_http(OverHttp::new(self.raw().await, String::new()).await);
        }
        let mut client = self.fresh_client().await;
        client.recv().await;
        client
    }

    /// Connects a client that has read nothing yet.
    pub(crate) async fn fresh_client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Connects by plain TCP.
    pub(crate) async fn raw(&self) -> Raw {
        Raw::new(
            TcpStream::connect(self.address)
                .await
                .expect("the server listens"),
        )
    }

    /// Connects by plain TCP and shakes hands; the hello is read.
    pub(crate) async fn raw_websocket(&self) -> Raw {
        let mut raw = self.raw().await;
        raw.shake_hands().await;
        raw.read_frame().await;
        raw
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("a server is stopped once");
        // A server that has failed is told of by `stopped`.
        let _ = stop.send(());
    }

    /// Waits until the server has come to its end.
    pub(crate) async fn stopped(self) {
        within("the end of the server", self.served)
            .await
            .expect("the server did not panic");
    }
}
