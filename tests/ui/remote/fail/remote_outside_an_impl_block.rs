use sockful::remote;

#[remote]
struct Creature {
    id: String,
}

impl Creature {
    #[remote]
    pub fn feed(&self) {}
}

fn main() {}
