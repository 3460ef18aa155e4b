//! The code that the hint for a foreign type suggests compiles, and times need no hint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::query::KeyForm;
use sockful::{Filter, Plain, Resource};
use std::net::IpAddr;

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Address(IpAddr);

impl sockful::Plain for Address {}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Price(String);

impl Plain for Price {
    const KEY_FORM: KeyForm = KeyForm::Decimal;
}

#[derive(Serialize, Deserialize, Resource)]
struct Visit {
    id: String,
    #[resource(index)]
    address: Address,
    #[resource(index)]
    price: Option<Price>,
    #[resource(index)]
    starts: chrono::DateTime<chrono::Utc>,
    #[resource(unique)]
    ends: Option<jiff::Timestamp>,
    day: jiff::civil::Date,
}

fn main() {
    let now = chrono::DateTime::UNIX_EPOCH;
    let filter: Filter<Visit> = Visit::FIELDS.starts.gte(now)
        & Visit::FIELDS.ends.lt(jiff::Timestamp::UNIX_EPOCH)
        & Visit::FIELDS.ends.is_not_null()
        & Visit::FIELDS.address.eq(Address(IpAddr::from([127, 0, 0, 1])))
        & Visit::FIELDS.price.eq(Price("1.50".to_owned()));
    let _ = (filter, Visit::FIELDS.starts.descending());
}
