//! Hostile clients, data leaks, error disclosure, and published advisories.

mod abusive_clients;
mod advisories;
mod data_leaks;
mod error_disclosure;
