use sockful::{ServerHandle, TlsConfig};

fn main() {}

fn serve(server: ServerHandle) {
    drop(server.listen_tls("127.0.0.1:443", ()));
}
