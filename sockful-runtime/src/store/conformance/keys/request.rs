//! What a request with a key does, and what is told of it.

use crate::store::commit::{Expect, Operation};
use crate::store::conformance::sample;
use crate::store::idempotency::PendingResponse;

/// The resource of the records.
const COUNTED: usize = 3;

/// What the request does to the one record, and what it reports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    Put,
    /// Destroys it, or makes it where it is not there.
    Destroy,
    /// Stores it, and reports something else beside its revision.
    Tell,
    /// Looks at it beside another, and reports something else beside its revision.
    TellUnchanged,
    /// Stores it, and reports something else.
    TellAlone,
    /// Stores it and another, and reports both in a list with something else.
    List,
    /// Destroys it where it is there, stores another, and reports both in a list.
    ListDestroyed,
    /// Says only that something happened to the record, and reports something else beside its revision.
    Emit,
    Fail,
}

/// What a step asks for, and what comes of it.
pub(super) struct KeyedCommit {
    pub(super) operations: Vec<Operation>,
    pub(super) response: PendingResponse,
    /// The revision that is told.
    pub(super) rev: Option<u64>,
    pub(super) text: String,
    /// What of the one record is stored then: its life and its revision.
    pub(super) stored: Option<(u64, u64)>,
}

impl KeyedCommit {
    /// `stored` is what there is so far, and `seq` the number that the commit will have.
    pub(super) fn new(does: Does, life: u32, stored: Option<(u64, u64)>, seq: u64) -> Self {
        let life = u64::from(life);
        let put = |id, expect| Operation::Put {
            resource: COUNTED,
            record: sample::counted(id, life),
            expect,
        };
        let assert = |rev| Operation::Assert {
            resource: COUNTED,
            id: "bob".into(),
            expect: Expect::Rev(rev),
        };
        let delete = |rev| Operation::Delete {
            resource: COUNTED,
            id: "bob".into(),
            expect: Expect::Rev(rev),
        };
        let emit = || Operation::Emit {
            resource: COUNTED,
            id: "bob".into(),
            event: 0,
            data: "9".into(),
        };
        let shown = |at| PendingResponse::Record(at, COUNTED);
        let tell = |subject| PendingResponse::Json {
            json: format!("[{life}]").into(),
            subject,
        };
        let of = |id, (life, rev)| format!(r#"{{"id":"{id}","life":{life},"rev":{rev}}}"#);
        let record = |stored| of("bob", stored);
        let usual = Self {
            operations: vec![put("bob", Expect::Any)],
            response: tell(Some(0)),
            rev: Some(seq),
            text: format!("[{life}]"),
            stored: Some((life, seq)),
        };
        match (does, stored) {
            (Does::Put, _) | (Does::Destroy, None) => Self {
                response: shown(0),
                text: record((life, seq)),
                ..usual
            },
            (Does::Destroy, Some(stored)) => Self {
                operations: vec![delete(stored.1)],
                response: shown(0),
                rev: Some(stored.1),
                text: record(stored),
                stored: None,
            },
            (Does::TellUnchanged, Some((_, rev))) => Self {
                operations: vec![put("eve", Expect::Any), assert(rev)],
                response: tell(Some(1)),
                rev: Some(rev),
                stored,
                ..usual
            },
            (Does::TellAlone, _) => Self {
                response: tell(None),
                rev: None,
                ..usual
            },
            (Does::List, _) | (Does::ListDestroyed, None) => Self {
                operations: vec![put("eve", Expect::Any), put("bob", Expect::Any)],
                response: PendingResponse::List(vec![shown(1), tell(Some(1)), shown(0)]),
                rev: None,
                text: format!(
                    "[{},[{life}],{}]",
                    record((life, seq)),
                    of("eve", (life, seq))
                ),
                ..usual
            },
            (Does::ListDestroyed, Some(stored)) => Self {
                operations: vec![delete(stored.1), put("eve", Expect::Any)],
                response: PendingResponse::List(vec![shown(1), shown(0)]),
                rev: None,
                text: format!("[{},{}]", of("eve", (life, seq)), record(stored)),
                stored: None,
            },
            (Does::Emit, Some((_, rev))) => Self {
                operations: vec![emit(), assert(rev)],
                response: tell(Some(1)),
                rev: Some(rev),
                stored,
                ..usual
            },
            (Does::Emit, None) => Self {
                operations: vec![emit(), put("bob", Expect::Absent)],
                response: tell(Some(1)),
                ..usual
            },
            (Does::Fail, _) => Self {
                operations: vec![assert(seq), put("bob", Expect::Any)],
                ..usual
            },
            (Does::Tell | Does::TellUnchanged, _) => usual,
        }
    }
}
