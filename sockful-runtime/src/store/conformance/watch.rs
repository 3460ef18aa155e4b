//! Checks that a watcher of the head receives each commit's number, and finds the commit in the log.

use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use crate::store::conformance::sample;
use std::time::Duration;
use tokio::time::timeout;

pub(super) async fn check(store: &dyn Store) {
    let model = sample::model();
    let mut head = store.watch();
    let nothing = || Operation::Delete {
        resource: 0,
        id: "eve".into(),
        expect: Expect::Any,
    };
    for seq in 1..=3 {
        let put = Operation::Put {
            resource: 0,
            record: sample::record(&model, &format!(r#"{{"id":"bob","life":{seq}}}"#)),
            expect: Expect::Any,
        };
        for operation in [put, nothing()] {
            let commit = Commit {
                operations: vec![operation],
                ..Commit::default()
            };
            store.commit(commit).await.expect("no expectation can fail");
        }
        let reached = timeout(Duration::from_secs(10), head.wait_for(|&head| head >= seq));
        let reached = *reached
            .await
            .expect("the task completes")
            .expect("the store exists");
        assert_eq!(reached, seq);
        let log = store.log(seq - 1, 9).await.expect("the log has the commit");
        assert_eq!(log.iter().map(|it| it.seq).collect::<Vec<_>>(), [seq]);
    }
    // A later receiver begins with the current head.
    assert_eq!(*store.watch().borrow(), 3);
}
