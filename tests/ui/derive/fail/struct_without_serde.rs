use sockful::Resource;

#[derive(Resource)]
struct Creature {
    id: String,
    life: i32,
}

fn main() {}
