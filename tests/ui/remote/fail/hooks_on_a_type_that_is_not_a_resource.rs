use sockful::remote;

struct Creature {
    life: i32,
}

#[remote]
impl Creature {
    #[before(create)]
    fn check(&mut self, old: Option<&Self>) {
        self.life = old.map_or(1, |old| old.life);
    }

    #[after(destroy)]
    fn tell(&self) {}

    pub fn feed(&mut self) {}
}

fn main() {}
