//! What the log says that was done, read from its beginning.

use crate::follower::{Fate, Told};
use crate::lost;
use crate::served::{Account, LINES, Line, Receipt, server};
use crate::writer::KEPT;
use serde::de::DeserializeOwned;
use sockful::store::{Change, Committed, Record};
use sockful::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

/// What one commit does; each is for one account, and has a number that counts up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Opened,
    Deposited,
    Transferred,
    Made,
    Itemised,
    Read,
    Destroyed,
}

type Deeds = BTreeMap<(Deed, String, i64), usize>;

/// What one record was, and is.
type Changed<R> = (Option<R>, Option<R>);

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) commits: u64,
    deeds: Deeds,
    accounts: Told<Account>,
    receipts: Told<Receipt>,
    lines: Told<Line>,
}

impl Book {
    pub(crate) async fn read(file: &Path) -> Result<Self> {
        let handle = server(file)?.open().await?;
        let log = handle.store().log(0, usize::MAX).await?;
        let mut book = Self::default();
        for committed in &log {
            book.enter(committed)?;
        }
        Ok(book)
    }

    fn enter(&mut self, committed: &Committed) -> Result<()> {
        let seq = committed.seq;
        self.commits += 1;
        if seq != self.commits {
            return Err(lost(format!("commit {seq} is the {}th", self.commits)));
        }
        let (mut accounts, mut receipts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for change in &committed.changes {
            match change.resource {
                0 => accounts.push(changed::<Account>(change)?),
                1 => receipts.push(changed::<Receipt>(change)?),
                _ => lines.push(changed::<Line>(change)?),
            }
        }
        let Some(deed) = deed(&accounts, &receipts, &lines) else {
            let message =
                format!("commit {seq} is no whole deed: {accounts:?}, {receipts:?}, {lines:?}");
            return Err(lost(message));
        };
        *self.deeds.entry(deed).or_default() += 1;
        self.accounts.extend(fates(seq, accounts, |it| it.id));
        self.receipts.extend(fates(seq, receipts, |it| it.id));
        self.lines.extend(fates(seq, lines, |it| it.id));
        Ok(())
    }

    /// Whether each client finds what it has done in so many rounds, once, and nothing else.
    pub(crate) fn has_each_once(&self, rounds: &BTreeMap<String, i64>) -> Result<()> {
        let kept = i64::try_from(KEPT).map_err(Error::internal)?;
        let mut expected = Deeds::new();
        for (account, &many) in rounds {
            let mut expect = |deed, numbers: std::ops::Range<i64>| {
                expected.extend(numbers.map(|number| ((deed, account.clone(), number), 1)));
            };
            expect(Deed::Opened, 0..1);
            expect(Deed::Deposited, 1..many + 1);
            expect(Deed::Transferred, 1..many + 1);
            expect(Deed::Made, 0..many);
            expect(Deed::Itemised, 0..many);
            expect(Deed::Read, 0..many);
            expect(Deed::Destroyed, 0..many - kept);
        }
        let all = expected.keys().chain(self.deeds.keys());
        for deed in all {
            let (was, is) = (expected.get(deed), self.deeds.get(deed));
            if was != is {
                let times = |it: Option<&usize>| it.copied().unwrap_or_default();
                let (was, is) = (times(was), times(is));
                let message = format!("{deed:?} is there {is} times, and should be {was} times");
                return Err(lost(message));
            }
        }
        Ok(())
    }

    /// Whether just that was told which has happened, in the order of the commits.
    pub(crate) fn was_told(
        self,
        accounts: Told<Account>,
        receipts: Told<Receipt>,
        lines: Told<Line>,
    ) -> Result<()> {
        are_same("accounts", accounts, self.accounts)?;
        are_same("receipts", receipts, self.receipts)?;
        are_same("lines", lines, self.lines)
    }
}

fn are_same<R: Debug + Ord>(what: &str, mut told: Told<R>, mut happened: Told<R>) -> Result<()> {
    if !told.is_sorted_by_key(|it| it.0) {
        return Err(lost(format!("{what}: commits were told out of order")));
    }
    // Within a commit any order will do.
    told.sort();
    happened.sort();
    let differs = told.iter().zip(&happened).find(|(told, is)| told != is);
    if let Some((told, happened)) = differs {
        return Err(lost(format!("{what}: told {told:?}, but {happened:?}")));
    }
    if told.len() != happened.len() {
        let (told, happened) = (told.len(), happened.len());
        return Err(lost(format!("{what}: {told} told of {happened}")));
    }
    Ok(())
}

fn changed<R: DeserializeOwned>(change: &Change) -> Result<Changed<R>> {
    let read = |record: &Record| serde_json::from_str(record.sent()).map_err(Error::internal);
    let before = change.before.as_deref().map(read).transpose()?;
    Ok((before, change.after.as_deref().map(read).transpose()?))
}

fn fates<R>(
    seq: u64,
    changes: Vec<Changed<R>>,
    id: impl Fn(R) -> String,
) -> impl Iterator<Item = (u64, Fate<R>)> {
    changes.into_iter().filter_map(move |change| match change {
        (_, Some(record)) => Some((seq, Fate::Is(record))),
        (Some(record), None) => Some((seq, Fate::Gone(id(record)))),
        (None, None) => None,
    })
}

/// What these changes are together; nothing where they are less or more than a client does at once.
fn deed(
    accounts: &[Changed<Account>],
    receipts: &[Changed<Receipt>],
    lines: &[Changed<Line>],
) -> Option<(Deed, String, i64)> {
    let of = |deed, receipt: &Receipt| Some((deed, receipt.account.clone(), receipt.number));
    match (accounts, receipts, lines) {
        ([(None, Some(account))], [], []) => Some((Deed::Opened, account.id.clone(), 0)),
        ([(Some(was), Some(is))], [], []) => {
            let deposits = was.deposits + 1;
            let expected = Account {
                deposits,
                ..was.clone()
            };
            (*is == expected).then(|| (Deed::Deposited, is.id.clone(), deposits))
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
            let is_whole = (giver, taker) == (&poorer, &richer) && amount == transfers;
            is_whole.then(|| (Deed::Transferred, giver.id.clone(), transfers))
        }
        ([], [(None, Some(receipt))], []) => of(Deed::Made, receipt),
        ([], [(Some(was), Some(is))], []) => {
            let expected = Receipt {
                is_read: true,
                ..was.clone()
            };
            let is_whole = !was.is_read && *is == expected;
            is_whole.then(|| of(Deed::Read, is))?
        }
        ([], [(Some(was), Some(is))], lines) => {
            let expected = Receipt {
                length: LINES,
                ..was.clone()
            };
            let is_new = |(before, after): &Changed<Line>| {
                before.is_none() && after.as_ref().is_some_and(|it| it.receipt_id == is.id)
            };
            let is_whole = lines.len() == LINES && lines.iter().all(is_new);
            (is_whole && was.length == 0 && *is == expected).then(|| of(Deed::Itemised, is))?
        }
        ([], [(Some(was), None)], lines) => {
            let is_gone = |(before, after): &Changed<Line>| {
                after.is_none() && before.as_ref().is_some_and(|it| it.receipt_id == was.id)
            };
            let is_whole = lines.len() == LINES && lines.iter().all(is_gone);
            is_whole.then(|| of(Deed::Destroyed, was))?
        }
        _ => None,
    }
}
