use sockful::Resource;

#[derive(Resource)]
union Creature {
    id: u32,
    life: f32,
}

fn main() {}
