//! A client that writes until the test is over.

use crate::app::{
    Account, AccountRemotes, NewAccount, NewReceipt, Receipt, ReceiptPatch, ReceiptRemotes,
};
use crate::clients::Progress;
use crate::random::Random;
use crate::{CLIENTS, lost};
use sockful::Result;
use sockful::client::Client;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::sleep;

/// The pause between two rounds of a client.
const PAUSE: Duration = Duration::from_millis(10);
/// The number of receipts that a client keeps.
pub(crate) const KEPT: usize = 2;

pub(crate) fn name(nth: u64) -> String {
    format!("account-{nth}")
}

/// Writes until the test is over. Returns the account and its number of rounds. Each request is acknowledged
/// before the next is sent; after a crash the client retries with the same idempotency key.
pub(crate) async fn write(
    client: Client,
    nth: u64,
    progress: Arc<Progress>,
) -> Result<(String, i64)> {
    let account = name(nth);
    let rounds = rounds(&client, nth, &progress).await;
    let rounds =
        rounds.map_err(|error| lost(format!("`{account}`: a write was rejected: {error}")))?;
    Ok((account, rounds))
}

async fn rounds(client: &Client, nth: u64, progress: &Progress) -> Result<i64> {
    let account = name(nth);
    let (accounts, receipts) = (client.records::<Account>(), client.records::<Receipt>());
    let acknowledged = |many| progress.acknowledged.fetch_add(many, Relaxed);
    let new = NewAccount {
        id: Some(account.clone()),
        ..NewAccount::default()
    };
    accounts.create(new).await?;
    progress.opened().await;
    let mut random = Random::new(nth + 1);
    let mut kept = VecDeque::new();
    let mut number = 0;
    while !progress.is_over() {
        accounts.deposit(&account).await?;
        let receipt = NewReceipt {
            id: None,
            account: account.clone(),
            number,
            text: "A line of a receipt is as long as this one. ".repeat(10),
            ..NewReceipt::default()
        };
        let id = receipts.create(receipt).await?.id;
        receipts.itemise(&id).await?;
        let read = ReceiptPatch {
            is_read: Some(true),
            ..ReceiptPatch::default()
        };
        receipts.update(&id, read).await?;
        let to = name((nth + random.within(1..CLIENTS)) % CLIENTS);
        accounts.transfer(account.clone(), to, 1 + number).await?;
        acknowledged(5);
        kept.push_back(id);
        if kept.len() > KEPT
            && let Some(id) = kept.pop_front()
        {
            receipts.destroy(&id).await?;
            acknowledged(1);
        }
        number += 1;
        sleep(PAUSE).await;
    }
    Ok(number)
}
