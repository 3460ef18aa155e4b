//! What is said of the description over HTTP.

use crate::asyncapi;
use crate::description::Description;
use crate::model::Model;
use crate::typescript;
use bytes::Bytes;
use std::sync::OnceLock;

/// The files that follow from the description, each made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Files {
    types: OnceLock<Bytes>,
    value: OnceLock<Bytes>,
    schema: OnceLock<Bytes>,
    asyncapi: OnceLock<Bytes>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Types,
    Value,
    Schema,
    AsyncApi,
}

impl File {
    /// The file at `path`.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/sockful/types.d.ts" => Some(Self::Types),
            "/sockful/types.js" => Some(Self::Value),
            "/sockful/schema.json" => Some(Self::Schema),
            "/sockful/asyncapi.json" => Some(Self::AsyncApi),
            _ => None,
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Types => "text/plain; charset=utf-8",
            Self::Value => "text/javascript; charset=utf-8",
            Self::Schema | Self::AsyncApi => "application/json",
        }
    }
}

impl Files {
    /// What is in `file`.
    pub(crate) fn get(&self, file: File, models: &[Model], description: &Description) -> Bytes {
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
        };
        made.clone()
    }
}
