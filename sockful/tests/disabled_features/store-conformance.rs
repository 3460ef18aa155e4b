use sockful::testing::store_conformance;

fn main() {}
