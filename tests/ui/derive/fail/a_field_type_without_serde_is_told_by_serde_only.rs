use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(schemars::JsonSchema)]
struct Mood(u8);

#[derive(Deserialize, schemars::JsonSchema)]
struct Scale(u8);

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    mood: Scale,
}

fn _moody(_: Mood) {}

fn main() {}
