//! HTTP endpoints and the REST routes.

mod endpoints;
mod malformed_requests;
mod rest;
mod site_access;
