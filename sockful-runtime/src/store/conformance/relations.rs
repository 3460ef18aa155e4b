//! Checks conditions over relations: random ones, compared with a naive evaluation, and the number of
//! records that they read.

use super::{sample, wait};
use crate::model::definition::ResourceDef;
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::scalar::Scalar;
use crate::query::{By, CompareOp, Cursor, Query, QueryFilter, QueryOrder, RelatedFilter};
use crate::store::Store;
use crate::store::commit::{Commit, Expect, Operation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Resources without and with indexes, and the positions of their properties; `CTIME` has no index.
const PLAIN: usize = 0;
const UNIQUE: usize = 1;
const SORTED: usize = 2;
const ID: usize = 0;
const NAME: usize = 1;
const KIND: usize = 2;
const LIFE: usize = 3;
const TAME: usize = 5;
const CTIME: usize = 7;

/// Records of three resources, and queries of them.
#[derive(Clone, Debug)]
pub(crate) struct RelatedCase {
    records: Vec<(usize, String)>,
    queries: Vec<(usize, RelatedQuery)>,
}

#[derive(Clone, Debug)]
struct RelatedQuery {
    filter: QueryFilter,
    order: Vec<QueryOrder>,
    limit: usize,
    skip: usize,
}

/// The result of a query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RelatedResult {
    /// The records as they are stored.
    records: Vec<String>,
    /// Whether there are more.
    more: bool,
    /// The number of matching records.
    count: usize,
    /// The ids of all matching records, from page to page.
    paged: Vec<String>,
    /// The numbers of records that the list, the count and the pages read.
    visited: [usize; 3],
}

pub(crate) fn cases() -> impl Strategy<Value = RelatedCase> {
    let records = (0..3_usize, 0..7_u8).prop_flat_map(|(resource, n)| {
        let links = (link(), link(), 0..4_u8, any::<bool>(), 0..3_u8);
        links.prop_map(move |(name, kind, life, tame, ctime)| {
            // The names of one resource are unique; null may repeat.
            let name = name.filter(|_| resource != UNIQUE);
            let name = name.map_or("null".to_owned(), |name| format!("\"{name}\""));
            let kind = kind.unwrap_or_else(|| "none".to_owned());
            let text = format!(
                r#"{{"id":"r{n}","name":{name},"kind":"{kind}","life":{life},"tame":{tame},"ctime":{ctime}}}"#
            );
            (resource, n, text)
        })
    });
    let records = vec(records, 0..18).prop_map(|records| {
        let distinct: BTreeMap<_, _> = records
            .into_iter()
            .map(|(resource, n, text)| ((resource, n), text))
            .collect();
        let records = distinct.into_iter();
        records
            .map(|((resource, _), text)| (resource, text))
            .collect()
    });
    let query = select(vec![PLAIN, UNIQUE, SORTED, SORTED]).prop_flat_map(|resource| {
        let query = (filter(resource, 2), order(), 0..6_usize, 0..3_usize);
        query.prop_map(move |(filter, order, limit, skip)| {
            let query = RelatedQuery {
                filter,
                order,
                limit,
                skip,
            };
            (resource, query)
        })
    });
    (records, vec(query, 1..6)).prop_map(|(records, queries)| RelatedCase { records, queries })
}

/// The id of a record that may exist.
fn link() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.8, (0..7_u8).prop_map(|n| format!("r{n}")))
}

fn order() -> impl Strategy<Value = Vec<QueryOrder>> {
    let by = vec![
        By::Id,
        By::Property(LIFE),
        By::Property(CTIME),
        By::Property(KIND),
    ];
    let key = (select(by), any::<bool>());
    let key = key.prop_map(|(by, descending)| QueryOrder { by, descending });
    vec(key, 0..3)
}

fn plain() -> impl Strategy<Value = QueryFilter> {
    let is = vec![
        CompareOp::Equal,
        CompareOp::Less,
        CompareOp::LessOrEqual,
        CompareOp::Greater,
        CompareOp::GreaterOrEqual,
    ];
    let number = (select(vec![LIFE, CTIME]), select(is), 0..4_u8);
    let number = number.prop_map(|(property, is, value)| QueryFilter::Compare {
        property,
        is,
        value: Scalar::Number(value.into()),
    });
    let tame = any::<bool>().prop_map(|tame| QueryFilter::Compare {
        property: TAME,
        is: CompareOp::Equal,
        value: Scalar::Bool(tame),
    });
    let texts = (select(vec![ID, NAME, KIND]), vec(link(), 0..3));
    let texts = texts.prop_map(|(property, values)| {
        let value = |it: Option<String>| it.map_or(Scalar::Null, |it| Scalar::Text(it.into()));
        QueryFilter::one_of(property, values.into_iter().map(value).collect())
    });
    prop_oneof![3 => number, 1 => tame, 2 => texts, 1 => Just(QueryFilter::All)]
}

/// A filter of a resource that reaches through at most `steps` relations.
fn filter(resource: usize, steps: usize) -> BoxedStrategy<QueryFilter> {
    let leaf = match steps {
        0 => plain().boxed(),
        _ => prop_oneof![2 => plain(), 3 => related(resource, steps)].boxed(),
    };
    let tree = leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(QueryFilter::And),
            vec(inner.clone(), 1..3).prop_map(QueryFilter::Or),
            inner.prop_map(QueryFilter::negated),
        ]
    });
    tree.boxed()
}

fn related(resource: usize, steps: usize) -> BoxedStrategy<QueryFilter> {
    // The kind is the id of a parent in the next resource, the name that of one in the same.
    let relations: Vec<_> = match resource {
        PLAIN => vec![(SORTED, KIND, false)],
        UNIQUE => vec![(SORTED, KIND, true)],
        _ => vec![
            (PLAIN, KIND, true),
            (SORTED, NAME, true),
            (SORTED, NAME, false),
            (UNIQUE, KIND, false),
        ],
    };
    let of = definition(resource);
    let related = select(relations).prop_flat_map(move |(to, property, is_parent)| {
        filter(to, steps - 1).prop_map(move |filter| {
            let related = if is_parent {
                RelatedFilter::parent(property, definition(to), filter)
            } else {
                RelatedFilter::children(property, of, definition(to), filter)
            };
            QueryFilter::Related(Box::new(related))
        })
    });
    related.boxed()
}

fn definition(resource: usize) -> &'static ResourceDef {
    match resource {
        PLAIN => sample::Sample::DEFINITION,
        UNIQUE => sample::INDEXED,
        _ => sample::SORTED,
    }
}

/// Adds the records to an empty store, returns the results of the queries, and removes the records.
pub(crate) fn run(store: &dyn Store, case: &RelatedCase) -> Vec<RelatedResult> {
    fill(
        store,
        case.records
            .iter()
            .map(|(resource, text)| (*resource, &**text)),
    );
    let queries = case.queries.iter();
    let results = queries.map(|(resource, query)| {
        let found = wait(store.find(*resource, query.query())).expect("a list");
        let counted = wait(store.count(*resource, query.filter.clone())).expect("a count");
        assert_eq!(found.seq, counted.seq);
        let (found, counted) = (found.value, counted.value);
        let records = found.records.iter();
        let records = records.map(|it| format!("{}{}", it.sent(), it.kept()));
        let (paged, of_pages) = pages(store, *resource, query);
        RelatedResult {
            records: records.collect(),
            more: found.more,
            count: counted.count,
            paged,
            visited: [found.visited, counted.visited, of_pages],
        }
    });
    let results = results.collect();
    let delete = |(resource, text): &(usize, String)| Operation::Delete {
        resource: *resource,
        id: sample::record(&sample::model(), text).id().into(),
        expect: Expect::Present,
    };
    let commit = Commit {
        operations: case.records.iter().map(delete).collect(),
        ..Commit::default()
    };
    wait(store.commit(commit)).expect("the records exist");
    results
}

/// Returns the ids of all matching records, from page to page, and the number of records read.
fn pages(store: &dyn Store, resource: usize, query: &RelatedQuery) -> (Vec<String>, usize) {
    let (mut ids, mut visited, mut after) = (Vec::new(), 0, None);
    loop {
        let query = Query {
            limit: query.limit.max(1),
            skip: 0,
            after,
            ..query.query()
        };
        let order = query.order.clone();
        let found = wait(store.find(resource, query)).expect("a list").value;
        visited += found.visited;
        ids.extend(found.records.iter().map(|it| it.id().to_owned()));
        assert!(ids.len() < 100, "pagination does not end");
        match found.records.last().filter(|_| found.more) {
            Some(last) => after = Some(Cursor::at(&order, last)),
            None => return (ids, visited),
        }
    }
}

/// Compares the results of an empty store with a naive evaluation.
pub(super) fn check_case(store: &dyn Store, case: &RelatedCase) -> Result<(), TestCaseError> {
    let model = sample::model();
    let mut world: BTreeMap<usize, Vec<Arc<Record>>> = BTreeMap::new();
    for (resource, text) in &case.records {
        let record = Arc::new(sample::record(&model, text));
        world.entry(*resource).or_default().push(record);
    }
    let results = run(store, case);
    for ((resource, query), result) in case.queries.iter().zip(results) {
        let all = world.get(resource).into_iter().flatten().cloned();
        let mut expected: Vec<_> = all.filter(|it| meets(&world, &query.filter, it)).collect();
        prop_assert_eq!(result.count, expected.len(), "{:?}", query);
        QueryOrder::sort(&query.order, &mut expected);
        let end = query.skip.saturating_add(query.limit);
        let more = query.limit > 0 && expected.len() > end;
        prop_assert_eq!(result.more, more, "{:?}", query);
        let ids: Vec<_> = expected.iter().map(|it| it.id()).collect();
        prop_assert_eq!(&result.paged, &ids, "{:?}", query);
        let page = expected.iter().skip(query.skip).take(query.limit);
        let page = page.map(|it| format!("{}{}", it.sent(), it.kept()));
        prop_assert_eq!(result.records, page.collect::<Vec<_>>(), "{:?}", query);
    }
    Ok(())
}

/// Returns whether a record matches, by looking at every other record.
fn meets(world: &BTreeMap<usize, Vec<Arc<Record>>>, filter: &QueryFilter, record: &Record) -> bool {
    match filter {
        QueryFilter::And(each) => each.iter().all(|it| meets(world, it, record)),
        QueryFilter::Or(any) => any.iter().any(|it| meets(world, it, record)),
        QueryFilter::Not(filter) => !meets(world, filter, record),
        QueryFilter::Related(related) => {
            let value = record.scalar(related.property);
            let to = [PLAIN, UNIQUE, SORTED].into_iter();
            let to = to.filter(|&it| definition(it).name == related.resource.name);
            let mut others = to.filter_map(|it| world.get(&it)).flatten();
            !value.is_null()
                && others.any(|other| {
                    other.scalar(related.link) == value && meets(world, &related.filter, other)
                })
        }
        plain => plain.matches(record),
    }
}

impl RelatedQuery {
    fn query(&self) -> Query {
        Query {
            filter: self.filter.clone(),
            order: self.order.clone(),
            limit: self.limit,
            skip: self.skip,
            after: None,
            max_bytes: usize::MAX,
        }
    }
}

fn fill<'t>(store: &dyn Store, records: impl Iterator<Item = (usize, &'t str)>) {
    let model = sample::model();
    let put = |(resource, text): (usize, &str)| Operation::Put {
        resource,
        record: sample::record(&model, text),
        expect: Expect::Absent,
    };
    let commit = Commit {
        operations: records.map(put).collect(),
        ..Commit::default()
    };
    wait(store.commit(commit)).expect("the ids are new");
}

/// Checks the number of records that are read, in an empty store.
///
/// 100 parents have 20 children each. Every tenth parent has the life 0; the children of the first ten
/// parents are tame.
pub(super) fn check_visited(store: &dyn Store) {
    let parents = (0..100).map(|n| {
        let life = n % 10;
        format!(r#"{{"id":"p{n:02}","kind":"none","life":{life},"tame":false,"ctime":{life}}}"#)
    });
    let children = (0..2_000).map(|n| {
        let (parent, tame) = (n / 20, n < 200);
        format!(r#"{{"id":"c{n:04}","kind":"p{parent:02}","life":{n},"tame":{tame},"ctime":{n}}}"#)
    });
    let parents: Vec<_> = parents.collect();
    let children: Vec<_> = children.collect();
    fill(store, parents.iter().map(|text| (SORTED, &**text)));
    fill(store, children.iter().map(|text| (UNIQUE, &**text)));

    let through = |filter| {
        let related = RelatedFilter::parent(KIND, sample::SORTED, filter);
        QueryFilter::Related(Box::new(related))
    };
    let over = |filter| {
        let related = RelatedFilter::children(KIND, sample::SORTED, sample::INDEXED, filter);
        QueryFilter::Related(Box::new(related))
    };
    let equal = |property, number: u32| QueryFilter::Compare {
        property,
        is: CompareOp::Equal,
        value: Scalar::Number(number.into()),
    };
    let tame = || QueryFilter::Compare {
        property: TAME,
        is: CompareOp::Equal,
        value: Scalar::Bool(true),
    };
    let both = |one, other| QueryFilter::And(vec![one, other]);
    let count = |resource, filter| {
        let counted = wait(store.count(resource, filter)).expect("a count").value;
        (counted.count, counted.visited)
    };
    // An index finds ten parents, and another one their children.
    assert_eq!(count(UNIQUE, through(equal(LIFE, 0))), (200, 10 + 200));
    // Without an index of the parents each is looked up once for all of its children.
    assert_eq!(count(UNIQUE, through(equal(CTIME, 0))), (200, 2_000 + 100));
    // A child that its own index finds looks up its parent.
    let one = both(through(equal(LIFE, 0)), equal(LIFE, 1));
    assert_eq!(count(UNIQUE, one), (1, 1 + 1));
    // Ten parents have the 200 tame children, and are found by their ids.
    assert_eq!(count(SORTED, over(tame())), (10, 200 + 10));
    assert_eq!(count(SORTED, over(tame()).negated()), (90, 200 + 100));
    // Without an index of the children they are read until one matches.
    let first = both(over(equal(CTIME, 25)), equal(LIFE, 1));
    assert_eq!(count(SORTED, first), (1, 10 + 6 + 9 * 20));
    // Two steps: ten grandparents at most, of which none exists.
    let parent_of_parent = RelatedFilter::parent(NAME, sample::SORTED, equal(LIFE, 0));
    let two = through(QueryFilter::Related(Box::new(parent_of_parent)));
    assert_eq!(count(UNIQUE, two), (0, 10));
    // A page reads no more than it needs.
    let page = RelatedQuery {
        filter: through(equal(CTIME, 0)),
        order: Vec::new(),
        limit: 5,
        skip: 0,
    };
    let found = wait(store.find(UNIQUE, page.query()))
        .expect("a list")
        .value;
    assert_eq!(
        (found.records.len(), found.more, found.visited),
        (5, true, 6 + 1)
    );
}

/// Checks that the related records count towards the limit of an empty store, which is `max`.
pub(super) fn check_limit(store: &dyn Store, max: usize) {
    let parents = (0..max).map(|n| format!(r#"{{"id":"p{n}","ctime":{n}}}"#));
    let parents: Vec<_> = parents.collect();
    let children = (0..max).map(|n| format!(r#"{{"id":"c{n}","kind":"p{n}","ctime":1}}"#));
    let children: Vec<_> = children.collect();
    fill(store, parents.iter().map(|text| (SORTED, &**text)));
    fill(store, children.iter().map(|text| (UNIQUE, &**text)));
    let equal = |property, number: u32| QueryFilter::Compare {
        property,
        is: CompareOp::Equal,
        value: Scalar::Number(number.into()),
    };
    let related = RelatedFilter::parent(KIND, sample::SORTED, equal(CTIME, 0));
    let related = QueryFilter::Related(Box::new(related));
    let own = wait(store.count(UNIQUE, equal(CTIME, 1)))
        .expect("all children fit")
        .value;
    assert_eq!((own.count, own.visited), (max, max));
    let error = wait(store.count(UNIQUE, related)).expect_err("the parents do not fit as well");
    let error = serde_json::to_value(&error).expect("an error is JSON");
    assert_eq!(error["code"], "too_many", "{error}");
    assert_eq!(error["limit"]["name"], "max_visited", "{error}");
}
