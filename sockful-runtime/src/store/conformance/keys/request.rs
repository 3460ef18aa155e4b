//! The effect and the response of a request with a key.

use crate::store::commit::{Expect, Operation};
use crate::store::conformance::sample;
use crate::store::idempotency::PendingResponse;

/// The resource of the records.
const COUNTED: usize = 3;

/// The effect of the request on the record, and its response.
#[derive(Clone, Copy, Debug)]
pub(super) enum RequestKind {
    Put,
    /// Destroys the record, or creates it if it does not exist.
    Destroy,
    /// Stores the record; the response is another value with the record's revision.
    StoreAndReport,
    /// Reads the record and writes another; the response is another value with the record's revision.
    ReadAndReport,
    /// Stores the record; the response is another value.
    ReportOnly,
    /// Stores the record and another; the response is a list of both and another value.
    List,
    /// Destroys the record if it exists, and stores another; the response is a list of both.
    ListDestroyed,
    /// Emits an event of the record; the response is another value with the record's revision.
    Emit,
    Fail,
}

/// The commit of a step, and its expected effect.
pub(super) struct KeyedCommit {
    pub(super) operations: Vec<Operation>,
    pub(super) response: PendingResponse,
    /// The revision in the response.
    pub(super) rev: Option<u64>,
    pub(super) text: String,
    /// The expected content of the record afterwards: its life and its revision.
    pub(super) stored: Option<(u64, u64)>,
}

impl KeyedCommit {
    /// `stored` is the current content of the record, and `seq` the number that the commit will have.
    pub(super) fn new(does: RequestKind, life: u32, stored: Option<(u64, u64)>, seq: u64) -> Self {
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
            (RequestKind::Put, _) | (RequestKind::Destroy, None) => Self {
                response: shown(0),
                text: record((life, seq)),
                ..usual
            },
            (RequestKind::Destroy, Some(stored)) => Self {
                operations: vec![delete(stored.1)],
                response: shown(0),
                rev: Some(stored.1),
                text: record(stored),
                stored: None,
            },
            (RequestKind::ReadAndReport, Some((_, rev))) => Self {
                operations: vec![put("eve", Expect::Any), assert(rev)],
                response: tell(Some(1)),
                rev: Some(rev),
                stored,
                ..usual
            },
            (RequestKind::ReportOnly, _) => Self {
                response: tell(None),
                rev: None,
                ..usual
            },
            (RequestKind::List, _) | (RequestKind::ListDestroyed, None) => Self {
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
            (RequestKind::ListDestroyed, Some(stored)) => Self {
                operations: vec![delete(stored.1), put("eve", Expect::Any)],
                response: PendingResponse::List(vec![shown(1), shown(0)]),
                rev: None,
                text: format!("[{},{}]", of("eve", (life, seq)), record(stored)),
                stored: None,
            },
            (RequestKind::Emit, Some((_, rev))) => Self {
                operations: vec![emit(), assert(rev)],
                response: tell(Some(1)),
                rev: Some(rev),
                stored,
                ..usual
            },
            (RequestKind::Emit, None) => Self {
                operations: vec![emit(), put("bob", Expect::Absent)],
                response: tell(Some(1)),
                ..usual
            },
            (RequestKind::Fail, _) => Self {
                operations: vec![assert(seq), put("bob", Expect::Any)],
                ..usual
            },
            (RequestKind::StoreAndReport | RequestKind::ReadAndReport, _) => usual,
        }
    }
}
