//! The conformance test of stores: random operations, compared with a simple model.

#[cfg(any(test, feature = "store-conformance"))]
pub(crate) mod sample;

pub(crate) mod cases;
mod commit_model;
mod commits;
mod events;
mod guards;
mod keys;
mod oracle;
pub(crate) mod relations;
mod snapshots;
mod unions;
mod visited;
mod watch;

use super::Store;
use crate::core::config::Config;
use crate::core::json::object::Object;
use crate::model::resource_model::Model;
use crate::query;
use crate::query::Query;
use crate::store::commit::{Commit, Expect, Operation};
use cases::Case;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Blocks until the future completes.
pub(crate) fn wait<T>(answer: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build();
    runtime.expect("a runtime without I/O").block_on(answer)
}

/// Tests that a store behaves as every store must: `cases` random cases each of searches, commits,
/// guards, snapshots, events and keys, compared with a simple model.
///
/// A thousand cases are worth their time. `make` is called for each case and creates an empty store
/// with the given limits, of which [`store.max_visited`](crate::config::StoreConfig::max_visited),
/// [`store.key_retention`](crate::config::StoreConfig::key_retention), `store.max_keys` and
/// `store.max_keys_per_caller` sometimes differ from the defaults.
///
/// Call it in a plain `#[test]`, since it starts its own runtimes:
///
/// ```
/// # use sockful_runtime as sockful;
/// # fn test() {
/// sockful::testing::store_conformance(1_000, sockful::store::Memory::with_config);
/// # }
/// ```
///
/// # Panics
///
/// If the store behaves differently from the model, with the shortest history that shows it.
#[cfg_attr(
    not(feature = "store-conformance"),
    expect(unreachable_pub, reason = "public with that feature")
)]
pub fn check<S: Store>(cases: u32, make: impl Fn(&Config) -> S) {
    let usual = || opened(make(&Config::default()));
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let searches =
        TestRunner::new(config.clone()).run(&cases::case(), |case| check_search(&usual(), &case));
    searches.unwrap_or_else(|failed| panic!("searches: {failed}"));
    let commits = TestRunner::new(config.clone()).run(&commits::histories(), |history| {
        commits::check_history(&usual(), &history)
    });
    commits.unwrap_or_else(|failed| panic!("commits: {failed}"));
    let guards = TestRunner::new(config.clone()).run(&guards::histories(), |history| {
        guards::check_history(&usual(), &history)
    });
    guards.unwrap_or_else(|failed| panic!("guards: {failed}"));
    guards::check_at_once(&usual());
    snapshots::check_others(&usual());
    wait(watch::check(&usual()));
    events::check(&usual());
    visited::check(&opened(make(&visited::limits())));
    unions::check(&usual());
    if usual().supports_relations() {
        let relations = TestRunner::new(config.clone()).run(&relations::cases(), |case| {
            relations::check_case(&usual(), &case)
        });
        relations.unwrap_or_else(|failed| panic!("relations: {failed}"));
        relations::check_visited(&usual());
        let limits = visited::limits();
        relations::check_limit(&opened(make(&limits)), limits.store.max_visited);
    }
    let keys = TestRunner::new(config).run(&keys::histories(), |history| {
        let store = opened(make(&keys::limits()));
        wait(keys::check_history(&store, &history))
    });
    keys.unwrap_or_else(|failed| panic!("keys: {failed}"));
}

pub(crate) fn opened<S: Store>(store: S) -> S {
    use crate::model::resource::Resource;
    let definition = sample::Sample::DEFINITION;
    let resources = [definition, sample::INDEXED, sample::SORTED, sample::COUNTED];
    wait(store.open(&resources)).expect("an empty store can be opened");
    store
}

/// Runs the same search with and without indexes.
fn check_search(store: &dyn Store, case: &Case) -> Result<(), TestCaseError> {
    check_search_of(store, case, 0, 0)?;
    check_search_of(store, case, 2, case.creatures.len() as u64)
}

/// Compares a search, a count and paging to the end with the whole list of the model.
fn check_search_of(
    store: &dyn Store,
    case: &Case,
    resource: usize,
    before: u64,
) -> Result<(), TestCaseError> {
    let model = sample::model();
    for creature in &case.creatures {
        let record = sample::record(&model, &creature.to_string());
        let put = Operation::Put {
            resource,
            record,
            expect: Expect::Absent,
        };
        let commit = Commit {
            operations: vec![put],
            ..Commit::default()
        };
        wait(store.commit(commit)).expect("the id is new");
    }
    let head = before + case.creatures.len() as u64;
    let expected = oracle::list(&case.creatures, &case.conditions, &case.sort);

    let count = format!("{}", case.conditions);
    let given = Object::parse(&count).expect("an object");
    let filter =
        query::conditions(&model, &given, crate::query::RelationScope::NONE).expect("conditions");
    let counted = wait(store.count(resource, filter.clone())).expect("a count");
    prop_assert_eq!((counted.seq, counted.value.count), (head, expected.len()));
    let elsewhere = wait(store.count(1, filter)).expect("a count");
    prop_assert_eq!(elsewhere.value.count, 0);

    let (query, _) = parse(&model, &case.query(case.limit, case.skip, None));
    let found = wait(store.find(resource, query)).expect("a list");
    let ids: Vec<&str> = found.value.records.iter().map(|it| it.id()).collect();
    let page = expected.iter().skip(case.skip).take(case.limit);
    prop_assert_eq!(ids, page.copied().collect::<Vec<_>>());
    let more = case.limit > 0 && expected.len() > case.skip + case.limit;
    prop_assert_eq!((found.seq, found.value.more), (head, more));

    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let text = case.query(case.limit.max(1), 0, after.as_deref());
        let (query, order) = parse(&model, &text);
        let found = wait(store.find(resource, query)).expect("a list").value;
        paged.extend(found.records.iter().map(|it| it.id().to_owned()));
        prop_assert!(paged.len() <= expected.len(), "pagination does not end");
        if !found.more {
            break;
        }
        let last = found.records.last().expect("a truncated page has records");
        after = Some(query::cursor_after(&order, &model, last));
    }
    prop_assert_eq!(paged, expected);
    Ok(())
}

fn parse(model: &Model, text: &str) -> (Query, Vec<query::QueryOrder>) {
    let given = Object::parse(text).expect("an object");
    let parsed = query::parse(
        model,
        &given,
        crate::query::RelationScope::NONE,
        &Config::default(),
    );
    let query = parsed.unwrap_or_else(|error| panic!("{text}: {error}"));
    let order = query.order.clone();
    (query, order)
}
