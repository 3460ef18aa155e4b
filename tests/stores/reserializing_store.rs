//! A store that parses each record from its JSON, like a store on disk.

use sockful::Config;
use sockful::store::{Memory, Record, boxed};
use sockful_runtime::store::testing::Intercept;

/// Returns a memory store that serializes and parses each record that it returns.
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

/// Returns the same store with a faulty `find`, which drops the first record.
pub(super) fn store_without_the_first(config: &Config) -> Intercept {
    reserializing_store(config).edit_found(|found| {
        found.records.drain(..1.min(found.records.len()));
    })
}
