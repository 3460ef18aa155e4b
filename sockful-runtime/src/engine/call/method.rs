//! The table of remote methods that `#[remote]` generates, and calls of them.

use crate::core::error::{Error, Result};
use crate::engine::auth::policy::Policy;
use crate::engine::call::context::Context;
use crate::engine::call::hook::Hook;
use crate::model::definition::Property;
use crate::model::reader::{DescribedProperty, Reader};
use crate::model::resource_model::Model;
use crate::model::schema::raw_payload;
use crate::protocol::payload::Payload;
use crate::protocol::reply::Reply;
use futures_util::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// The remote methods, hooks and policies of a resource. Implemented by `#[remote]`.
pub trait Remotes {
    /// One row per remote method.
    const REMOTES: &'static [Remote];
    /// One row per hook, in source order.
    const HOOKS: &'static [Hook] = &[];
    /// One row per policy.
    const POLICIES: &'static [Policy] = &[];
}

/// Implemented by `#[remote]`. The compiler names this trait if a type has two blocks.
pub trait OnlyOneRemoteBlock {}

/// Looks up the remote methods, hooks and policies of `T`, which may have no `#[remote]` block.
///
/// `MethodsOf::<T>::REMOTES` is the inherent constant if `T` implements [`Remotes`], and that of
/// [`NoRemotes`] otherwise, so neither macro needs to know whether the other is used.
pub struct MethodsOf<T>(PhantomData<T>);

impl<T> fmt::Debug for MethodsOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MethodsOf")
    }
}

impl<T: Remotes> MethodsOf<T> {
    /// The remotes of `T`.
    pub const REMOTES: &'static [Remote] = T::REMOTES;
    /// The hooks of `T`.
    pub const HOOKS: &'static [Hook] = T::HOOKS;
    /// The policies of `T`.
    pub const POLICIES: &'static [Policy] = T::POLICIES;
}

/// Fallback of [`MethodsOf`] for types without a `#[remote]` block.
pub trait NoRemotes {
    /// No remote methods.
    const REMOTES: &'static [Remote] = &[];
    /// No hooks.
    const HOOKS: &'static [Hook] = &[];
    /// No policies.
    const POLICIES: &'static [Policy] = &[];
}

impl<T> NoRemotes for MethodsOf<T> {}

/// A remote method.
#[derive(Debug)]
pub struct Remote {
    /// The action's name on the wire.
    pub name: &'static str,
    /// The doc comment of the method.
    pub doc: &'static str,
    /// How the method takes `self`.
    pub receiver: Receiver,
    /// The payload's properties.
    pub parameters: &'static [Property],
    /// Lets each parameter describe itself to the reader.
    pub describe: fn(&mut Reader<'_>),
    /// The schema of the result.
    pub result: fn(&mut SchemaGenerator) -> Schema,
    /// The time limit, if it differs from the server's configuration.
    pub timeout: Option<Duration>,
    /// Calls the method.
    pub run: for<'a> fn(&'a MethodCall<'a>) -> BoxFuture<'a, Reply>,
}

impl Remote {
    /// The parameters, each with the properties that only its type knows.
    pub(crate) fn described(&self, generator: &mut SchemaGenerator) -> Vec<DescribedProperty> {
        Reader::describe(self.parameters, generator, |reader| (self.describe)(reader))
    }

    /// Whether one parameter takes the whole payload.
    pub(crate) fn takes_raw_payload(&self) -> bool {
        self.parameters.iter().any(Property::is_raw_payload)
    }

    /// Checks what the macro cannot check for all types and values: that defaults satisfy the
    /// rules, and that the type of a whole payload is valid.
    pub(crate) fn check(&self, model: &Model, generator: &mut SchemaGenerator) -> Result<()> {
        let whose = format!("{} {}", model.definition.name, self.name);
        let parameters = self.described(generator);
        if let (true, [payload]) = (self.takes_raw_payload(), &*parameters) {
            let id = (self.receiver != Receiver::None).then(|| model.id_name());
            raw_payload::check(payload, id, generator.definitions())
                .map_err(|wrong| Error::internal(format!("the payload of `{whose}` {wrong}")))?;
        }
        let mut parameters = parameters.iter();
        parameters.try_for_each(|parameter| parameter.check_default(&whose))
    }
}

/// How a remote method takes `self`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// No `self`: the method belongs to the resource as a whole.
    None,
    /// `&self`: the method reads the record.
    Ref,
    /// `&mut self`: the method changes the record.
    Mut,
}

/// One call of a remote method.
#[derive(Debug)]
pub struct MethodCall<'a> {
    pub(crate) context: Context,
    pub(crate) model: &'a Model,
    pub(crate) remote: &'static Remote,
    /// The id of the record in the form of [`key::canonical`](crate::model::key::canonical); empty
    /// for a method without `self`.
    pub(crate) id: &'a str,
    pub(crate) payload: &'a Payload,
    /// The revision that the record is required to have.
    pub(crate) if_rev: Option<u64>,
}
