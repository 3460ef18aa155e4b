//! Sends requests one after the other without a socket: all processing of text.

use super::World;
use super::oracle::{Due, ServerFrame};
use sockful_runtime::testing::fuzzing::FuzzClient;

/// The requests that create the initial records.
const BEFORE: [&str; 4] = [
    r#"["creature","create",{"id":"bob","life":3,"email":"bob@example.com"},1]"#,
    r#"["creature","create",{"id":"larry","team":"blue","tags":["a"],"weight":1.5},1]"#,
    r#"["album","create",{"id":1,"title":"One"},1]"#,
    r#"["album","createSong",{"album_id":1,"id":"s","code":7},1]"#,
];

/// Sends each line as a message. Every message gets exactly one reply, with the expected `ack_id`,
/// and a message with unusual whitespace is treated the same.
pub fn frame(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    World::run(async |server| {
        let client = FuzzClient::new(server);
        for message in BEFORE {
            let (answer, _) = client.ask(message).await;
            assert!(answer.contains(r#"{"ok":"#), "{answer}");
        }
        for message in text.split('\n') {
            let (received, is_bad) = ask(&client, message).await;
            let (again, is_bad_again) = ask(&client, &format!("\n{message}")).await;
            assert_eq!(received.ack_id, again.ack_id, "{message}");
            assert_eq!(is_bad, is_bad_again, "{message}");
        }
    });
}

async fn ask(client: &FuzzClient, message: &str) -> (ServerFrame, bool) {
    let (answer, is_bad) = client.ask(message).await;
    let received = ServerFrame::read(&answer);
    assert!(received.is_reply(), "{message}: {answer}");
    match Due::of(message) {
        Due::To(id) => assert_eq!(received.ack_id, id, "{message}: {answer}"),
        Due::NoAckId => {
            assert_eq!(received.ack_id, "null", "{message}: {answer}");
            assert!(is_bad, "{message}: {answer}");
        }
        Due::MaybeNoAckId => assert_eq!(received.ack_id, "null", "{message}: {answer}"),
    }
    (received, is_bad)
}
