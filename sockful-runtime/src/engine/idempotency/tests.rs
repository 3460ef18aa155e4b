use super::*;
use crate::core::error::ErrorKind;
use crate::protocol::frame;
use crate::protocol::reply;
use crate::protocol::reply::Selection;
use crate::store::Memory;
use crate::store::commit::{Commit, Expect, Operation, Rejected};
use crate::store::conformance::sample;
use futures_util::FutureExt;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const NOW: u64 = 1_790_000_000_000;
const HOUR: u64 = 60 * 60 * 1_000;

/// A server with one record, with a clock that the test sets.
struct Server {
    store: Memory,
    keys: Idempotency,
    time: Arc<AtomicU64>,
    /// The life values of the runs.
    runs: Mutex<Vec<u64>>,
}

impl Server {
    async fn start(config: &Config) -> Self {
        let time = Arc::new(AtomicU64::new(NOW));
        let store = Memory::with_config(config);
        store
            .open(&[sample::COUNTED])
            .await
            .expect("the memory store opens");
        let hands = Arc::clone(&time);
        Self {
            store,
            keys: Idempotency::new(config, Clock::new(move || hands.load(Relaxed))),
            time,
            runs: Mutex::default(),
        }
    }

    /// Stores bob with this life if his record matches `expect`.
    async fn put(&self, request: &RequestKey, life: u64, expect: Expect) -> Reply {
        self.runs.lock().expect("no panic").push(life);
        let put = Operation::Put {
            resource: 0,
            record: sample::counted("bob", life),
            expect,
        };
        let commit = Commit {
            operations: vec![put],
            idempotency: Some(
                request.idempotency_entry(self.time.load(Relaxed), PendingResponse::Record(0, 0)),
            ),
            ..Commit::default()
        };
        match self.store.commit(commit).await {
            Ok(committed) => {
                let record = committed.changes[0].after.clone().expect("it was stored");
                Ok(Done::new(
                    Body::Record(record, Selection::All),
                    committed.seq,
                ))
            }
            Err(Rejected::Repeated) => Err(Error::repeated()),
            Err(_) => Err(Error::new(ErrorKind::Conflict, "it is another")),
        }
    }

    /// Sends the same as a request with a key.
    async fn send(&self, request: &RequestKey, life: u64) -> Reply {
        let run = self.put(request, life, Expect::Any);
        self.keys
            .run_once(&self.store, request, run, show_all)
            .await
    }

    /// Fills the limits with keys of bob ahead of the clock, without looking them up first.
    async fn put_keys_ahead(&self) {
        for n in 0..6 {
            let request = request(NOW + 1_000 + n);
            let put = self.put(&request, n, Expect::Any).await;
            put.expect("the key is new");
        }
    }

    fn runs(&self) -> Vec<u64> {
        self.runs.lock().expect("no panic").clone()
    }
}

/// Shows the complete record to every caller.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the signature of `show` is fallible"
)]
fn show_all(_: usize, record: Arc<Record>) -> Result<Body> {
    Ok(Body::Record(record, Selection::All))
}

fn key(time: u64) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(time, &[7; 10]).into_uuid()
}

fn request(time: u64) -> RequestKey {
    RequestKey {
        caller: "bob".into(),
        key: key(time),
        fingerprint: fingerprint("creature", "save", "{}", None),
    }
}

fn text(reply: &Reply) -> String {
    let request = frame::parse(r#"["creature","save",null,7]"#).expect("a frame");
    let mut out = Vec::new();
    reply::write(&mut out, &request.head, reply, usize::MAX);
    String::from_utf8(out).expect("text")
}

#[tokio::test]
async fn retry_returns_first_reply_without_running() {
    let server = Server::start(&Config::default()).await;
    let first = text(&server.send(&request(NOW), 3).await);
    assert_eq!(
        first,
        r#"["creature","save",{"ok":{"id":"bob","life":3,"rev":1},"seq":1,"rev":1},7]"#
    );
    server.send(&request(NOW + 1), 4).await.expect("another");
    assert_eq!(text(&server.send(&request(NOW), 3).await), first);
    assert_eq!(server.runs(), [3, 4]);
}

#[tokio::test]
async fn stored_json_response_keeps_seq_and_rev() {
    let server = Server::start(&Config::default()).await;
    for (nth, subject, expected) in [
        (1, None, r#"{"ok":[7],"seq":1}"#),
        (2, Some(0), r#"{"ok":[7],"seq":2,"rev":2}"#),
    ] {
        let request = request(NOW + nth);
        let json = "[7]".into();
        let response = PendingResponse::Json { json, subject };
        let put = Operation::Put {
            resource: 0,
            record: sample::counted("bob", nth),
            expect: Expect::Any,
        };
        let commit = Commit {
            operations: vec![put],
            idempotency: Some(request.idempotency_entry(NOW, response)),
            ..Commit::default()
        };
        server.store.commit(commit).await.expect("it is taken");
        let again = text(&server.send(&request, 9).await);
        assert!(again.contains(expected), "{again}");
    }
    assert!(server.runs().is_empty());
}

#[tokio::test]
async fn same_key_for_another_request_is_a_conflict() {
    let server = Server::start(&Config::default()).await;
    server.send(&request(NOW), 3).await.expect("the first");
    let other = RequestKey {
        fingerprint: fingerprint("creature", "save", "{}", Some(1)),
        ..request(NOW)
    };
    let refused = text(&server.send(&other, 4).await);
    assert!(refused.contains(r#""code":"conflict""#), "{refused}");
    assert!(refused.contains(r#""outcome":"unknown""#), "{refused}");
    let of_other_caller = RequestKey {
        caller: "eve".into(),
        ..request(NOW)
    };
    server
        .send(&of_other_caller, 5)
        .await
        .expect("a key of her own");
    assert_eq!(server.runs(), [3, 5]);
}

#[tokio::test]
async fn failed_request_leaves_nothing_and_runs_again() {
    let server = Server::start(&Config::default()).await;
    let request = request(NOW);
    let run = server.put(&request, 3, Expect::Rev(9));
    let failed = server
        .keys
        .run_once(&server.store, &request, run, show_all)
        .await;
    assert_eq!(
        failed.expect_err("there is no bob").to_string(),
        "it is another"
    );
    server.send(&request, 3).await.expect("a retry runs");
    assert_eq!(server.runs(), [3, 3]);
}

#[tokio::test]
async fn retry_waits_for_the_request_in_flight() {
    let server = Server::start(&Config::default()).await;
    let request = request(NOW);
    let (go, may_go) = tokio::sync::oneshot::channel();
    let slow = async {
        may_go.await.expect("the sender is alive");
        server.put(&request, 3, Expect::Any).await
    };
    let mut first = pin!(
        server
            .keys
            .run_once(&server.store, &request, slow, show_all)
    );
    let mut retry = pin!(server.send(&request, 3));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut retry).now_or_never().is_none());
    go.send(()).expect("the receiver is alive");
    let (first, retry) = (first.await, retry.await);
    assert_eq!(text(&first), text(&retry));
    assert_eq!(server.runs(), [3]);
}

#[tokio::test]
async fn retry_runs_after_a_cancelled_request() {
    let server = Server::start(&Config::default()).await;
    let request = request(NOW);
    let never = std::future::pending();
    let mut first = Box::pin(
        server
            .keys
            .run_once(&server.store, &request, never, show_all),
    );
    let mut retry = pin!(server.send(&request, 3));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut retry).now_or_never().is_none());
    drop(first);
    retry.await.expect("the request is first in the queue");
    assert_eq!(server.runs(), [3]);
}

#[tokio::test]
async fn reply_committed_by_another_server_is_returned() {
    let server = Server::start(&Config::default()).await;
    let other = Idempotency::new(&Config::default(), server.keys.clock.clone());
    let request = request(NOW);
    let run = async {
        let put = server.put(&request, 3, Expect::Any);
        let first = other.run_once(&server.store, &request, put, show_all).await;
        first.expect("the other server does it");
        server.put(&request, 4, Expect::Any).await
    };
    let reply = server
        .keys
        .run_once(&server.store, &request, run, show_all)
        .await;
    let reply = text(&reply);
    assert!(reply.contains(r#""life":3,"rev":1},"seq":1"#), "{reply}");
    assert_eq!(server.runs(), [3, 4]);
}

#[tokio::test]
async fn failure_after_own_earlier_commit_returns_its_reply() {
    let server = Server::start(&Config::default()).await;
    let request = request(NOW);
    let run = async {
        server
            .put(&request, 3, Expect::Any)
            .await
            .expect("the earlier run");
        Err(Error::not_found("creature"))
    };
    let reply = server
        .keys
        .run_once(&server.store, &request, run, show_all)
        .await;
    assert!(text(&reply).contains(r#""life":3"#));
}

#[tokio::test]
async fn forgotten_key_is_a_conflict() {
    let mut config = Config::default();
    config.store.max_keys = 1;
    let server = Server::start(&config).await;
    server.send(&request(NOW), 1).await.expect("the first");
    server.send(&request(NOW + 1), 2).await.expect("the second");
    let refused = text(&server.send(&request(NOW), 1).await);
    assert!(refused.contains(r#""code":"conflict""#), "{refused}");
    assert!(refused.contains(r#""outcome":"unknown""#), "{refused}");
    assert_eq!(server.runs(), [1, 2]);
}

#[tokio::test]
async fn key_older_than_retention_is_rejected() {
    let server = Server::start(&Config::default()).await;
    let refused = server.send(&request(NOW - 24 * HOUR), 1).await;
    assert_eq!(refused.expect_err("too old").kind(), ErrorKind::Conflict);
    assert!(server.runs().is_empty());
    server
        .send(&request(NOW - 23 * HOUR), 2)
        .await
        .expect("in time");
    // A stored reply is returned regardless of its age.
    server.time.fetch_add(2 * HOUR, Relaxed);
    server
        .send(&request(NOW - 23 * HOUR), 2)
        .await
        .expect("its first reply");
    assert_eq!(server.runs(), [2]);
}

#[tokio::test]
async fn remembered_key_is_answered_with_the_clock_set_back() {
    let server = Server::start(&Config::default()).await;
    let first = text(&server.send(&request(NOW), 1).await);
    server.time.fetch_sub(2 * HOUR, Relaxed);
    assert_eq!(text(&server.send(&request(NOW), 1).await), first);
    // A new key is checked against the current clock.
    let refused = server.send(&request(NOW + 1), 2).await;
    let refused = refused.expect_err("it is hours ahead");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(&*refused.fields()[0].path, "key");
    let skewed = request(NOW - 2 * HOUR + 299_000);
    server.send(&skewed, 3).await.expect("it is within bounds");
    assert_eq!(server.runs(), [1, 3]);
}

#[tokio::test]
async fn keys_work_after_a_wrong_clock_is_corrected() {
    let mut config = Config::default();
    config.store.max_keys = 1;
    let server = Server::start(&config).await;
    server.time.fetch_add(48 * HOUR, Relaxed);
    for n in 0..3 {
        let request = request(NOW + 48 * HOUR + n);
        server.send(&request, n).await.expect("it is new");
    }
    server.time.fetch_sub(48 * HOUR, Relaxed);
    for n in 0..3 {
        server.send(&request(NOW + n), n).await.expect("it is new");
        server.time.fetch_add(1, Relaxed);
    }
    assert_eq!(server.runs(), [0, 1, 2, 0, 1, 2]);
}

#[tokio::test]
async fn keys_ahead_of_the_clock_limit_only_their_caller() {
    let mut config = Config::default();
    config.store.max_keys = 4;
    let server = Server::start(&config).await;
    server.put_keys_ahead().await;
    let refused = server.send(&request(NOW + 2_000), 9).await;
    let refused = refused.expect_err("too many are ahead");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(refused.outcome(), Some(Outcome::NotApplied));
    // A key that is too far ahead would not be accepted in five minutes either.
    let invalid = server.send(&request(NOW + 300_001), 9).await;
    let invalid = invalid.expect_err("it is too far ahead");
    assert_eq!(invalid.kind(), ErrorKind::Invalid);
    let of_other_caller = RequestKey {
        caller: "eve".into(),
        ..request(NOW + 2_000)
    };
    server.send(&of_other_caller, 7).await.expect("it is fresh");
}

#[tokio::test]
async fn uncertain_error_is_not_replaced_by_a_refusal() {
    for first in [
        Error::new(ErrorKind::Timeout, "no answer").with_outcome(Outcome::Unknown),
        Error::new(ErrorKind::Conflict, "it is another"),
    ] {
        let mut config = Config::default();
        config.store.max_keys = 4;
        let server = Server::start(&config).await;
        let request = request(NOW + 2_000);
        let (kind, outcome) = (first.kind(), first.outcome());
        let run = async {
            server.put_keys_ahead().await;
            server.time.fetch_sub(HOUR, Relaxed);
            Err(first)
        };
        let reply = server.keys.run_once(&server.store, &request, run, show_all);
        let error = reply.await.expect_err("it failed");
        assert_eq!((error.kind(), error.outcome()), (kind, outcome));
        server.time.fetch_add(HOUR, Relaxed);
        let again = server.send(&request, 1).await.expect_err("too many ahead");
        assert_eq!(again.kind(), ErrorKind::Unavailable);
    }
}
