//! Circles in a directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The nodes that each node points to.
pub(crate) type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A set of nodes that all reach each other.
#[derive(Debug, PartialEq)]
pub(crate) struct Circle<'a> {
    pub(crate) nodes: BTreeSet<&'a str>,
    /// A shortest way through some of them that ends where it begins.
    pub(crate) shortest: Vec<&'a str>,
}

/// The circles of a graph; no node is in two of them.
pub(crate) fn circles<'a>(graph: &Graph<'a>) -> Vec<Circle<'a>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = graph
        .keys()
        .map(|start| (*start, paths(graph, start).into_keys().collect()))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut circles = Vec::new();
    for start in graph.keys() {
        if !reached[start].contains(start) || seen.contains(*start) {
            continue;
        }
        let is_member = |node: &&&str| {
            let back = reached.get(**node);
            back.is_some_and(|back| back.contains(start))
        };
        let nodes: BTreeSet<&str> = reached[start].iter().filter(is_member).copied().collect();
        seen.extend(&nodes);
        let ways = nodes.iter().map(|node| paths(graph, node).remove(node));
        let shortest = ways.flatten().min_by_key(Vec::len).unwrap_or_default();
        circles.push(Circle { nodes, shortest });
    }
    circles
}

/// The shortest way from `start` to each node that it reaches, by at least one edge.
fn paths<'a>(graph: &Graph<'a>, start: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut paths = BTreeMap::new();
    let mut queue = VecDeque::from([vec![start]]);
    while let Some(path) = queue.pop_front() {
        let node = path[path.len() - 1];
        for next in graph.get(node).into_iter().flatten() {
            if !paths.contains_key(next) {
                let longer = [&path[..], &[*next]].concat();
                paths.insert(*next, longer.clone());
                queue.push_back(longer);
            }
        }
    }
    paths
}
