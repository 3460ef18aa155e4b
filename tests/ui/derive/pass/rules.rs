//! Every rule on every type that it supports.

use serde::{Deserialize, Serialize};
use sockful::{Resource, macro_support};
use std::collections::{BTreeMap, HashSet};

mod limits {
    pub const LEAST: f32 = -0.5;
    pub const MOST: usize = 32;
}

#[derive(Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Points(u8);

impl macro_support::NumberType for Points {}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    #[resource(length(..=64), pattern = "^[a-z]+$")]
    id: String,
    #[resource(default = 20, range(0..=20))]
    life: i32,
    #[resource(default = -1, range(i64::MIN..0))]
    depth: i64,
    #[resource(range(..256))]
    small: Option<u8>,
    #[resource(default = 0.25, range(limits::LEAST..1))]
    weight: f32,
    #[resource(range(1.., message = "is pointless"))]
    points: Points,
    #[resource(default = "élan", length(4..limits::MOST), sanitize(trim, lowercase, self::same))]
    kind: String,
    #[resource(length(1..), format("url"))]
    site: Option<Box<str>>,
    #[resource(default, length(..=3), sanitize(uppercase))]
    tags: Vec<String>,
    #[resource(length(2..=2))]
    pair: [u8; 2],
    #[resource(length(..9))]
    marks: HashSet<u8>,
    #[resource(length(..9), when = Self::is_small)]
    notes: BTreeMap<String, u8>,
    #[resource(conform = is_even)]
    even: u8,
    #[resource(conform(Self::is_odd, message = "is even"))]
    odd: Option<u8>,
    #[resource(conform = limits_text)]
    text: String,
    #[resource(format = "date-time", message = "is no time")]
    at: String,
}

fn same(text: String) -> String {
    text
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_even(number: &u8) -> bool {
    number % 2 == 0
}

fn limits_text(text: &str) -> Result<(), &'static str> {
    if text.len() < limits::MOST { Ok(()) } else { Err("is long") }
}

impl Creature {
    fn is_small(&self) -> bool {
        self.life < 3
    }

    fn is_odd(number: &Option<u8>) -> Result<(), std::fmt::Error> {
        if number.is_none_or(|number| number % 2 == 1) { Ok(()) } else { Err(std::fmt::Error) }
    }
}

#[sockful::remote]
impl Creature {
    pub fn feed(
        &mut self,
        #[resource(default = 1, range(1..=5))] amount: i32,
        #[resource(length(1..limits::MOST), sanitize(trim, self::same), conform = limits_text)] what: String,
        #[resource(pattern("^a", message = "begins otherwise"))] why: Option<String>,
    ) -> String {
        self.life += amount;
        what + why.as_deref().unwrap_or_default()
    }
}

fn main() {}
