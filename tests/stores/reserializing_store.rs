//! A store that reads each record again from its text, as a store on a disk would.

use sockful::Config;
use sockful::store::{Memory, Record, boxed};
use sockful_runtime::store::testing::Intercept;

/// A store in memory whose records are written as text and read again on their way out.
pub(super) fn reserializing_store(config: &Config) -> Intercept {
    Intercept::new(Memory::with_config(config))
        .before(|_| {
            boxed(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .map_records(|declared, record| {
            let (id, rev) = (record.id(), record.rev());
            Record::stored(declared, id, rev, record.sent(), record.kept())
        })
}

/// The same, but `find` drops the first record, which the conformance test must notice.
pub(super) fn store_without_the_first(config: &Config) -> Intercept {
    reserializing_store(config).edit_found(|found| {
        found.records.drain(..1.min(found.records.len()));
    })
}
