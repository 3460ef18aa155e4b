//! How many bad frames in a row a connection may send.

use crate::support::TestServer;
use serde_json::json;

#[tokio::test]
async fn connection_survives_31_bad_frames_in_a_row() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for _ in 0..3 {
        for _ in 0..31 {
            assert_eq!(client.ask_text("[]").await[2]["err"]["code"], "bad_frame");
        }
        client.assert_alive().await;
    }
}

#[tokio::test]
async fn connection_closes_after_32_bad_frames_in_a_row() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client
        .send_all((0..40).map(|_| json!([null, null, null, 3])))
        .await;
    let (answers, code) = client.rest().await;
    assert_eq!((answers.len(), code), (32, Some(1008)));
    assert!(
        answers
            .iter()
            .all(|answer| answer[2]["err"]["code"] == "bad_frame" && answer[3] == 3),
        "{answers:?}"
    );
}

#[tokio::test]
async fn failed_requests_are_not_bad_frames() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for _ in 0..100 {
        assert_eq!(
            client.code("missing", "nothing", json!(7)).await,
            "unknown_resource"
        );
    }
}

#[tokio::test]
async fn bad_frame_count_resets_on_read_not_on_reply() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for _ in 0..31 {
        client.ask_text("?").await;
    }
    client
        .send(json!(["creature", "waitAt", {"checkpoint": "g"}, 1]))
        .await;
    server.checkpoints.reached("g").await;
    for _ in 0..31 {
        client.ask_text("?").await;
    }
    server.checkpoints.release("g");
    assert_eq!(client.recv().await[3], 1);
    // The reply to an earlier request does not count as a valid frame.
    client.ask_text("?").await;
    assert_eq!(client.close_code().await, Some(1008));
}
