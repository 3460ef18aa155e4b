use serde::{Deserialize, Serialize};
use sockful::{Filter, Plain, Resource};

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
enum Team {
    Red,
    Blue,
}

impl Plain for Team {}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    #[resource(write_only)]
    password: String,
    #[resource(write_only, unique)]
    code: Option<String>,
    #[resource(immutable, unique)]
    email: String,
    #[resource(immutable, index, default = Team::Red)]
    team: Team,
    #[resource(private, unique, default)]
    key: Option<u32>,
    #[resource(read_only)]
    mood: Option<String>,
    #[resource(wide, unique)]
    gold: u64,
    #[resource(wide, private, default)]
    debt: i128,
    #[resource(wide, read_only)]
    loan: Option<u128>,
    #[resource(created_at, index)]
    since: i64,
    #[resource(updated_at)]
    touched: u64,
    #[resource(rev)]
    revision: i64,
    r#type: Option<bool>,
}

fn asked(id: &String) -> Filter<Creature> {
    let fields = Creature::FIELDS;
    let any = fields.id.eq(id) | fields.email.prefix("b") | !fields.team.one_of([Team::Red, Team::Blue]);
    let each = fields.gold.eq(u64::MAX) & fields.loan.eq(None) & fields.loan.is_null() & fields.since.gte(7);
    any & each & fields.r#type.ne(true) & fields.mood.gt("calm") & fields.mood.is_not_null()
}

fn main() {
    let _ = asked(&"bob".to_owned());
    let new = NewCreature {
        id: None,
        password: "hush".to_owned(),
        code: None,
        email: "bob".to_owned(),
        team: None,
        key: None,
        mood: None,
        gold: 7,
        debt: None,
        loan: None,
        r#type: None,
    };
    println!("{new:?}");
}
