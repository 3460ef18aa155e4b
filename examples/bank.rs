//! A bank: eight connections make ten thousand random transfers between twenty accounts, while a ninth
//! checks the sum.
//!
//! `cargo run -p sockful-examples --example bank` runs it and prints a report.

use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sockful::{Config, Context, Error, Resource, Result, Server, remote, resources};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// An account with its balance.
#[derive(Serialize, Deserialize, Resource)]
#[resource(only(get, find))]
struct Account {
    id: u32,
    /// In cents. No account is ever overdrawn.
    #[resource(range(0..))]
    balance: i64,
}

#[remote]
impl Account {
    /// Moves money from one account to another: both change in one commit, or neither.
    ///
    /// The transfer depends on the balances that it reads. If another transfer changes one of them
    /// meanwhile, the method runs again from its beginning.
    pub async fn transfer(
        ctx: &Context,
        from: u32,
        to: u32,
        #[resource(range(1..))] amount: i64,
    ) -> Result<i64> {
        if from == to {
            return Err(Error::refused(
                "same_account",
                "source and target are the same account",
            ));
        }
        let accounts = ctx.records::<Self>();
        let (source, target) = (accounts.get(&from).await?, accounts.get(&to).await?);
        if source.balance < amount {
            return Err(Error::refused("too_poor", "insufficient funds"));
        }
        let set = |balance| AccountPatch {
            balance: Some(balance),
        };
        let source = accounts.update(&from, set(source.balance - amount)).await?;
        accounts.update(&to, set(target.balance + amount)).await?;
        Ok(source.balance)
    }
}

const ACCOUNTS: u32 = 20;
const BALANCE: i64 = 1_000;
const CONNECTIONS: u64 = 8;
const TRANSFERS: u64 = 10_000;

/// The result of the run.
#[derive(Debug)]
struct Report {
    /// The number of completed transfers, and of those rejected because of a low balance.
    done: u64,
    refused: u64,
    /// The sums of all balances that were read during the run and at its end, and the least balance.
    sums: Vec<i64>,
    least: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let start = Instant::now();
    let report = run().await?;
    let (done, refused) = (report.done, report.refused);
    println!(
        "{done} transfers, {refused} rejected for insufficient funds, in {:?}",
        start.elapsed()
    );
    let expected = i64::from(ACCOUNTS) * BALANCE;
    let wrong = report.sums.iter().filter(|sum| **sum != expected).count();
    println!(
        "{} snapshots of all accounts, lowest balance {}",
        report.sums.len(),
        report.least
    );
    if wrong > 0 || report.least < 0 || done + refused != TRANSFERS {
        return Err(Error::internal(format!(
            "the total was wrong in {wrong} snapshots"
        )));
    }
    println!("the total was {expected} in every snapshot");
    Ok(())
}

/// Serves the accounts and runs the transfers.
async fn run() -> Result<Report> {
    let mut config = Config::default();
    config.request.default_page = 1_000;
    let server = Server::new(resources![Account])
        .config(config)
        .open()
        .await?;
    for id in 0..ACCOUNTS {
        let new = NewAccount {
            id: Some(id),
            balance: BALANCE,
        };
        server.records::<Account>().create(new).await?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let shutdown = async { drop(stopped.await) };
        server.serve(listener, shutdown).await
    });

    let is_over = Arc::new(AtomicBool::new(false));
    let watcher = tokio::spawn(watch(address, is_over.clone()));
    let mut movers = JoinSet::new();
    for nth in 0..CONNECTIONS {
        movers.spawn(move_money(address, nth));
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(moved) = movers.join_next().await {
        let (some, none) = moved.map_err(Error::internal)??;
        (done, refused) = (done + some, refused + none);
    }
    is_over.store(true, Ordering::Relaxed);
    let (sums, least) = watcher.await.map_err(Error::internal)??;
    drop(stop);
    serving.await.map_err(Error::internal)??;
    Ok(Report {
        done,
        refused,
        sums,
        least,
    })
}

/// Makes random transfers; returns how many were completed, and how many rejected.
async fn move_money(address: SocketAddr, seed: u64) -> Result<(u64, u64)> {
    let mut socket = connect(address).await?;
    let mut random = seed;
    let (mut done, mut refused) = (0, 0);
    for _ in 0..TRANSFERS / CONNECTIONS {
        // Knuth's generator is random enough to choose accounts.
        let mut below = |end: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % end
        };
        let from = below(ACCOUNTS.into());
        let to = (from + 1 + below(u64::from(ACCOUNTS) - 1)) % u64::from(ACCOUNTS);
        let transfer = json!({"from": from, "to": to, "amount": 1 + below(200)});
        let reply = ask(&mut socket, json!(["account", "transfer", transfer, 1])).await?;
        match reply["err"]["code"].as_str() {
            None => done += 1,
            Some("too_poor") => refused += 1,
            Some(_) => return Err(Error::internal(reply.to_string())),
        }
    }
    Ok((done, refused))
}

/// Reads all accounts repeatedly; returns the sums, and the least balance.
async fn watch(address: SocketAddr, is_over: Arc<AtomicBool>) -> Result<(Vec<i64>, i64)> {
    let mut socket = connect(address).await?;
    let (mut sums, mut least) = (Vec::new(), i64::MAX);
    loop {
        let is_last = is_over.load(Ordering::Relaxed);
        let reply = ask(&mut socket, json!(["account", "all", {}, 1])).await?;
        let accounts = reply["ok"].as_array().into_iter().flatten();
        let balances: Vec<_> = accounts
            .filter_map(|account| account["balance"].as_i64())
            .collect();
        sums.push(balances.iter().sum());
        least = balances.into_iter().fold(least, i64::min);
        if is_last {
            return Ok((sums, least));
        }
    }
}

type Socket = WebSocketStream<TcpStream>;

async fn connect(address: SocketAddr) -> Result<Socket> {
    let stream = TcpStream::connect(address).await?;
    let connected = client_async(format!("ws://{address}"), stream).await;
    let (mut socket, _) = connected.map_err(Error::internal)?;
    // The first frame is the server's greeting.
    socket.next().await;
    Ok(socket)
}

/// Sends a request, and returns the payload of its reply.
async fn ask(socket: &mut Socket, request: Value) -> Result<Value> {
    let message = Message::text(request.to_string());
    socket.send(message).await.map_err(Error::internal)?;
    let reply = socket.next().await;
    let reply = reply.ok_or_else(|| Error::internal("the connection ended"))?;
    let reply = reply.map_err(Error::internal)?.into_text();
    let frame: Value =
        serde_json::from_str(&reply.map_err(Error::internal)?).map_err(Error::internal)?;
    Ok(frame[2].clone())
}
