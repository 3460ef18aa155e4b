use chrono::{DateTime, Utc};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sockful::{Filter, Order, Resource};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(created_at, index)]
    since: DateTime<Utc>,
    #[resource(updated_at)]
    touched: Timestamp,
    // A timestamp that the application sets is an ordinary property.
    fed: Option<Timestamp>,
}

fn fresh(since: DateTime<Utc>) -> (Filter<Creature>, Order<Creature>) {
    let fields = Creature::FIELDS;
    let fresh = fields.since.gte(since) & fields.touched.ne(&Timestamp::UNIX_EPOCH);
    (fresh, fields.touched.descending())
}

fn main() {
    let _ = fresh(DateTime::UNIX_EPOCH);
    let _ = NewCreature { id: None, fed: Some(Timestamp::UNIX_EPOCH) };
}
