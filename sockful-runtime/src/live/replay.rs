//! What a subscription has missed, made up from the commits that it was not told of.

use super::rule::{Hit, Kind, Notice};
use super::{Delivery, Interest};
use crate::core::error::{Error, Result};
use crate::model::record::Record;
use crate::store::commit::Committed;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// How many commits are looked through at once: some tens of microseconds.
const AT_ONCE: usize = 256;

/// Commits that a subscription was not told of: one by one where few of them concern it, and as one
/// where they are many.
#[derive(Debug)]
pub(super) struct Replay {
    interest: Arc<Interest>,
    /// How many are told one by one.
    most: usize,
    /// Those that concern it, while they are no more than that.
    hits: Option<Vec<Hit>>,
    /// Where in `changed` a record stands.
    places: HashMap<Box<str>, usize>,
    /// Each record that came in, changed or went, before the first and after the last change.
    changed: Vec<Images>,
    /// How many declared events there were.
    emitted: usize,
}

/// A record as it was, and as it is.
#[derive(Debug)]
struct Images {
    before: Option<Arc<Record>>,
    after: Option<Arc<Record>>,
}

impl Replay {
    pub(super) fn new(interest: Arc<Interest>, most: usize) -> Self {
        Self {
            interest,
            most,
            hits: Some(Vec::new()),
            places: HashMap::new(),
            changed: Vec::new(),
            emitted: 0,
        }
    }

    /// How many records it is about.
    pub(super) fn len(&self) -> usize {
        self.changed.len()
    }

    /// Takes the commits that follow.
    pub(super) fn add(&mut self, commits: impl Iterator<Item = Arc<Committed>>) {
        for committed in commits {
            let notices = self.interest.judge(&committed);
            self.note_images(&committed, &notices);
            let emitted = notices.iter().filter(|it| matches!(it, Notice::Emitted(_)));
            self.emitted += emitted.count();
            if notices.is_empty() {
                continue;
            }
            let has_room = |hits: &Vec<_>| hits.len() < self.most;
            self.hits = self.hits.take().filter(has_room).map(|mut hits| {
                let notices = notices.into();
                hits.push(Hit { committed, notices });
                hits
            });
        }
    }

    /// Takes all commits up to `head`; aside, on a thread for such work, where they are many.
    pub(super) async fn all(mut self, commits: Vec<Arc<Committed>>, head: u64) -> Result<Delivery> {
        let is_much = commits.len() > AT_ONCE;
        let made = move || {
            self.add(commits.into_iter());
            self.finish(head)
        };
        if is_much {
            spawn_blocking(made).await.map_err(Error::internal)
        } else {
            Ok(made())
        }
    }

    /// What is told of all of them, up to commit `head`.
    pub(super) fn finish(self, head: u64) -> Delivery {
        if let Some(hits) = self.hits {
            return Delivery::commits(hits);
        }
        let told = self
            .changed
            .into_iter()
            .filter_map(|Images { before, after }| {
                let kind = self.interest.compare(before.as_ref(), after.as_ref())?;
                Some((kind, after.or(before)?))
            });
        Delivery::fold(told.collect::<Vec<(Kind, _)>>(), head, self.emitted)
    }

    /// Notes the images of records that have been told of, here or earlier.
    fn note_images(&mut self, committed: &Committed, told: &[Notice]) {
        let changes = committed.changes.iter().enumerate();
        let own = changes.filter(|(_, change)| change.resource == self.interest.resource);
        for (at, change) in own {
            let Some(record) = change.after.as_ref().or(change.before.as_ref()) else {
                continue;
            };
            if let Some(&place) = self.places.get(record.id()) {
                self.changed[place].after.clone_from(&change.after);
            } else if told
                .iter()
                .any(|it| matches!(it, Notice::Changed(_, of) if *of == at))
            {
                self.places.insert(record.id().into(), self.changed.len());
                self.changed.push(Images {
                    before: change.before.clone(),
                    after: change.after.clone(),
                });
            }
        }
    }
}
