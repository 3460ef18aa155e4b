//! Authentication and policies.

mod authenticate;
mod handshake_credentials;
mod policies;
mod refresh;
mod subscriptions;
