//! One test a promise of the protocol.

mod abuse;
mod anything;
mod core;
mod frames;
mod handshake;
mod http;
mod limits;
mod lists;
mod options;
mod order;
mod queries;
mod remotes;
mod replies;
mod shutdown;
mod system;
mod values;
mod writes;
