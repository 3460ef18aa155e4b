//! What the macros make: tables, defaults, structs, schemas.

mod hooks;
mod made;
mod many;
mod relations;
mod table;
mod typed;
