//! Frames that the server rejects, and waiting for positions.

use super::resources::{Beast, beast, local};
use super::scripted_server::{ScriptedConnection, ScriptedServer};
use crate::support::{TestServer, within};
use serde_json::{Value, json};
use sockful::client::{Builder, Client, ClientEvent, Live};
use sockful::{Config, ErrorKind, Filter, Outcome, Server};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn builder(url: &str) -> Builder {
    let builder = Client::builder(url);
    builder.backoff(Duration::from_millis(1), Duration::from_millis(5))
}

fn large_filter() -> Filter<Beast> {
    Beast::FIELDS.kind.eq("x".repeat(300))
}

#[tokio::test]
async fn frames_over_max_frame_are_not_sent() {
    let server = ScriptedServer::start().await;
    let client = builder(&server.url()).start().expect("an address");
    let mut connection = server.accept(200).await;
    let beasts = client.records::<Beast>();
    let mut subscription = beasts.subscribe(large_filter());
    let mut live = beasts.live(large_filter());
    let errors = [
        within("the end", subscription.next())
            .await
            .map(|it| it.map(drop)),
        within("the end", live.changed()).await,
        Some(
            beasts
                .create(beast("bob", &"x".repeat(300)))
                .await
                .map(drop),
        ),
        Some(client.authenticate(Some("x".repeat(300))).await.map(drop)),
    ];
    for error in errors {
        let error = error
            .expect("an error")
            .expect_err("the frame is too large");
        assert_eq!(
            (error.kind(), error.limit()),
            (ErrorKind::TooLarge, Some(("max_frame", 200)))
        );
    }
    let get = tokio::spawn(beasts.get("bob").into_future());
    let request = connection.next().await;
    assert_eq!(request[1], "get", "no frame precedes the request");
    connection.reply(&request, json!({"ok": null})).await;
    drop(get);
}

/// Waits for the next change of a live query. Panics if it is an error.
async fn next_change(live: &mut Live<Beast>) {
    let changed = within("a change", live.changed()).await;
    changed.expect("the stream is open").expect("no error");
}

#[tokio::test]
async fn position_that_is_too_large_is_left_out() {
    let server = ScriptedServer::start().await;
    let client = builder(&server.url()).start().expect("an address");
    let mut connection = server.accept(200).await;
    let mut live = client.records::<Beast>().live(Filter::all());
    let request = connection.next().await;
    let reset = json!({"ok": {"records": []}, "seq": 3, "resume": "x".repeat(300)});
    connection.reply(&request, reset).await;
    next_change(&mut live).await;
    drop(connection);
    let mut connection = server.accept(200).await;
    assert_eq!(connection.next().await[2], request[2]);
}

#[tokio::test]
async fn frame_at_which_the_server_closes_is_sent_twice() {
    for code in [1002, 1003, 1007, 1008, 1009] {
        let server = ScriptedServer::start().await;
        let client = builder(&server.url()).start().expect("an address");
        let beasts = client.records::<Beast>();
        let get = |id: &str| tokio::spawn(beasts.get(id).into_future());
        let mut connection = server.accept(10_000).await;
        let (before, rejected) = (get("before"), get("rejected"));
        // Both are sent before the next request.
        let sent = [connection.next().await, connection.next().await];
        let after = get("after");
        let mut live: Live<Beast> = beasts.live(Filter::all());
        let sent = [
            &sent[0],
            &sent[1],
            &connection.next().await,
            &connection.next().await,
        ]
        .map(|it| it[1].clone());
        assert_eq!(sent.iter().filter(|it| **it == "get").count(), 3);
        connection.close(code).await;
        let mut rejections = 0;
        let mut replied = Vec::<String>::new();
        while replied.len() < 3 {
            let mut connection = server.accept(10_000).await;
            while replied.len() < 3 {
                let request = connection.next().await;
                let name = request[2]["id"].as_str().unwrap_or("live").to_owned();
                if name == "rejected" {
                    rejections += 1;
                    connection.close(code).await;
                    break;
                }
                let reply = match &*name {
                    "live" => json!({"ok": {"records": []}, "seq": 1, "resume": "r"}),
                    _ => json!({"err": {"code": "not_found", "message": "not found"}}),
                };
                connection.reply(&request, reply).await;
                replied.push(name);
            }
        }
        assert_eq!(rejections, 1, "{code}");
        let error = within("the error", rejected)
            .await
            .expect("no panic")
            .expect_err("the frame is rejected");
        let kind = if code == 1009 {
            ErrorKind::TooLarge
        } else {
            ErrorKind::BadFrame
        };
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Some(Outcome::NotApplied))
        );
        for other in [before, after] {
            let error = within("a reply", other)
                .await
                .expect("no panic")
                .expect_err("a reply");
            assert_eq!(error.kind(), ErrorKind::NotFound, "{code}");
        }
        live.changed()
            .await
            .expect("the stream is open")
            .expect("no error");
    }
}

#[tokio::test]
async fn live_query_ended_by_a_limit_comes_back() {
    let server = ScriptedServer::start().await;
    let client = builder(&server.url()).start().expect("an address");
    let mut connection = server.accept(10_000).await;
    let mut live = client.records::<Beast>().live(Filter::all());
    let request = connection.next().await;
    let reset = json!({"ok": {"records": []}, "seq": 3, "resume": "r", "at": "p"});
    connection.reply(&request, reset).await;
    let error = json!({"error": {"code": "too_many", "message": "too many"}});
    connection
        .send(json!(["beast", "ended", error, request[3]]))
        .await;
    next_change(&mut live).await;
    let again = connection.next().await;
    assert_eq!(
        again[2]["$from"],
        json!({"resume": "r", "seq": 3, "at": "p"})
    );
    // A live query without an initial result fails.
    let mut other = client.records::<Beast>().live(Filter::all());
    let request = connection.next().await;
    let rejection = json!({"err": {"code": "too_many", "message": "too many"}});
    connection.reply(&request, rejection).await;
    let refused = other.changed().await.expect("an error");
    assert_eq!(
        refused.expect_err("the query is rejected").kind(),
        ErrorKind::TooMany
    );
}

/// A reset, and commits of which the second can't be deserialized.
async fn send_unreadable(connection: &mut ScriptedConnection, request: &Value) {
    let reset = json!({"ok": {"records": [stored("bob")]}, "seq": 3, "resume": "r"});
    connection.reply(request, reset).await;
    for (event, payload) in [
        ("created", json!({"record": stored("eve"), "seq": 4})),
        ("updated", json!({"record": {"id": "bob"}, "seq": 5})),
        ("destroyed", json!({"id": "eve", "seq": 6})),
    ] {
        connection
            .send(json!(["beast", event, payload, request[3]]))
            .await;
    }
}

fn stored(id: &str) -> Value {
    json!({
        "id": id, "kind": "cat", "life": 1, "mood": null, "weight": 1.0, "tame": true, "rev": 3,
    })
}

/// Checks that the client ends this subscription on the server.
async fn expect_unsubscribe(connection: &mut ScriptedConnection, request: &Value) {
    let mut next = connection.next().await;
    // `until` asks for the position.
    while next[1] == "ping" {
        next = connection.next().await;
    }
    assert_eq!(
        (&next[1], &next[2]),
        (&json!("unsubscribe"), &json!({"subscription": request[3]}))
    );
}

#[tokio::test]
async fn unreadable_event_ends_the_subscription() {
    let server = ScriptedServer::start().await;
    let client = builder(&server.url()).start().expect("an address");
    let mut connection = server.accept(10_000).await;
    let mut subscription = client.records::<Beast>().subscribe(Filter::all());
    let request = connection.next().await;
    send_unreadable(&mut connection, &request).await;
    for _ in 0..2 {
        let event = within("an event", subscription.next()).await;
        let event = event.expect("the stream is open").expect("it is readable");
        assert!(matches!(
            event,
            ClientEvent::Reset { seq: 3, .. } | ClientEvent::Created { seq: 4, .. }
        ));
    }
    let error = within("the error", subscription.next()).await;
    let error = error.expect("an error").expect_err("it is unreadable");
    assert_eq!(error.kind(), ErrorKind::Internal);
    expect_unsubscribe(&mut connection, &request).await;
    let event = json!({"id": "bob", "seq": 7});
    connection
        .send(json!(["beast", "destroyed", event, request[3]]))
        .await;
    for _ in 0..2 {
        let end = within("the end", subscription.next()).await;
        assert!(end.is_none(), "nothing follows the error");
    }
    drop(subscription);
    let get = tokio::spawn(client.records::<Beast>().get("bob").into_future());
    assert_eq!(connection.next().await[1], "get", "it ended once");
    drop(get);
}

#[tokio::test]
async fn unreadable_commit_ends_the_live_query() {
    for waits in [false, true] {
        let server = ScriptedServer::start().await;
        let client = builder(&server.url()).start().expect("an address");
        let mut connection = server.accept(10_000).await;
        let mut live: Live<Beast> = client.records().live(Filter::all());
        let request = connection.next().await;
        send_unreadable(&mut connection, &request).await;
        let failed = if waits {
            within("the error", live.until(6)).await
        } else {
            next_change(&mut live).await;
            next_change(&mut live).await;
            within("the error", live.changed()).await
        };
        let error = failed.expect("an error").expect_err("it is unreadable");
        assert_eq!(error.kind(), ErrorKind::Internal);
        let ids = |live: &Live<Beast>| live.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&live), ["bob", "eve"], "a view of commit 4");
        expect_unsubscribe(&mut connection, &request).await;
        assert!(within("the end", live.changed()).await.is_none());
        assert!(within("the end", live.until(6)).await.is_none());
        assert_eq!(ids(&live), ["bob", "eve"]);
    }
}

#[tokio::test]
async fn unreadable_reply_ends_the_subscription() {
    let server = ScriptedServer::start().await;
    let client = builder(&server.url()).start().expect("an address");
    let mut connection = server.accept(10_000).await;
    let mut live: Live<Beast> = client.records().live(Filter::all());
    let request = connection.next().await;
    let reply = json!({"ok": [], "seq": 3, "resume": "r"});
    connection.reply(&request, reply).await;
    let failed = within("the error", live.changed()).await;
    failed.expect("an error").expect_err("it is unreadable");
    expect_unsubscribe(&mut connection, &request).await;
    assert!(within("the end", live.changed()).await.is_none());
}

#[tokio::test]
async fn until_takes_in_own_write() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let mut dragons = beasts.live(Beast::FIELDS.kind.eq("dragon"));
    for n in 0..50 {
        let id = format!("b{n}");
        let reply = beasts.create(beast(&id, "dragon")).reply().await;
        let seq = reply
            .expect("the record is created")
            .seq
            .expect("a commit has a sequence number");
        let reached = within("the commit", dragons.until(seq)).await;
        reached.expect("the stream is open").expect("no error");
        assert_eq!(dragons.len(), n + 1);
        // A commit that does not change the result.
        let reply = beasts.create(beast(&format!("w{n}"), "wyrm")).reply().await;
        let seq = reply
            .expect("the record is created")
            .seq
            .expect("a commit has a sequence number");
        let reached = within("the commit", dragons.until(seq)).await;
        reached.expect("the stream is open").expect("no error");
        assert_eq!(dragons.len(), n + 1);
    }
    client.close().await;
    assert!(within("the end", dragons.until(1_000)).await.is_none());
}

#[tokio::test]
async fn rejected_origin_fails_requests_immediately() {
    let server = Server::new(super::resources::RESOURCES);
    let server = server.config(Config::default().loopback_origins(false));
    let server = TestServer::serve(server).await;
    let url = format!("ws://{}", server.address);
    let client = builder(&url)
        .header("Origin", "http://localhost:5173")
        .start();
    let client = client.expect("an address");
    let beasts = client.records::<Beast>();
    for _ in 0..2 {
        let error = within("the error", beasts.get("bob").into_future()).await;
        let error = error.expect_err("the origin is rejected");
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Forbidden, Some(Outcome::NotApplied))
        );
        assert!(
            error.to_string().contains("access.allowed_origins"),
            "{error}"
        );
    }
}

/// Each connection is accepted and never answered. The clock is paused, so timeouts elapse at once.
#[tokio::test(start_paused = true)]
async fn backoff_grows_while_nothing_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!(
        "ws://{}",
        listener
            .local_addr()
            .expect("a bound listener has an address")
    );
    let client = Client::builder(&url)
        .backoff(Duration::from_secs(60), Duration::from_secs(3_600))
        .patience(Duration::from_secs(10))
        .start()
        .expect("an address");
    let start = tokio::time::Instant::now();
    let mut held = Vec::new();
    for _ in 0..12 {
        let (mut stream, _) = listener.accept().await.expect("the listener accepts");
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        let _ = stream.flush().await;
        held.push(stream);
    }
    // With a constant backoff, the twelve attempts take at most 12 × (10 s + 60 s).
    assert!(
        start.elapsed() > Duration::from_secs(12 * 70),
        "{:?}",
        start.elapsed()
    );
    drop(client);
}
