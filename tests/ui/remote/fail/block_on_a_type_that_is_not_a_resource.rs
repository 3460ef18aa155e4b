use sockful::remote;

struct Creature;

#[remote]
impl Creature {
    pub fn feed(&mut self) {}

    pub fn look(&self) -> i32 {
        1
    }
}

struct Album;

#[remote]
impl Album {
    pub fn count_all() {}
}

fn main() {}
