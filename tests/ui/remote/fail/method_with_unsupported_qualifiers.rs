use serde::{Deserialize, Serialize};
use sockful::{Resource, remote};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub fn generic<T>(&self, _value: T) {}

    pub unsafe fn risky(&self) {}

    pub extern "C" fn foreign(&self) {}

    pub const fn constant(&self) {}

    pub fn opaque(&self) -> impl Sized {}

    pub fn any(&self, _value: impl Sized) {}

    pub fn context(&self, _context: &'static sockful::Context) {}
}

fn main() {}
