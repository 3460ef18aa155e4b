use sockful::client::Client;

fn main() {}
