//! A vault: whoever signs in gets a token, and sees hoards of its own alone.
//!
//! `cargo run -p sockful-examples --example vault` serves it on 127.0.0.1:8000; `HOST` and `PORT`
//! change that. `ada` signs in with the password `lovelace`, `grace` with `hopper`.

use serde::{Deserialize, Serialize};
use sockful::{Context, Credentials, Error, ErrorKind, Filter, Identity, Resource, Result};
use sockful::{Server, cli, remote, resources, shutdown_signal};
use std::collections::HashMap;
use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Who calls.
#[derive(Clone)]
struct User {
    name: String,
}

/// Somebody who may keep gold here. Who is nobody yet may sign in, and sees no guest.
#[derive(Serialize, Deserialize, Resource)]
#[resource(public, only(get))]
struct Guest {
    id: String,
    /// As it stands, which nothing but an example may do: keep a hash that is made for passwords.
    #[resource(private)]
    password: Option<String>,
}

#[remote]
impl Guest {
    #[can(read)]
    fn itself(who: &User) -> Filter<Self> {
        Self::FIELDS.id.eq(&who.name)
    }

    /// Gives a token, which says who calls for so many seconds.
    pub async fn sign_in(
        ctx: &Context,
        name: String,
        password: String,
        #[resource(default = 3600, range(1..=86_400))] seconds: u32,
    ) -> Result<String> {
        let guest = ctx.records::<Self>().try_get(&name).await?;
        if guest.and_then(|guest| guest.password) != Some(password) {
            return Err(Error::refused("wrong_password", "that is not the password"));
        }
        let tokens = ctx.state::<Arc<Tokens>>()?;
        Ok(tokens.issue(name, Duration::from_secs(seconds.into())))
    }

    /// Takes back all tokens of whoever calls, on all its connections.
    pub fn sign_out(ctx: &Context) -> Result<()> {
        let name = &ctx.user::<User>()?.name;
        ctx.state::<Arc<Tokens>>()?.take_back(name);
        ctx.revoke(name);
        Ok(())
    }
}

/// What somebody keeps here.
#[derive(Serialize, Deserialize, Resource)]
struct Hoard {
    id: String,
    #[resource(immutable, index)]
    owner: String,
    /// More than a number of JSON holds exactly.
    #[resource(wide)]
    gold: u64,
    /// To the dragons; below zero it is theirs.
    #[resource(wide)]
    debt: Option<i128>,
}

#[remote]
impl Hoard {
    #[can(read)]
    fn owned_by(who: &User) -> Filter<Self> {
        Self::FIELDS.owner.eq(&who.name)
    }

    #[can(create, update, destroy)]
    fn is_of(&self, who: &User) -> bool {
        self.owner == who.name
    }

    /// Adds gold; `too_full` where no more goes in.
    pub fn fill(&mut self, #[resource(wide)] gold: u64) -> Result<()> {
        let full = || Error::refused("too_full", "the hoard does not hold that much");
        self.gold = self.gold.checked_add(gold).ok_or_else(full)?;
        Ok(())
    }
}

/// Whom each token is of that was given out. They are gone with the process.
#[derive(Debug, Default)]
struct Tokens {
    identities: Mutex<HashMap<String, Identity<User>>>,
}

impl Tokens {
    fn issue(&self, name: String, lifetime: Duration) -> String {
        let now = SystemTime::now();
        let user = User { name: name.clone() };
        let expires = now + lifetime;
        let identity = Identity::new(name, user).until(expires);
        let token = Uuid::new_v4().to_string();
        let mut identities = self.identities();
        identities.retain(|_, it| it.expires.is_none_or(|expires| expires > now));
        identities.insert(token.clone(), identity);
        token
    }

    fn take_back(&self, name: &str) {
        self.identities().retain(|_, it| it.key != name);
    }

    fn identity(&self, token: &str) -> Result<Identity<User>> {
        let unknown = || Error::new(ErrorKind::Unauthenticated, "this is nobody's token");
        self.identities().get(token).cloned().ok_or_else(unknown)
    }

    fn identities(&self) -> MutexGuard<'_, HashMap<String, Identity<User>>> {
        // Nothing is left half done in it.
        let locked = self.identities.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let tokens = Arc::new(Tokens::default());
    let known = tokens.clone();
    let server = Server::new(resources![Guest, Hoard])
        .state(tokens)
        .authenticate(move |credentials: Credentials| {
            let identity = known.identity(credentials.token().unwrap_or_default());
            async { identity }
        });
    if let Some(code) = cli::run(&server, env::args_os().skip(1)) {
        return Ok(code);
    }
    let server = server.open().await?;
    for (name, password) in [("ada", "lovelace"), ("grace", "hopper")] {
        let guest = NewGuest {
            id: Some(name.into()),
            password: Some(password.into()),
        };
        server.records::<Guest>().create(guest).await?;
    }

    let host = env::var("HOST").unwrap_or_else(|_| "127.0.0.1".to_owned());
    let port = env::var("PORT").unwrap_or_else(|_| "8000".to_owned());
    let listener = TcpListener::bind(format!("{host}:{port}")).await?;
    println!("vault: http://{}, for example", listener.local_addr()?);
    println!(r#"  ["guest","signIn",{{"name":"ada","password":"lovelace"}},1]"#);
    println!(r#"  ["sockful","authenticate",{{"token":"…"}},2]"#);
    println!(r#"  ["hoard","create",{{"owner":"ada","gold":"18446744073709551615"}},3]"#);
    server.serve(listener, shutdown_signal()).await?;
    Ok(ExitCode::SUCCESS)
}
