//! Documents about the API that are served over HTTP.

use crate::engine::app::{App, Documents};
use crate::spec::openapi;
use crate::spec::openapi::OpenApiSource;
use crate::spec::{asyncapi, typescript};
use bytes::Bytes;

/// A document about the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiDocument {
    Types,
    Value,
    Schema,
    AsyncApi,
    OpenApi,
}

impl ApiDocument {
    /// The document at `path`.
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

    /// The text of the document, written when it is first requested.
    pub(crate) fn text(self, app: &App) -> Bytes {
        let (models, description) = (&app.models, &app.description);
        app.documents.get(self as usize, || match self {
            Self::Types => typescript::types(models, description).into(),
            Self::Value => typescript::value(models, description).into(),
            Self::Schema => Bytes::copy_from_slice(description.text.as_bytes()),
            Self::AsyncApi => asyncapi::document(description).into(),
            Self::OpenApi => openapi::document(OpenApiSource::of(app)).into(),
        })
    }
}

const _: () = assert!(ApiDocument::OpenApi as usize + 1 == Documents::LEN);
