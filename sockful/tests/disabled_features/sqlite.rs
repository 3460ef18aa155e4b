use sockful::store::Sqlite;

fn main() {}
