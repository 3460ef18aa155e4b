//! Limits on sizes, rates and bad frames.

mod bad_frames;
mod message_size;
mod rate_limits;
