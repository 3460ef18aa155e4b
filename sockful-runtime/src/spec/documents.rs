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
    /// The TypeScript module of all that is served, to be written to a file: its types, and the value
    /// that the client's `connect` takes as `api`.
    ///
    /// # Errors
    ///
    /// What opening a server of them says.
    pub fn typescript(&self) -> Result<String> {
        let (models, description) = describe(*self)?;
        Ok(typescript::module(&models, &description))
    }

    /// The description of all that is served, as `["sockful","schema"]` gives it.
    ///
    /// # Errors
    ///
    /// What opening a server of them says.
    pub fn schema(&self) -> Result<String> {
        Ok(describe(*self)?.1.text)
    }

    /// That description as an `AsyncAPI` 3.0 document, for tools that read those.
    ///
    /// # Errors
    ///
    /// What opening a server of them says.
    pub fn asyncapi(&self) -> Result<String> {
        Ok(asyncapi::document(&describe(*self)?.1))
    }

    /// What a server of them answers over HTTP as an `OpenAPI` 3.1 document, for tools that read
    /// those: one that asks nobody who they are, with the default [`Config`].
    ///
    /// # Errors
    ///
    /// What opening a server of them says.
    pub fn openapi(&self) -> Result<String> {
        self.openapi_of(&Config::default(), false)
    }

    /// The same of a server with this configuration.
    pub(crate) fn openapi_of(&self, config: &Config, asks_who: bool) -> Result<String> {
        let (models, description) = describe(*self)?;
        Ok(openapi::document(OpenApiSource {
            resources: *self,
            models: &models,
            description: &description,
            config,
            asks_who,
        }))
    }

    /// What stores keep of each of them, private properties included: names, types and rules, in lines
    /// to be checked in. [`compare_stored`](Self::compare_stored) tells what has changed since.
    ///
    /// # Errors
    ///
    /// What opening a server of them says.
    pub fn stored(&self) -> Result<String> {
        let (models, _) = describe(*self)?;
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        Ok(store::written(&layouts))
    }

    /// What has changed since [`stored`](Self::stored) said this. A change that is
    /// [breaking](crate::model::schema::comparison::Verdict::Breaking) is refused by a server whose store has
    /// records that it concerns; all else is applied, whatever is stored.
    ///
    /// # Errors
    ///
    /// What opening a server of them says, and where that is no such description.
    pub fn compare_stored(&self, older: &Value) -> Result<SchemaComparison> {
        let (models, _) = describe(*self)?;
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        store::compare(older, &layouts).map_err(|why| Error::new(ErrorKind::Invalid, why))
    }
}
