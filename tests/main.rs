//! The tests of the workspace, by topic. `README.md` describes the layout.

mod architecture;
mod client;
mod compile_fail;
mod dependency_budget;
mod description;
mod hooks;
mod http;
mod identity;
mod limits;
mod live;
mod macros;
mod methods;
mod protocol;
mod queries;
mod relations;
mod repository;
mod security;
mod server;
mod stores;
mod support;
mod transport_matrix;
mod validation;
mod writes;
