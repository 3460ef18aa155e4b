use sockful::remote;

struct User {
    name: String,
}

struct Note {
    owner: String,
}

#[remote]
impl Note {
    #[can(update)]
    fn owned_by(&self, who: &User) -> bool {
        self.owner == who.name
    }
}

fn main() {}
