//! Kills a server again and again while clients write, and looks whether anything was lost or done twice.
//!
//! `cargo run -p sockful-examples --example durable -- 200` does so 200 times. The server is this program
//! once more, with its records in a file; it dies at any moment, and is started again at once. The
//! clients know nothing of it but that their connections end.

use serde::{Deserialize, Serialize};
use sockful::client::{Client, Event};
use sockful::store::Sqlite;
use sockful::{Config, Filter, Resource, Resources, Result, Server, remote, resources};
use std::collections::BTreeMap;
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const RESOURCES: Resources = resources![Account, Receipt];
const CLIENTS: u64 = 16;
/// How long a server lives at most, in milliseconds.
const LIVES: u64 = 150;
/// How long a client waits between its writes.
const PAUSE: Duration = Duration::from_millis(20);

/// What one client counts.
#[derive(Serialize, Deserialize, Resource)]
struct Account {
    id: String,
    #[resource(default)]
    deposits: i64,
}

#[remote]
impl Account {
    /// Counts one more.
    pub fn deposit(&mut self) {
        self.deposits += 1;
    }
}

/// What one client has made; its id is the server's, so that one that is made twice shows.
#[derive(Debug, Serialize, Deserialize, Resource)]
struct Receipt {
    id: String,
    account: String,
    number: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [mode, file, port] if mode == "serve" => serve(Path::new(file), port).await,
        [rounds] => storm(rounds.parse().unwrap_or(200)).await,
        _ => storm(200).await,
    }
}

fn server(file: &Path) -> Result<Server> {
    let mut config = Config::default();
    // What is resumed is told one by one, and every key is remembered.
    (config.log_capacity, config.fold_after) = (1 << 30, usize::MAX);
    (config.max_keys, config.max_keys_per_caller) = (1 << 24, 1 << 24);
    let store = Sqlite::with_config(file, &config)?;
    Ok(Server::new(RESOURCES).store(store).config(config))
}

async fn serve(file: &Path, port: &str) -> Result<()> {
    server(file)?.listen(format!("127.0.0.1:{port}")).await
}

async fn storm(rounds: u32) -> Result<()> {
    let folder = env::temp_dir().join(format!("sockful-durable-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("data.db");
    let free = TcpListener::bind("127.0.0.1:0").await?;
    let port = free.local_addr()?.port().to_string();
    drop(free);

    let connect = || {
        Client::builder(format!("ws://127.0.0.1:{port}"))
            .backoff(Duration::from_millis(2), Duration::from_millis(20))
            .timeout(Duration::from_secs(60))
            .start()
    };
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for nth in 0..CLIENTS {
        let client = connect()?;
        clients.spawn(write(client, format!("account-{nth}"), is_over.clone()));
    }
    let following = tokio::spawn(follow(connect()?, is_over.clone()));

    let mut child = start(&file, &port)?;
    for _ in 0..rounds {
        sleep(Duration::from_millis(
            RandomState::new().hash_one(()) % LIVES,
        ))
        .await;
        child.kill()?;
        child.wait()?;
        child = start(&file, &port)?;
    }
    is_over.store(true, Relaxed);
    let mut acknowledged = BTreeMap::new();
    while let Some(done) = clients.join_next().await {
        let (account, writes) = done.expect("no client panics")?;
        acknowledged.insert(account, writes);
    }
    let receipts: i64 = acknowledged.values().sum();
    let told = timeout(Duration::from_secs(60), following).await;
    let told = told
        .expect("it is told everything")
        .expect("it does not panic")?;
    child.kill()?;
    child.wait()?;

    let commits = check(&file, &acknowledged, &told).await?;
    std::fs::remove_dir_all(folder)?;
    println!(
        "{rounds} times killed: {receipts} deposits and {receipts} receipts acknowledged, each there once; \
         {commits} commits, dense; {} receipts told, each once",
        told.len()
    );
    Ok(())
}

fn start(file: &Path, port: &str) -> Result<Child> {
    let program: PathBuf = env::current_exe()?;
    Ok(Command::new(program)
        .arg("serve")
        .arg(file)
        .arg(port)
        .spawn()?)
}

/// Writes until it is over; gives how many deposits were acknowledged, and as many receipts.
async fn write(client: Client, account: String, is_over: Arc<AtomicBool>) -> Result<(String, i64)> {
    let accounts = client.of::<Account>();
    accounts
        .create(NewAccount {
            id: Some(account.clone()),
            ..NewAccount::default()
        })
        .await?;
    let mut number = 0;
    while !is_over.load(Relaxed) {
        accounts.deposit(&account).await?;
        let receipt = NewReceipt {
            id: None,
            account: account.clone(),
            number,
        };
        client.of::<Receipt>().create(receipt).await?;
        number += 1;
        sleep(PAUSE).await;
    }
    Ok((account, number))
}

/// How often each receipt was told of, up to the last.
async fn follow(
    client: Client,
    is_over: Arc<AtomicBool>,
) -> Result<BTreeMap<(String, i64), usize>> {
    let mut events = client.of::<Receipt>().subscribe(Filter::all());
    let mut told = BTreeMap::new();
    loop {
        let event = match timeout(Duration::from_secs(1), events.next()).await {
            Ok(Some(event)) => event?,
            Ok(None) => return Ok(told),
            Err(_) => {
                let is_whole = client.of::<Receipt>().count(Filter::all()).await? == told.len();
                if is_over.load(Relaxed) && is_whole {
                    return Ok(told);
                }
                continue;
            }
        };
        let come = match event {
            Event::Created { record, .. } => vec![record],
            Event::Reset { records, .. } => records,
            other => panic!("nothing else happens to receipts: {other:?}"),
        };
        for receipt in come {
            *told.entry((receipt.account, receipt.number)).or_default() += 1;
        }
    }
}

/// Opens the file itself, and compares it with what was acknowledged and told.
async fn check(
    file: &Path,
    acknowledged: &BTreeMap<String, i64>,
    told: &BTreeMap<(String, i64), usize>,
) -> Result<usize> {
    let handle = server(file)?.open().await?;
    let accounts = handle.of::<Account>().find(Filter::all()).await?;
    let deposits: BTreeMap<_, _> = accounts
        .into_iter()
        .map(|it| (it.id, it.deposits))
        .collect();
    assert_eq!(&deposits, acknowledged, "each deposit took effect once");
    let log = handle.store().log(0, usize::MAX).await?;
    let is_dense = (1..).zip(&log).all(|(seq, committed)| committed.seq == seq);
    assert!(is_dense, "the numbers of the commits are dense");
    let mut made = BTreeMap::new();
    for after in log
        .iter()
        .flat_map(|it| &it.changes)
        .filter_map(|it| it.after.as_ref())
    {
        if let Ok(receipt) = serde_json::from_str::<Receipt>(after.sent()) {
            *made.entry((receipt.account, receipt.number)).or_default() += 1;
        }
    }
    let expected = acknowledged.iter();
    let expected = expected
        .flat_map(|(account, most)| (0..*most).map(|number| ((account.clone(), number), 1)));
    let expected: BTreeMap<_, _> = expected.collect();
    assert_eq!(made, expected, "each receipt was made once");
    assert_eq!(told, &expected, "each receipt was told once");
    Ok(log.len())
}
