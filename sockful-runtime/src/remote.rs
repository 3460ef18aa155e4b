//! Remote methods: the rows that `#[remote]` lays down, and the steps that its code takes.

use crate::commit::{Commit, Expect, Operation, Rejected};
use crate::context::Context;
use crate::declared::Property;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::object::Object;
use crate::reader::{DescribedProperty, Giver, Over, Reader};
use crate::record::Record;
use crate::reply::{self, Done, Reply, Told};
use crate::resource::Resource;
use crate::whole;
use futures_util::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

mod run;

pub use run::{run, run_mut, run_ref};

/// The methods of a resource that are remote. Implemented by `#[remote]`.
pub trait Remotes {
    /// One row a method.
    const REMOTES: &'static [Remote];
}

/// Finds the remotes of `T`, none where it has no `#[remote]` block.
///
/// `Find::<T>::REMOTES` is the inherent constant where `T` implements [`Remotes`], and
/// [`NoRemotes`]'s where it does not: so the two macros need not know of each other.
pub struct Find<T>(PhantomData<T>);

impl<T> fmt::Debug for Find<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Find")
    }
}

impl<T: Remotes> Find<T> {
    /// The remotes of `T`.
    pub const REMOTES: &'static [Remote] = T::REMOTES;
}

/// What [`Find`] gives for types without remotes.
pub trait NoRemotes {
    /// None.
    const REMOTES: &'static [Remote] = &[];
}

impl<T> NoRemotes for Find<T> {}

/// A remote method.
#[derive(Debug)]
pub struct Remote {
    /// The action's name on the wire.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// What the method takes as `self`.
    pub takes: Takes,
    /// The payload's properties.
    pub parameters: &'static [Property],
    /// Lets each parameter describe itself to the reader.
    pub describe: fn(&mut Reader<'_>),
    /// The schema of the result.
    pub result: fn(&mut SchemaGenerator) -> Schema,
    /// How long it may take, where that is not what the server's configuration says.
    pub timeout: Option<Duration>,
    /// Runs it.
    pub run: for<'a> fn(&'a Call<'a>) -> BoxFuture<'a, Reply>,
}

impl Remote {
    /// The parameters, each with what only its type knows.
    pub(crate) fn described(&self, generator: &mut SchemaGenerator) -> Vec<DescribedProperty> {
        Reader::describe(self.parameters, generator, |reader| (self.describe)(reader))
    }

    /// Whether one parameter takes the payload whole.
    pub(crate) fn takes_whole(&self) -> bool {
        self.parameters.iter().any(Property::is_whole)
    }

    /// Asks what the macro could not ask of all types and values: that defaults keep to the rules, and
    /// that a payload which is taken whole can be one.
    pub(crate) fn check(&self, model: &Model, generator: &mut SchemaGenerator) -> Result<()> {
        let whose = format!("{} {}", model.declared.name, self.name);
        let parameters = self.described(generator);
        if let (true, [payload]) = (self.takes_whole(), &*parameters) {
            let id = (self.takes != Takes::Nothing).then(|| model.id_name());
            whole::check(payload, id, generator.definitions())
                .map_err(|wrong| Error::internal(format!("the payload of `{whose}` {wrong}")))?;
        }
        let mut parameters = parameters.iter();
        parameters.try_for_each(|parameter| parameter.check_default(&whose))
    }
}

/// What a remote method takes as `self`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is of the resource as a whole.
    Nothing,
    /// The record, to look at.
    Ref,
    /// The record, to change.
    Mut,
}

/// One call of a remote method.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) context: Context,
    pub(crate) model: &'a Model,
    pub(crate) remote: &'static Remote,
    /// The id of the record, as [`key::canonical`](crate::key::canonical) spells it; empty without `self`.
    pub(crate) id: &'a str,
    pub(crate) payload: &'a str,
    /// The revision that the record must have.
    pub(crate) if_rev: Option<u64>,
}

impl Call<'_> {
    /// The call's context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Takes the arguments out of the payload: `take` asks for each in its order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every fault.
    pub fn arguments<T>(&self, take: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T> {
        let given = Object::parse(self.payload)?;
        if self.remote.takes != Takes::Nothing {
            given.take(self.model.id_name());
        }
        let mut reader =
            Reader::given(self.remote.parameters, &given, Giver::Client, Over::Nothing).judging();
        let arguments = take(&mut reader);
        reader.finish()?;
        arguments.ok_or_else(|| Error::internal("an argument was refused without a fault"))
    }

    /// The outcome of a method without `self`.
    ///
    /// # Errors
    ///
    /// None: it has been told.
    pub fn done(&self, told: Told) -> Reply {
        Ok(Done {
            body: told.0,
            seq: None,
            rev: None,
            next: None,
        })
    }
}

/// A call of a method with `self`: loads the record, and for `&mut self` stores it again, as often
/// as another writer comes in between.
///
/// It keeps the functions that need `R` to be a resource, so that only [`attempt`] asks for it and a
/// type that is none gives one error.
#[derive(Debug)]
pub struct Attempt<'a, R> {
    call: &'a Call<'a>,
    loaded: Option<Arc<Record>>,
    seq: u64,
    read: fn(&Model, &Record) -> Result<R>,
    write: fn(&Model, &R) -> Result<Record>,
}

/// Begins a call of a method with `self`.
pub fn attempt<'a, R: Resource>(call: &'a Call<'a>) -> Attempt<'a, R> {
    Attempt {
        call,
        loaded: None,
        seq: 0,
        read: Model::read::<R>,
        write: Model::write::<R>,
    }
}

impl<R> Attempt<'_, R> {
    /// Loads the record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub async fn load(&mut self) -> Result<R> {
        let model = self.call.model;
        let view = self
            .call
            .context
            .store()
            .get(model.index, self.call.id)
            .await?;
        self.seq = view.seq;
        let record = view
            .value
            .ok_or_else(|| Error::not_found(model.declared.name))?;
        record.expect_rev(self.call.if_rev)?;
        let value = (self.read)(model, &record)?;
        self.loaded = Some(record);
        Ok(value)
    }

    /// The outcome of a method that only looked.
    ///
    /// # Errors
    ///
    /// None: it has been told.
    pub fn done(&self, told: Told) -> Reply {
        let rev = self.loaded.as_ref().and_then(|record| record.shown_rev());
        Ok(Done {
            rev,
            ..Done::new(told.0, self.seq)
        })
    }

    /// Stores the record that the method has changed; `None` says to run it again on a fresh one.
    pub async fn store(&self, value: &R, told: Told) -> Option<Reply> {
        self.try_store(value, told).await.transpose()
    }

    async fn try_store(&self, value: &R, told: Told) -> Result<Option<Done>> {
        let body = told.0;
        let max = self.call.context.shared().config.max_reply;
        reply::check_room("the result", body.len(), max)?;
        let loaded = self
            .loaded
            .as_ref()
            .ok_or_else(|| Error::internal("stored before it was loaded"))?;
        let model = self.call.model;
        let clock = &self.call.context.shared().clock;
        let record = model.settle((self.write)(model, value)?, Some(loaded), clock);
        if record.same_content(loaded) {
            return Ok(Some(Done {
                rev: loaded.shown_rev(),
                ..Done::new(body, self.seq)
            }));
        }
        if record.id() != loaded.id() {
            return Err(Error::internal(format!(
                "`{}` changed the id of its record",
                self.call.remote.name
            )));
        }
        let put = Operation::Put {
            resource: model.index,
            record,
            expect: Expect::Rev(loaded.rev()),
        };
        match self
            .call
            .context
            .commit(Commit {
                operations: vec![put],
            })
            .await
        {
            Ok(committed) => Ok(Some(Done {
                rev: model.keeps_rev().then_some(committed.seq),
                ..Done::new(body, committed.seq)
            })),
            Err(Rejected::Conflict(_)) => {
                self.call.context.back_off().await;
                Ok(None)
            }
            Err(Rejected::Taken { property, .. }) => Err(model.taken(property)),
            Err(Rejected::Failed(error)) => Err(error),
        }
    }
}
