//! Frames on a WebSocket connection: handshake, requests and replies, their order, the `sockful` resource, random and fuzzed input.

mod frames;
mod fuzz_corpus;
mod handshake;
mod random_requests;
mod replies;
mod request_options;
mod request_order;
mod system_resource;
