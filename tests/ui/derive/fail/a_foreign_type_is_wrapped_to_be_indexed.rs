use sockful::Resource;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

#[derive(Serialize, Deserialize, Resource)]
struct Visit {
    id: String,
    #[resource(index)]
    address: IpAddr,
}

fn main() {}
