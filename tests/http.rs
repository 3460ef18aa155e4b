//! HTTP endpoints and the REST routes.

mod endpoints;
mod rest;
