//! Shutdown, TLS, and mounting into another server.

mod mounted_in_axum;
mod shutdown;
mod tls;
