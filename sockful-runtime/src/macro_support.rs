//! What the expansions of the macros name, and the bounds that give good compiler messages.

pub mod bounds;
