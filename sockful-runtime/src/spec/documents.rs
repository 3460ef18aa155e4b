//! Public methods of `Resources` that write documents.

use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::description::describe;
use crate::engine::table::Resources;
use crate::model::schema::comparison::SchemaComparison;
use crate::spec::asyncapi;
use crate::spec::openapi;
use crate::spec::openapi::OpenApiSource;
use crate::spec::typescript;
use crate::store;
use crate::store::Layout;
use serde_json::Value;

impl Resources {
    /// Returns the TypeScript module of the API, to be written to a file: its types, and the value
    /// that the client's `connect` takes as `api`.
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open.
    pub fn typescript(&self) -> Result<String> {
        let (models, description) = describe(*self)?;
        Ok(typescript::module(&models, &description))
    }

    /// Returns the description of the API, as `["sockful","schema"]` returns it.
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open.
    pub fn schema(&self) -> Result<String> {
        Ok(describe(*self)?.1.text)
    }

    /// Returns the WebSocket API as an `AsyncAPI` 3.0 document.
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open.
    pub fn asyncapi(&self) -> Result<String> {
        Ok(asyncapi::document(&describe(*self)?.1))
    }

    /// Returns the HTTP API as an `OpenAPI` 3.1 document. It describes a server without an
    /// authenticator that has the default [`Config`].
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open.
    pub fn openapi(&self) -> Result<String> {
        self.openapi_of(&Config::default(), false)
    }

    /// Returns the `OpenAPI` document of a server with this configuration.
    pub(crate) fn openapi_of(&self, config: &Config, has_authenticator: bool) -> Result<String> {
        let (models, description) = describe(*self)?;
        Ok(openapi::document(OpenApiSource {
            resources: *self,
            models: &models,
            description: &description,
            config,
            has_authenticator,
        }))
    }

    /// Returns what stores save about each resource, private properties included: names, types and rules, in lines
    /// to be checked in. [`compare_stored`](Self::compare_stored) compares them with later resources.
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open.
    pub fn stored(&self) -> Result<String> {
        let (models, _) = describe(*self)?;
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        Ok(store::written(&layouts))
    }

    /// Returns the changes since an earlier result of [`stored`](Self::stored). A change that is
    /// [breaking](crate::model::schema::comparison::Verdict::Breaking) is refused by a server whose store has
    /// records that it affects; other changes are always applied.
    ///
    /// # Errors
    ///
    /// Fails if a server of these resources cannot open, or if `older` is not such a description.
    pub fn compare_stored(&self, older: &Value) -> Result<SchemaComparison> {
        let (models, _) = describe(*self)?;
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        store::compare(older, &layouts).map_err(|why| Error::new(ErrorKind::Invalid, why))
    }
}
