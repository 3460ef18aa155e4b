//! Which clients may connect, and what they may read without an identity.

use super::check::invalid;
use crate::core::error::Result;
use crate::core::web_origin::WebOrigin;
use serde::Deserialize;

/// Which clients may connect, and what they may read without an identity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AccessConfig {
    /// The origins whose pages may connect, in addition to the server's own host, such as
    /// `https://app.example.com`. Default: none.
    pub allowed_origins: Vec<String>,
    /// Serve the description of the API to unauthenticated clients, on a server that authenticates
    /// them. Default: false.
    pub public_schema: bool,
}

impl AccessConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        let mut origins = self.allowed_origins.iter();
        match origins.find(|text| WebOrigin::parse(text).is_none()) {
            Some(text) => Err(invalid(
                "access.allowed_origins",
                format_args!("{text:?}"),
                "not an origin; write one such as `https://app.example.com`",
            )),
            None => Ok(()),
        }
    }
}
