//! Items that the macro expansions name, and the bounds that produce good compiler messages.

pub mod bounds;
