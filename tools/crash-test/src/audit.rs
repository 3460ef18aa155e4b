//! Reads the log from its beginning and compares it with what the clients did and received.

use crate::app::{Account, LINES, Line, Receipt, server};
use crate::lost;
use crate::subscriber::{Events, State};
use crate::writer::KEPT;
use serde::de::DeserializeOwned;
use sockful::store::{Committed, Record, RecordChange};
use sockful::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

/// What one commit did. Each operation belongs to one account and has a consecutive number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Opened,
    Deposited,
    Transferred,
    Created,
    Itemised,
    Read,
    Destroyed,
}

type Operations = BTreeMap<(Operation, String, i64), usize>;

/// A record before and after a change.
type Changed<R> = (Option<R>, Option<R>);

#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) commits: u64,
    operations: Operations,
    accounts: Events<Account>,
    receipts: Events<Receipt>,
    lines: Events<Line>,
}

impl Audit {
    pub(crate) async fn read(file: &Path) -> Result<Self> {
        let handle = server(file)?.open().await?;
        let log = handle.store().log(0, usize::MAX).await?;
        let mut audit = Self::default();
        for committed in &log {
            audit.add(committed)?;
        }
        Ok(audit)
    }

    fn add(&mut self, committed: &Committed) -> Result<()> {
        let seq = committed.seq;
        self.commits += 1;
        if seq != self.commits {
            return Err(lost(format!("commit {seq} has position {}", self.commits)));
        }
        let (mut accounts, mut receipts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for change in &committed.changes {
            match change.resource {
                0 => accounts.push(changed::<Account>(change)?),
                1 => receipts.push(changed::<Receipt>(change)?),
                _ => lines.push(changed::<Line>(change)?),
            }
        }
        let Some(operation) = operation(&accounts, &receipts, &lines) else {
            let message = format!(
                "commit {seq} is not a complete operation: {accounts:?}, {receipts:?}, {lines:?}"
            );
            return Err(lost(message));
        };
        *self.operations.entry(operation).or_default() += 1;
        self.accounts.extend(states(seq, accounts, |it| it.id));
        self.receipts.extend(states(seq, receipts, |it| it.id));
        self.lines.extend(states(seq, lines, |it| it.id));
        Ok(())
    }

    /// Checks that the log has every operation of every client once, and nothing else.
    pub(crate) fn check_operations(&self, rounds: &BTreeMap<String, i64>) -> Result<()> {
        let kept = i64::try_from(KEPT).map_err(Error::internal)?;
        let mut expected = Operations::new();
        for (account, &many) in rounds {
            let mut expect = |operation, numbers: std::ops::Range<i64>| {
                expected.extend(numbers.map(|number| ((operation, account.clone(), number), 1)));
            };
            expect(Operation::Opened, 0..1);
            expect(Operation::Deposited, 1..many + 1);
            expect(Operation::Transferred, 1..many + 1);
            expect(Operation::Created, 0..many);
            expect(Operation::Itemised, 0..many);
            expect(Operation::Read, 0..many);
            expect(Operation::Destroyed, 0..many - kept);
        }
        let all = expected.keys().chain(self.operations.keys());
        for operation in all {
            let (was, is) = (expected.get(operation), self.operations.get(operation));
            if was != is {
                let times = |it: Option<&usize>| it.copied().unwrap_or_default();
                let (was, is) = (times(was), times(is));
                let message = format!("{operation:?} was applied {is} times, expected {was}");
                return Err(lost(message));
            }
        }
        Ok(())
    }

    /// Checks that the received events are those of the log, in the order of the commits.
    pub(crate) fn check_events(
        self,
        accounts: Events<Account>,
        receipts: Events<Receipt>,
        lines: Events<Line>,
    ) -> Result<()> {
        compare("accounts", accounts, self.accounts)?;
        compare("receipts", receipts, self.receipts)?;
        compare("lines", lines, self.lines)
    }
}

fn compare<R: Debug + Ord>(
    what: &str,
    mut received: Events<R>,
    mut logged: Events<R>,
) -> Result<()> {
    if !received.is_sorted_by_key(|it| it.0) {
        return Err(lost(format!("{what}: commits were received out of order")));
    }
    // The order within a commit is not specified.
    received.sort();
    logged.sort();
    let differs = received
        .iter()
        .zip(&logged)
        .find(|(received, logged)| received != logged);
    if let Some((received, logged)) = differs {
        return Err(lost(format!(
            "{what}: received {received:?}, but the log has {logged:?}"
        )));
    }
    if received.len() != logged.len() {
        let (received, logged) = (received.len(), logged.len());
        return Err(lost(format!(
            "{what}: received {received} events of {logged}"
        )));
    }
    Ok(())
}

fn changed<R: DeserializeOwned>(change: &RecordChange) -> Result<Changed<R>> {
    let read = |record: &Record| serde_json::from_str(record.sent()).map_err(Error::internal);
    let before = change.before.as_deref().map(read).transpose()?;
    Ok((before, change.after.as_deref().map(read).transpose()?))
}

fn states<R>(
    seq: u64,
    changes: Vec<Changed<R>>,
    id: impl Fn(R) -> String,
) -> impl Iterator<Item = (u64, State<R>)> {
    changes.into_iter().filter_map(move |change| match change {
        (_, Some(record)) => Some((seq, State::Present(record))),
        (Some(record), None) => Some((seq, State::Destroyed(id(record)))),
        (None, None) => None,
    })
}

/// The operation that consists of exactly these changes, or `None` if there is none.
fn operation(
    accounts: &[Changed<Account>],
    receipts: &[Changed<Receipt>],
    lines: &[Changed<Line>],
) -> Option<(Operation, String, i64)> {
    let of =
        |operation, receipt: &Receipt| Some((operation, receipt.account.clone(), receipt.number));
    match (accounts, receipts, lines) {
        ([(None, Some(account))], [], []) => Some((Operation::Opened, account.id.clone(), 0)),
        ([(Some(was), Some(is))], [], []) => {
            let deposits = was.deposits + 1;
            let expected = Account {
                deposits,
                ..was.clone()
            };
            (*is == expected).then(|| (Operation::Deposited, is.id.clone(), deposits))
        }
        ([(Some(one), Some(giver)), (Some(other), Some(taker))], [], []) => {
            let amount = one.balance - giver.balance;
            let transfers = one.transfers + 1;
            let poorer = Account {
                transfers,
                balance: giver.balance,
                ..one.clone()
            };
            let richer = Account {
                balance: other.balance + amount,
                ..other.clone()
            };
            let is_complete = (giver, taker) == (&poorer, &richer) && amount == transfers;
            is_complete.then(|| (Operation::Transferred, giver.id.clone(), transfers))
        }
        ([], [(None, Some(receipt))], []) => of(Operation::Created, receipt),
        ([], [(Some(was), Some(is))], []) => {
            let expected = Receipt {
                is_read: true,
                ..was.clone()
            };
            let is_complete = !was.is_read && *is == expected;
            is_complete.then(|| of(Operation::Read, is))?
        }
        ([], [(Some(was), Some(is))], lines) => {
            let expected = Receipt {
                length: LINES,
                ..was.clone()
            };
            let is_new = |(before, after): &Changed<Line>| {
                before.is_none() && after.as_ref().is_some_and(|it| it.receipt_id == is.id)
            };
            let is_complete = lines.len() == LINES && lines.iter().all(is_new);
            (is_complete && was.length == 0 && *is == expected)
                .then(|| of(Operation::Itemised, is))?
        }
        ([], [(Some(was), None)], lines) => {
            let is_gone = |(before, after): &Changed<Line>| {
                after.is_none() && before.as_ref().is_some_and(|it| it.receipt_id == was.id)
            };
            let is_complete = lines.len() == LINES && lines.iter().all(is_gone);
            is_complete.then(|| of(Operation::Destroyed, was))?
        }
        _ => None,
    }
}
