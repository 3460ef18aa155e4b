//! What can't be seen from outside, or not without waiting.

mod clocks;
mod commits;
