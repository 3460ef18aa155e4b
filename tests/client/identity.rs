//! Authentication of the client.

use crate::support::notes_app::{self, NewNote, Note, User};
use crate::support::{unix_time, within};
use sockful::client::{Builder, Client, Status};
use sockful::{
    Credentials, ErrorKind, Filter, Identity, Outcome, Result, Server, ServerHandle, testing,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::Semaphore;

async fn notes_server() -> (ServerHandle, Builder) {
    let server = notes_app::server()
        .open()
        .await
        .expect("a memory store opens");
    let builder = testing::builder(&server);
    (server, builder)
}

async fn whoami(client: &Client) -> Result<String> {
    client.call("note", "whoami", &()).await
}

#[tokio::test]
async fn client_has_the_identity_of_its_token() {
    let (_server, builder) = notes_server().await;
    let client = builder
        .token("bob")
        .connect()
        .await
        .expect("the token is valid");
    assert_eq!(whoami(&client).await.expect("the token is valid"), "bob");
    client
        .authenticate(Some("eve".into()))
        .await
        .expect("the token is valid");
    assert_eq!(whoami(&client).await.expect("the token is valid"), "eve");
    let error = client.authenticate(Some("bob:1000".into())).await;
    assert_eq!(
        error.expect_err("the identity has expired").kind(),
        ErrorKind::Unauthenticated
    );
    assert_eq!(
        whoami(&client).await.expect("the identity is unchanged"),
        "eve"
    );
    client
        .authenticate(None)
        .await
        .expect("signing out succeeds");
    let error = whoami(&client)
        .await
        .expect_err("the client is unauthenticated");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn handshake_headers_authenticate_the_client() {
    for (name, value) in [("authorization", "Bearer bob"), ("cookie", "session=bob")] {
        let (_server, builder) = notes_server().await;
        let client = builder
            .header(name, value)
            .connect()
            .await
            .expect("the token is valid");
        assert_eq!(whoami(&client).await.expect("the token is valid"), "bob");
        // An authenticated client sends writes with idempotency keys.
        let note = NewNote {
            owner: "bob".into(),
            ..NewNote::default()
        };
        client
            .records::<Note>()
            .create(note)
            .await
            .expect("the owner may create the note");
    }
    // The same over the network.
    let server = notes_app::start().await;
    let builder = || Client::builder(server.url());
    let client = builder()
        .header("authorization", "Bearer bob")
        .connect()
        .await;
    assert_eq!(
        whoami(&client.expect("the token is valid"))
            .await
            .expect("the token is valid"),
        "bob"
    );
    let refused = builder()
        .header("authorization", "Bearer bob:1000")
        .connect()
        .await;
    assert_eq!(
        refused.expect_err("the identity has expired").kind(),
        ErrorKind::Unauthenticated
    );
}

#[tokio::test]
async fn connect_returns_error_for_a_rejected_token() {
    for token in ["bob:1000", "broken"] {
        let (_server, builder) = notes_server().await;
        let error = builder
            .token(token)
            .connect()
            .await
            .expect_err("the token is rejected");
        let kinds = [ErrorKind::Unauthenticated, ErrorKind::Internal];
        assert!(kinds.contains(&error.kind()), "{error:?}");
    }
}

/// Starts a server whose identities expire after one second of its clock. The client's token is different each time.
async fn short_lived_identities() -> (ServerHandle, Client, Arc<AtomicU64>, Arc<AtomicUsize>) {
    let (now, token_requests) = (
        Arc::new(AtomicU64::new(1_000)),
        Arc::new(AtomicUsize::new(0)),
    );
    let (clock, expiring) = (now.clone(), now.clone());
    let server = Server::new(notes_app::RESOURCES)
        .clock(move || unix_time(clock.load(Relaxed)))
        .authenticate(move |credentials: Credentials| {
            let expires = expiring.load(Relaxed) + 1_000;
            async move {
                let name = credentials.token().unwrap_or_default().to_owned();
                let user = User {
                    name: name.clone(),
                    is_admin: false,
                };
                Ok(Identity::new(name, user).until(unix_time(expires)))
            }
        });
    let server = server.open().await.expect("a memory store opens");
    let counter = token_requests.clone();
    let builder = testing::builder(&server).token_with(move || {
        let nth = counter.fetch_add(1, Relaxed);
        async move { Ok(Some(format!("user{nth}"))) }
    });
    let client = builder.connect().await.expect("the token is valid");
    (server, client, now, token_requests)
}

#[tokio::test(start_paused = true)]
async fn identity_is_renewed_before_it_expires() {
    let (_server, client, _now, token_requests) = short_lived_identities().await;
    assert_eq!(whoami(&client).await.expect("the token is valid"), "user0");
    // The client requests another token when a tenth of the second is left.
    tokio::time::sleep(std::time::Duration::from_millis(950)).await;
    assert_eq!(whoami(&client).await.expect("the token is valid"), "user1");
    assert_eq!(token_requests.load(Relaxed), 2);
}

#[tokio::test]
async fn revoked_identity_is_authenticated_again() {
    let (server, client, now, _asked) = short_lived_identities().await;
    let mut notes = client.records::<Note>().subscribe(Filter::all());
    assert!(
        within("a reset", notes.next())
            .await
            .expect("the stream is open")
            .is_ok()
    );
    // The client authenticates again after the revocation, and its subscription continues.
    assert_eq!(server.revoke("user0"), 1);
    let name = within("a response", whoami(&client))
        .await
        .expect("the client is authenticated again");
    assert_ne!(name, "user0");
    // The identity expires before the server reports it.
    now.fetch_add(5_000, Relaxed);
    let name = within("a response", whoami(&client))
        .await
        .expect("the client is authenticated again");
    let note = NewNote {
        owner: name.clone(),
        ..NewNote::default()
    };
    client
        .records::<Note>()
        .create(note)
        .await
        .expect("the owner may create the note");
    loop {
        let event = within("an event", notes.next())
            .await
            .expect("the stream is open");
        if let sockful::client::ClientEvent::Created { .. } = event.expect("no error") {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn client_with_headers_reconnects_when_expired() {
    let (server, builder) = notes_server().await;
    let client = builder.header("Cookie", "session=bob").connect().await;
    let client = client.expect("the cookie is accepted");
    let mut notes = client.records::<Note>().subscribe(Filter::all());
    let first = notes.next().await.expect("an event");
    first.expect("the initial result");
    assert_eq!(server.revoke("bob"), 1);
    // The reconnect starts a new session.
    let note = NewNote {
        owner: "bob".to_owned(),
        ..NewNote::default()
    };
    let created = client.records::<Note>().create(note).await;
    created.expect("the client is authenticated again");
    loop {
        let event = notes.next().await.expect("the subscription continues");
        if let sockful::client::ClientEvent::Created { .. } = event.expect("no error") {
            break;
        }
    }
}

/// Returns a client of a server whose authenticator never completes.
async fn never_authenticated() -> Builder {
    let never = |_: Credentials| std::future::pending::<Result<Identity<User>>>();
    let server = Server::new(notes_app::RESOURCES).authenticate(never);
    testing::builder(&server.open().await.expect("a memory store opens"))
}

#[tokio::test(start_paused = true)]
async fn late_renewal_does_not_undo_authenticate() {
    let server = Server::new(notes_app::RESOURCES)
        .clock(|| unix_time(1_000))
        .authenticate(|credentials: Credentials| async move {
            let name = credentials.token().unwrap_or_default().to_owned();
            let user = User {
                name: name.clone(),
                is_admin: false,
            };
            Ok(Identity::new(name, user).until(unix_time(2_000)))
        });
    let server = server.open().await.expect("a memory store opens");
    let gate = Arc::new(Semaphore::new(1));
    let waiting = gate.clone();
    let builder = testing::builder(&server).token_with(move || {
        let gate = waiting.clone();
        async move {
            gate.acquire()
                .await
                .expect("the semaphore is never closed")
                .forget();
            Ok(Some("bob".to_owned()))
        }
    });
    let client = builder.connect().await.expect("the token is valid");
    assert_eq!(whoami(&client).await.expect("the token is valid"), "bob");
    // The client has requested another token, and the callback has not returned yet.
    tokio::time::sleep(std::time::Duration::from_millis(950)).await;
    client
        .authenticate(None)
        .await
        .expect("signing out succeeds");
    gate.add_permits(1);
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let error = whoami(&client)
        .await
        .expect_err("the client is unauthenticated");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test(start_paused = true)]
async fn request_waiting_for_authentication_is_not_applied() {
    let client = never_authenticated().await.token("bob").start();
    let client = client.expect("the client starts");
    let note = NewNote::default();
    let writing = tokio::spawn(client.records::<Note>().create(note).into_future());
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    client.close().await;
    assert_eq!(client.status(), Status::Closed);
    let error = writing.await.expect("no panic").err();
    let error = error.expect("the client is closed");
    assert_eq!(error.outcome(), Some(Outcome::NotApplied), "{error:?}");
}

#[tokio::test]
async fn token_callback_may_fail_or_panic() {
    let (server, builder) = notes_server().await;
    let error = builder.token_with(async || panic!("no token")).connect();
    let error = error.await.expect_err("the callback panics");
    assert_eq!(error.kind(), ErrorKind::Internal);
    let builder = testing::builder(&server).token_with(async || Ok(None));
    let client = builder
        .connect()
        .await
        .expect("the client connects without a token");
    assert!(whoami(&client).await.is_err());
}
