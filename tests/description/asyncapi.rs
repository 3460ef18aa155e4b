//! The `AsyncAPI` document matches the frames.

use crate::support::music_resources::MUSIC;
use crate::support::sample_resources::RESOURCES;
use crate::support::{Client, TestServer, assert_references_resolve};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

fn document() -> Value {
    let text = RESOURCES.asyncapi().expect("the resources are valid");
    serde_json::from_str(&text).expect("JSON")
}

/// A validator for the frames of one message.
fn judge(document: &Value, message: &str) -> Validator {
    assert!(
        document["components"]["messages"][message].is_object(),
        "{message}"
    );
    let place = format!("#/components/messages/{message}/payload");
    let schema = json!({"allOf": [{"$ref": place}], "components": document["components"]});
    let options = jsonschema::options().with_draft(Draft::Draft7);
    options.build(&schema).expect("a schema")
}

fn assert_fits(document: &Value, message: &str, frame: &Value) {
    if let Err(error) = judge(document, message).validate(frame) {
        panic!("{message}: {error}: {frame}");
    }
}

#[tokio::test]
async fn asyncapi_references_and_names_are_valid() {
    for resources in [RESOURCES, MUSIC] {
        let text = resources.asyncapi().expect("the resources are valid");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let found = assert_references_resolve(&document);
        assert!(found > 100, "{found}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        for part in ["messages", "schemas"] {
            let all = document["components"][part].as_object().expect("an object");
            assert!(
                all.keys().all(|key| key.chars().all(plain)),
                "{:?}",
                all.keys()
            );
        }
        assert_eq!(text, resources.asyncapi().expect("the resources are valid"));
        // Private properties are left out; `secret` is also a parameter of a method.
        assert!(!text.contains("hush"));
        let record = &document["components"]["schemas"]["creature.record"];
        assert!(record.pointer("/properties/secret").is_none(), "{record}");
    }
}

#[tokio::test]
async fn every_action_and_event_is_an_operation() {
    let document = document();
    let described: Value =
        serde_json::from_str(&RESOURCES.schema().expect("the resources are valid")).expect("JSON");
    let operations = document["operations"].as_object().expect("an object");
    let mut expected = 0;
    for (name, resource) in described["resources"].as_object().expect("an object") {
        for action in resource["actions"].as_object().expect("an object").keys() {
            let operation = &operations[&format!("{name}.{action}")];
            assert_eq!(operation["action"], "receive", "{name} {action}");
            assert!(operation["reply"]["messages"][0]["$ref"].is_string());
            expected += 1;
        }
        let declared = resource["events"].as_object().expect("an object").keys();
        let live = [
            "created",
            "updated",
            "destroyed",
            "records",
            "reset",
            "counted",
            "ended",
        ];
        for event in declared.map(String::as_str).chain(live) {
            let operation = &operations[&format!("{name}.{event}.event")];
            assert_eq!(operation["action"], "send", "{name} {event}");
            expected += 1;
        }
    }
    // Those of `sockful`: five actions and three events: hello, expired, a refusal.
    assert_eq!(operations.len(), expected + 8);
}

/// Sends a request and checks it and its reply against the document.
async fn ask(client: &mut Client, document: &Value, frame: Value) -> Value {
    let name = |at: usize| frame[at].as_str().expect("a name").to_owned();
    let key = format!("{}.{}", name(0), name(1));
    assert_fits(document, &key, &frame);
    let reply = client.ask(frame).await;
    assert_fits(document, &format!("{key}.reply"), &reply);
    reply
}

#[tokio::test]
async fn frames_match_the_asyncapi_document() {
    let (document, server) = (document(), TestServer::start().await);
    let mut client = server.client_before_hello().await;
    assert_fits(&document, "sockful.hello.event", &client.recv().await);
    for frame in [
        json!(["creature", "create", {"id": "bob", "kind": "dragon"}, 1]),
        json!(["creature", "create", {"id": "bob"}, "again"]),
        json!(["creature", "get", {"id": ["bob", "eve"]}, 2]),
        json!(["creature", "find", {"life": {"$gt": 5}, "$limit": 1, "$select": ["kind"]}, 3]),
        json!(["creature", "count", null, 4]),
        json!(["creature", "feed", {"id": "bob", "amount": 3}, 5, {"timeout_ms": 1000}]),
        json!(["creature", "subscribe", {}, 6]),
        json!(["sockful", "ping", null, 7]),
        json!(["sockful", "commit", [["creature", "create", {"id": "eve"}]], 8]),
    ] {
        ask(&mut client, &document, frame).await;
    }
    // The event of the last request may have arrived before or after its reply.
    let mut received = Vec::new();
    client
        .send(json!(["creature", "update", {"id": "bob", "life": 1}, 9]))
        .await;
    client
        .send(json!(["creature", "destroy", {"id": "bob"}, 10]))
        .await;
    while received.len() < 5 {
        let frame = client.recv().await;
        let (resource, action) = (&frame[0], frame[1].as_str().expect("a name"));
        let key = match frame[3].as_u64() {
            Some(6) => format!("creature.{action}.event"),
            _ => format!("{}.{action}.reply", resource.as_str().expect("a name")),
        };
        assert_fits(&document, &key, &frame);
        received.push(key);
    }
    for event in ["creature.updated.event", "creature.destroyed.event"] {
        assert!(received.iter().any(|key| key == event), "{received:?}");
    }
    for text in ["nonsense", "[1,2,3,4]", "[\"creature\",\"fly\",null,\"x\"]"] {
        client.send_text(text).await;
        assert_fits(&document, "sockful.refusal.event", &client.recv().await);
    }
}

#[tokio::test]
async fn selected_and_included_frames_match_the_document() {
    let text = MUSIC.asyncapi().expect("the resources are valid");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let server = TestServer::serve(sockful::Server::new(MUSIC)).await;
    let mut client = server.client().await;
    for frame in [
        json!(["artist", "create", {"id": "miles"}, 0]),
        json!(["album", "create", {"id": "kob", "artist_id": "miles"}, 1]),
        json!(["album", "createSong", {"album_id": "kob", "n": 1}, 2]),
        json!(["album", "get", {"id": "kob", "$with": ["songs"]}, 3]),
        json!(["album", "songs", {"album_id": "kob", "$select": ["n"]}, 4]),
        json!(["song", "subscribe", {"$select": ["n"]}, 5]),
    ] {
        let reply = ask(&mut client, &document, frame).await;
        assert!(reply[2].get("ok").is_some(), "{reply}");
    }
    let song = json!({"album_id": "kob", "n": 2});
    client.send(json!(["song", "create", song, 6])).await;
    for _ in 0..2 {
        let frame = client.recv().await;
        let is_event = frame[3] == 5;
        let key = if is_event {
            "song.created.event"
        } else {
            "song.create.reply"
        };
        assert_fits(&document, key, &frame);
    }
}

#[tokio::test]
async fn undocumented_frames_do_not_match() {
    let document = document();
    for (message, frame) in [
        (
            "creature.create",
            json!(["creature", "create", {"lief": 1}, 1]),
        ),
        ("creature.create", json!(["creature", "update", {}, 1])),
        ("creature.create", json!(["creature", "create", {}, -1])),
        (
            "creature.create",
            json!(["creature", "create", {}, 1, {"kee": 1}]),
        ),
        (
            "creature.create",
            json!(["creature", "create", {}, 1, {}, 1]),
        ),
        (
            "creature.create.reply",
            json!(["creature", "create", {"no": 1}, 1]),
        ),
        (
            "creature.created.event",
            json!(["creature", "created", {"id": "bob"}, 1]),
        ),
        ("sockful.hello.event", json!(["sockful", "hello", {}, null])),
    ] {
        assert!(
            !judge(&document, message).is_valid(&frame),
            "{message}: {frame}"
        );
    }
}
