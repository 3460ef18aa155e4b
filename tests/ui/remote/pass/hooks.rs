//! Actions, arguments and return types of hooks.
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use serde::{Deserialize, Serialize};
use sockful::{Context, Error, Resource, Result, remote};
use std::future::ready;

/// A beast.
#[derive(Serialize, Deserialize, Resource)]
pub struct Creature {
    id: String,
    life: i32,
}

struct Tired;

impl From<Tired> for Error {
    fn from(_: Tired) -> Self {
        Self::refused("tired", "sleeps until dawn")
    }
}

#[remote]
impl Creature {
    /// Feeds it.
    pub fn feed_well(&mut self) {
        self.grow();
    }

    /// Shows it.
    #[remote(name = "show")]
    pub fn look(&self) -> i32 {
        self.life
    }

    /// Returns a greeting.
    pub fn greet() {}

    /// A remote method named like an action without hooks.
    #[remote(name = "tally")]
    pub fn r#count(&mut self) {}

    fn grow(&mut self) {
        self.life += 1;
    }

    #[before(create, update, feed_well)]
    fn limit(&mut self, old: Option<&Self>) {
        self.life = self.life.min(old.map_or(20, |old| old.life + 5));
    }

    #[before(update, feed_well, count)]
    async fn refuse(&mut self, context: &Context, old: &Creature) -> std::result::Result<(), Tired> {
        ready(context.peer()).await;
        if old.life > self.life { Err(Tired) } else { Ok(()) }
    }

    #[before(destroy)]
    #[after(destroy, look)]
    #[after(create)]
    fn tell(&self, _: &Context) -> Result<()> {
        if self.life == 0 {
            return Err(Tired.into());
        }
        Ok(())
    }

    #[after(greet, create)]
    async fn count_greetings() {
        ready(()).await;
    }

    #[cfg(any())]
    #[before(create)]
    fn never(&self) -> Nothing {}

    #[cfg(not(test))]
    #[after(update)]
    fn always(old: &Self) {
        let _ = old.life;
    }
}

fn main() {}
