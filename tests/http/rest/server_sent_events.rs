//! Live queries as server-sent events.

use super::ask;
use crate::relations::children::music;
use crate::support::{Checkpoints, EventStream, TestServer, notes_app, sample_resources};
use serde_json::{Value, json};
use sockful::{Config, Server};
use std::time::Duration;

async fn open(server: &TestServer, address: &str, headers: &str) -> EventStream {
    EventStream::open(server.raw_connection().await, address, headers).await
}

async fn create(server: &TestServer, id: &str, kind: &str) {
    let body = json!({"id": id, "kind": kind}).to_string();
    let created = ask(server, "POST /api/creature", "", &body).await;
    assert_eq!(created.status, 201, "{created:?}");
}

fn ids(records: &Value) -> Vec<&str> {
    let records = records.as_array().expect("a list");
    records.iter().filter_map(|it| it["id"].as_str()).collect()
}

#[tokio::test]
async fn event_stream_of_a_list_receives_changes() {
    let server = TestServer::start().await;
    create(&server, "larry", "unicorn").await;
    create(&server, "bob", "dragon").await;
    let mut events = open(&server, "/api/creature?kind=unicorn", "").await;
    let first = events.event().await;
    assert_eq!(
        (&*first.name, ids(&first.data["ok"]["records"])),
        ("subscribe", vec!["larry"])
    );
    create(&server, "eve", "dragon").await;
    create(&server, "amalthea", "unicorn").await;
    let created = events.event().await;
    assert_eq!(
        (&*created.name, &created.data["id"]),
        ("created", &json!("amalthea"))
    );
    ask(
        &server,
        "PATCH /api/creature/larry",
        "",
        r#"{"kind":"horse"}"#,
    )
    .await;
    let left = events.event().await;
    assert_eq!(
        (&*left.name, &left.data["left"]),
        ("destroyed", &json!(true))
    );
    let resume = first.data["resume"].as_str().expect("a token").to_owned();
    for (event, seq) in [(first, 2), (created, 4), (left, 5)] {
        let at = event.data["at"].as_str().expect("a proof");
        assert_eq!(event.id, Some(format!("{resume}/{seq}/{at}")));
    }
}

#[tokio::test]
async fn event_stream_follows_a_record_and_its_children() {
    let (server, mut client) = music().await;
    for id in ["kob", "amiga"] {
        client
            .ok("album", "create", json!({"id": id, "title": id}))
            .await;
    }
    let mut one = open(&server, "/api/album/kob?$select=title", "").await;
    let mut songs = open(&server, "/api/album/kob/songs", "").await;
    assert_eq!(
        one.event().await.data["ok"]["records"],
        json!([{"title": "kob"}])
    );
    let first = songs.event().await;
    assert_eq!(
        (&*first.name, &first.data["ok"]["records"]),
        ("subscribeSongs", &json!([]))
    );
    for album in ["amiga", "kob"] {
        let song = json!({"album_id": album, "id": format!("of-{album}"), "title": "x"});
        client.ok("album", "createSong", song).await;
    }
    assert_eq!(songs.event().await.data["id"], "of-kob");
    let change = json!({"id": "kob", "title": "Kind of Blue"});
    client.ok("album", "update", change).await;
    assert_eq!(
        one.event().await.data["record"],
        json!({"title": "Kind of Blue"})
    );
}

#[tokio::test]
async fn event_stream_resumes_without_gap_or_duplicate() {
    let server = TestServer::start().await;
    create(&server, "a", "dragon").await;
    let mut events = open(&server, "/api/creature", "").await;
    events.event().await;
    create(&server, "b", "dragon").await;
    let last = events.event().await.id.expect("an event has an id");
    drop(events);
    create(&server, "c", "dragon").await;
    create(&server, "d", "dragon").await;
    let mut again = open(
        &server,
        "/api/creature",
        &format!("Last-Event-ID: {last}\r\n"),
    )
    .await;
    assert_eq!(again.event().await.data["ok"], json!({"resumed": true}));
    for id in ["c", "d"] {
        assert_eq!(again.event().await.data["id"], id);
    }
    // An id of another query, or an invalid id, starts with a snapshot.
    let (unproven, _) = last.rsplit_once('/').expect("three parts");
    let (from, _) = unproven.rsplit_once('/').expect("three parts");
    for (address, id) in [
        ("/api/creature?life=10", &*last),
        ("/api/creature", "8-2f/x"),
        ("/api/creature", unproven),
        ("/api/creature", &*format!("{from}/1/AAAAAAAAAAAAAAAA")),
    ] {
        let mut other = open(&server, address, &format!("Last-Event-ID: {id}\r\n")).await;
        let first = other.event().await;
        assert_eq!(
            ids(&first.data["ok"]["records"]),
            ["a", "b", "c", "d"],
            "{id}"
        );
    }
}

#[tokio::test]
async fn chunked_snapshot_has_its_id_on_the_last_event() {
    let server = TestServer::start().await;
    let bio = "x".repeat(40_000);
    for id in 0..40 {
        let body = json!({"id": id.to_string(), "bio": bio}).to_string();
        ask(&server, "POST /api/creature", "", &body).await;
    }
    let mut events = open(&server, "/api/creature", "").await;
    let mut received = 0;
    loop {
        let event = events.event().await;
        let records = event
            .data
            .get("records")
            .or(event.data["ok"].get("records"));
        received += records.and_then(Value::as_array).expect("records").len();
        let more = event.data["more"] == true;
        assert_eq!(event.id.is_none(), more, "{received}");
        if !more {
            break;
        }
    }
    assert_eq!(received, 40);
}

#[tokio::test]
async fn event_stream_errors_are_http_statuses() {
    let server = TestServer::serve(notes_app::server()).await;
    let accept = "Accept: text/event-stream\r\n";
    for (address, headers, status, code) in [
        ("/api/note", "", 401, "unauthenticated"),
        (
            "/api/note?wings=2",
            "Authorization: Bearer bob\r\n",
            400,
            "invalid_query",
        ),
        (
            "/api/note/x/comments",
            "Authorization: Bearer bob\r\n",
            404,
            "not_found",
        ),
        (
            "/api/note?$skip=2",
            "Authorization: Bearer bob\r\n",
            400,
            "invalid_query",
        ),
    ] {
        let headers = format!("{accept}{headers}");
        let answer = ask(&server, &format!("GET {address}"), &headers, "").await;
        assert_eq!(answer.status, status, "{address} {answer:?}");
        assert_eq!(answer.json()["err"]["code"], code);
    }
}

#[tokio::test]
async fn event_stream_ends_when_its_identity_is_revoked() {
    let handle = notes_app::server().open().await.expect("memory opens");
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let bob = "Authorization: Bearer bob\r\n";
    for (id, owner) in [("his", "bob"), ("hers", "eve")] {
        let body = json!({"id": id, "owner": owner}).to_string();
        let headers = format!("Authorization: Bearer {owner}\r\n");
        ask(&server, "POST /api/note", &headers, &body).await;
    }
    let mut events = open(&server, "/api/note", bob).await;
    assert_eq!(ids(&events.event().await.data["ok"]["records"]), ["his"]);
    ask(
        &server,
        "PATCH /api/note/hers",
        "Authorization: Bearer eve\r\n",
        r#"{"text":"x"}"#,
    )
    .await;
    ask(&server, "PATCH /api/note/his", bob, r#"{"text":"x"}"#).await;
    assert_eq!(events.event().await.data["id"], "his");
    assert_eq!(handle.revoke("bob"), 1);
    let names = [events.event().await.name, events.event().await.name];
    assert_eq!(names, ["expired", "ended"]);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn shutdown_ends_event_streams_immediately() {
    // The deadline is longer than the test waits for anything.
    let mut server = TestServer::start_with(|config| {
        config.connection.shutdown_timeout = Duration::from_secs(3_600);
    })
    .await;
    let mut events = open(&server, "/api/creature", "").await;
    events.event().await;
    server.stop();
    assert!(events.next().await.is_none());
    server.stopped().await;
}

#[tokio::test]
async fn unread_event_stream_is_closed() {
    let mut config = Config::default();
    config.connection.write_timeout = Duration::from_millis(200);
    let handle = Server::new(sample_resources::RESOURCES)
        .config(config)
        .open()
        .await;
    let handle = handle.expect("memory opens");
    let server = TestServer::from_handle(handle.clone(), Checkpoints::default()).await;
    let mut raw = server.raw_connection().await;
    raw.send("GET /api/creature HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        .await;
    let mut writer = server.client().await;
    let write = async {
        let mut life = 0;
        let bio = "x".repeat(50_000);
        writer.ok("creature", "create", json!({"id": "bob"})).await;
        loop {
            life += 1;
            writer
                .ok(
                    "creature",
                    "update",
                    json!({"id": "bob", "life": life, "bio": bio}),
                )
                .await;
        }
    };
    // The server closes the connection: the client has not read a byte.
    let closed = async {
        use tokio::io::AsyncWriteExt;
        while raw.output.write_all(b"\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let either = async {
        tokio::select! {
            () = write => {}
            () = closed => {}
        }
    };
    crate::support::within("the end of the stream", either).await;
}
