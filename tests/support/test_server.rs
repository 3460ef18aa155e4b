//! A server on a free port.

use super::checkpoints::Checkpoints;
use super::http_client::{self, HttpClient};
use super::sqlite_store;
use super::{Client, RawConnection, sample_resources, within};
use sockful::{Config, Server, ServerHandle};
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that runs until it is stopped or dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) checkpoints: Checkpoints,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl TestServer {
    /// Starts a server of the sample resources with the default config.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a server of the sample resources with the config that `change` sets.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        Self::serve(Server::new(sample_resources::RESOURCES).config(config)).await
    }

    /// Opens and starts a server.
    pub(crate) async fn serve(server: Server) -> Self {
        let checkpoints = Checkpoints::default();
        let server = match sqlite_store::new_store() {
            Some(store) => server.store(store),
            None => server,
        };
        let handle = server.state(checkpoints.clone()).open().await;
        Self::from_handle(handle.expect("a memory store opens"), checkpoints).await
    }

    /// Starts serving a server that is already open.
    pub(crate) async fn from_handle(handle: ServerHandle, checkpoints: Checkpoints) -> Self {
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
            served.expect("the server does not fail");
        });
        Self {
            address,
            checkpoints,
            stop: Some(stop),
            served: task,
        }
    }

    /// Connects a client and reads the hello.
    pub(crate) async fn client(&self) -> Client {
        if http_client::is_enabled() {
            return Client::over_http(
                HttpClient::new(self.raw_connection().await, String::new()).await,
            );
        }
        let mut client = self.client_before_hello().await;
        client.recv().await;
        client
    }

    /// Connects a client and does not read the hello.
    pub(crate) async fn client_before_hello(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Opens a TCP connection.
    pub(crate) async fn raw_connection(&self) -> RawConnection {
        RawConnection::new(
            TcpStream::connect(self.address)
                .await
                .expect("the server listens"),
        )
    }

    /// Opens a TCP connection, performs the WebSocket handshake and reads the hello.
    pub(crate) async fn raw_websocket_connection(&self) -> RawConnection {
        let mut raw = self.raw_connection().await;
        raw.shake_hands().await;
        raw.read_frame().await;
        raw
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("a server is stopped once");
        // `stopped` reports a server that failed.
        let _ = stop.send(());
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(self) {
        within("the end of the server", self.served)
            .await
            .expect("the server did not panic");
    }
}
