//! What can't be seen from outside, or not without waiting.

mod clashes;
mod clocks;
mod commits;
mod disconnects;
mod slow;
