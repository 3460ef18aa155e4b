use sockful::{MountedServer, Server};

fn main() {}

fn mount(server: Server) {
    drop(server.into_service());
}
