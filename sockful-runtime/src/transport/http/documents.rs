//! What is said of the description over HTTP.

use crate::engine::app::App;
use crate::spec::openapi;
use crate::spec::openapi::Source;
use crate::spec::{asyncapi, typescript};
use bytes::Bytes;
use std::sync::OnceLock;

/// The files that follow from the description, each made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Files {
    types: OnceLock<Bytes>,
    value: OnceLock<Bytes>,
    schema: OnceLock<Bytes>,
    asyncapi: OnceLock<Bytes>,
    openapi: OnceLock<Bytes>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Types,
    Value,
    Schema,
    AsyncApi,
    OpenApi,
}

impl File {
    /// The file at `path`.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/sockful/types.d.ts" => Some(Self::Types),
            "/sockful/types.js" => Some(Self::Value),
            "/sockful/schema.json" => Some(Self::Schema),
            "/sockful/asyncapi.json" => Some(Self::AsyncApi),
            "/sockful/openapi.json" => Some(Self::OpenApi),
            _ => None,
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Types => "text/plain; charset=utf-8",
            Self::Value => "text/javascript; charset=utf-8",
            Self::Schema | Self::AsyncApi | Self::OpenApi => "application/json",
        }
    }
}

impl Files {
    /// What is in `file` of what `app` serves.
    pub(crate) fn get(&self, file: File, app: &App) -> Bytes {
        let (models, description) = (&app.shared.models, &app.description);
        let made = match file {
            File::Types => self
                .types
                .get_or_init(|| typescript::types(models, description).into()),
            File::Value => self
                .value
                .get_or_init(|| typescript::value(models, description).into()),
            File::Schema => self
                .schema
                .get_or_init(|| Bytes::copy_from_slice(description.text.as_bytes())),
            File::AsyncApi => self
                .asyncapi
                .get_or_init(|| asyncapi::document(description).into()),
            File::OpenApi => self
                .openapi
                .get_or_init(|| openapi::document(Source::of(app)).into()),
        };
        made.clone()
    }
}
