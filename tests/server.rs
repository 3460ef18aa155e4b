//! Shutdown, TLS, and mounting into another server.

mod address;
mod mounted_in_axum;
mod shutdown;
mod tls;
