//! Which clients may connect, and what they may read without an identity.

/// Which clients may connect, and what they may read without an identity.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccessConfig {
    /// The origins whose pages may connect, in addition to the server's own host, such as
    /// `https://app.example.com`. Default: none.
    pub allowed_origins: Vec<String>,
    /// Serve the description of the API to unauthenticated clients, on a server that authenticates
    /// them. Default: false.
    pub public_schema: bool,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            public_schema: false,
        }
    }
}
