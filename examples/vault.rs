//! A vault: a user signs in to receive a token, and can read only their own hoards.
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

/// An authenticated user.
#[derive(Clone)]
struct User {
    name: String,
}

/// A guest who may keep gold here. Unauthenticated callers may sign in, but cannot read guests.
#[derive(Serialize, Deserialize, Resource)]
#[resource(public, only(get))]
struct Guest {
    id: String,
    /// Stored in plain text, as only an example may: store a password hash instead.
    #[resource(private)]
    password: Option<String>,
}

#[remote]
impl Guest {
    #[can(read)]
    fn is_self(user: &User) -> Filter<Self> {
        Self::FIELDS.id.eq(&user.name)
    }

    /// Returns a token that identifies the caller for `seconds`.
    pub async fn sign_in(
        ctx: &Context,
        name: String,
        password: String,
        #[resource(default = 3600, range(1..=86_400))] seconds: u32,
    ) -> Result<String> {
        let guest = ctx.records::<Self>().try_get(&name).await?;
        if guest.and_then(|guest| guest.password) != Some(password) {
            return Err(Error::refused("wrong_password", "wrong password"));
        }
        let tokens = ctx.state::<Arc<Tokens>>()?;
        Ok(tokens.issue(name, Duration::from_secs(seconds.into())))
    }

    /// Revokes all tokens of the caller, on all its connections.
    pub fn sign_out(ctx: &Context) -> Result<()> {
        let name = &ctx.user::<User>()?.name;
        ctx.state::<Arc<Tokens>>()?.revoke_all(name);
        ctx.revoke(name);
        Ok(())
    }
}

/// The gold of one user.
#[derive(Serialize, Deserialize, Resource)]
struct Hoard {
    id: String,
    #[resource(immutable, index)]
    owner: String,
    /// May exceed the exact range of JSON numbers.
    #[resource(wide)]
    gold: u64,
    /// The debt to the dragons; negative if they owe gold.
    #[resource(wide)]
    debt: Option<i128>,
}

#[remote]
impl Hoard {
    #[can(read)]
    fn owned_by(user: &User) -> Filter<Self> {
        Self::FIELDS.owner.eq(&user.name)
    }

    #[can(create, update, destroy)]
    fn is_owner(&self, user: &User) -> bool {
        self.owner == user.name
    }

    /// Adds gold; fails with `too_full` if it does not fit.
    pub fn fill(&mut self, #[resource(wide)] gold: u64) -> Result<()> {
        let full = || Error::refused("too_full", "the hoard cannot hold that much gold");
        self.gold = self.gold.checked_add(gold).ok_or_else(full)?;
        Ok(())
    }
}

/// The identity of each issued token, in memory only.
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

    fn revoke_all(&self, name: &str) {
        self.identities().retain(|_, it| it.key != name);
    }

    fn identity(&self, token: &str) -> Result<Identity<User>> {
        let unknown = || Error::new(ErrorKind::Unauthenticated, "invalid token");
        self.identities().get(token).cloned().ok_or_else(unknown)
    }

    fn identities(&self) -> MutexGuard<'_, HashMap<String, Identity<User>>> {
        // A panic cannot leave the map in an inconsistent state.
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
