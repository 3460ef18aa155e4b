use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, remote, resources};
use std::borrow::Cow;

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    name: String,
}

struct Broken;

impl From<Broken> for sockful::Error {
    fn from(_: Broken) -> Self {
        Self::refused("broken", "is broken")
    }
}

type Short<T> = Result<T, Broken>;
type Here = Context;

#[remote]
impl Creature {
    pub fn nothing(&mut self) {}

    pub fn unit_or_error(&self) -> Result<(), std::io::Error> {
        Ok(())
    }

    pub async fn aliased(&mut self, mut name: String) -> Short<Option<u8>> {
        name.push('!');
        self.name = name;
        Err(Broken)
    }

    pub fn borrowed(&self) -> &str {
        &self.name
    }

    pub fn fixed(&mut self) -> &'static str {
        "fixed"
    }

    pub fn owned(cow: Cow<'static, str>, maybe: Option<Vec<(u8, String)>>) -> Vec<Self> {
        drop((cow, maybe));
        Vec::new()
    }

    pub async fn contexts(_: &Context, other: &'_ Here, itself: Option<Self>) -> sockful::Result<Option<Self>> {
        let _ = other.peer();
        std::future::ready(()).await;
        Ok(itself)
    }

    pub fn __proto__() {}

    pub fn to_string() {}
}

// A second `impl` block without the attribute.
impl Creature {
    pub fn constructor() -> u8 {
        1
    }
}

const APP: Resources = resources![Creature];

fn main() {
    assert!(APP.find("creature", "toString").is_some() && APP.find("creature", "constructor").is_none());
    assert_eq!(Creature::constructor(), 1);
}
