//! Building blocks of the traits that `#[remote]` generates.

use super::call::{Argument, Call, json};
use super::payload::with_id;
use super::records::RemoteRecords;
use super::request::{Effect, RawReply};
use super::unsendable;
use crate::core::bigint::WideInteger;
use crate::core::error::{Error, ErrorKind, Result};
use crate::macro_support::bounds;
use crate::model::codec::Codec;
use crate::model::resource::Resource;
use serde::de::DeserializeOwned;

/// The records of `T`, on which remote methods are called.
#[doc(hidden)]
pub trait CallRemotes<T> {
    /// The type of the ids.
    type Id;

    /// Creates a payload without arguments, for a method of the resource as a whole.
    fn payload(&self) -> MethodPayload;

    /// Creates a payload for a method of one record.
    fn payload_to(&self, id: Self::Id) -> MethodPayload;

    /// Creates the call.
    fn send<U>(&self, action: &'static str, payload: MethodPayload) -> Call<U>
    where
        Self: DecodeOutput<U>;
}

impl<R: Resource> CallRemotes<R> for RemoteRecords<R> {
    type Id = R::Id;

    fn payload(&self) -> MethodPayload {
        MethodPayload(Ok("{".to_owned()))
    }

    fn payload_to(&self, id: R::Id) -> MethodPayload {
        let mut payload = with_id::<R>(&id);
        payload.pop();
        MethodPayload(Ok(payload))
    }

    fn send<U>(&self, action: &'static str, payload: MethodPayload) -> Call<U>
    where
        Self: DecodeOutput<U>,
    {
        let payload = payload.0.map(|text| text + "}");
        Call::new(
            self.shared.clone(),
            R::NAME,
            action,
            payload,
            Effect::Write,
            <Self as DecodeOutput<U>>::read,
        )
    }
}

/// A result that a client can read. Required where a method is called, since a server need not read
/// what it sends.
#[diagnostic::on_unimplemented(
    message = "`{T}` can't be deserialized by a client",
    label = "the result must implement `Deserialize`",
    note = "add #[derive(serde::Deserialize)] to it, or to the contained types that lack it"
)]
pub trait DecodeOutput<T> {
    /// Reads the result.
    #[doc(hidden)]
    fn read(reply: &RawReply) -> Result<T>;
}

#[diagnostic::do_not_recommend]
impl<R, T: DeserializeOwned> DecodeOutput<T> for RemoteRecords<R> {
    fn read(reply: &RawReply) -> Result<T> {
        json(reply)
    }
}

/// The payload of a remote method, argument by argument.
#[doc(hidden)]
#[derive(Debug)]
pub struct MethodPayload(Result<String>);

impl MethodPayload {
    /// Adds an argument.
    #[must_use]
    pub fn with<T>(self, name: &str, codec: &Codec<T>, value: &T) -> Self {
        let mut json = Vec::new();
        let written = codec.write(value, &mut json);
        let pair = written.map(|()| format!("\"{name}\":{}", String::from_utf8_lossy(&json)));
        self.and(pair.map_err(|error| unsendable(&error)))
    }

    /// Adds the properties of `value`, which is the whole payload.
    #[must_use]
    pub fn whole<T>(self, value: &impl Argument<T>) -> Self {
        let json = value.json().map_err(|error| unsendable(&error));
        self.and(json.and_then(|json| {
            let inside = json.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            inside.map(str::to_owned).ok_or_else(no_object)
        }))
    }

    fn and(self, pairs: Result<String>) -> Self {
        Self(self.0.and_then(|mut text| {
            let pairs = pairs?;
            if text.len() > 1 && !pairs.is_empty() {
                text.push(',');
            }
            Ok(text + &pairs)
        }))
    }
}

fn no_object() -> Error {
    Error::new(ErrorKind::Invalid, "the payload is not an object")
}

/// Provides the codec of a `wide` argument.
#[doc(hidden)]
#[derive(Debug)]
pub struct BigIntArgument<T>(T);

impl<T: WideInteger> BigIntArgument<T> {
    /// The codec.
    pub const CODEC: Codec<T> = Codec::wide();
}

impl<T> bounds::NoFieldCodec for BigIntArgument<T> {
    type Field = T;
}
