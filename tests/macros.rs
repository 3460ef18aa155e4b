//! What the macros make: tables, defaults, structs, schemas.

mod made;
mod many;
mod table;
mod typed;
