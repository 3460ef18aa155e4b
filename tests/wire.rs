//! One test a promise of the protocol.

mod abuse;
mod access;
mod anything;
mod bad_frames;
mod core;
mod frames;
mod handshake;
mod http;
mod kept;
mod limits;
mod lists;
mod options;
mod order;
mod queries;
mod remotes;
mod replies;
mod rules;
mod sanitizers;
mod schema;
mod shutdown;
mod spellings;
mod system;
mod unique;
mod values;
mod wide;
mod writes;
