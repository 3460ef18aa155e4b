use serde::{Deserialize, Serialize};
use sockful::Resource;

#[derive(Serialize, Deserialize)]
struct Mood(u8);

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    mood: Mood,
    moods: Vec<Mood>,
}

fn main() {}
