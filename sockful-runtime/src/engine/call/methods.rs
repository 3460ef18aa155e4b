//! Runs remote methods: the steps of the code that `#[remote]` generates.

use crate::core::error::{Error, Result};
use crate::engine::auth::policy::Grant;
use crate::engine::call::commit::commit;
use crate::engine::call::context::Context;
use crate::engine::call::hook::HookAction;
use crate::engine::call::method::{MethodCall, Receiver};
use crate::engine::call::outcome::CalledMethod;
use crate::engine::call::outcome::CommitOutcome;
use crate::engine::call::response_draft::ResponseDraft;
use crate::engine::call::stage;
use crate::model::reader::{Base, Origin, Reader};
use crate::model::record::Record;
use crate::model::resource::Resource;
use crate::model::resource_model::Model;

use crate::protocol::reply;
use crate::protocol::reply::{Body, Done, EncodedOutput, Reply};
use std::sync::Arc;

mod run;

pub use run::{run, run_mut, run_ref};

impl MethodCall<'_> {
    /// Returns the context of the call.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Returns the maximum size of a reply in bytes.
    pub fn max_reply(&self) -> usize {
        self.context.app().config.request.max_reply
    }

    /// Begins a run of a method without `self`, including its `#[before]` hooks.
    ///
    /// # Errors
    ///
    /// The error of a policy or hook.
    pub async fn begin(&self) -> Result<()> {
        self.context.transaction()?.clear();
        self.ask(None)?;
        let on = HookAction::Remote(self.remote.name);
        stage::run_before_hooks(&self.context, self.model, on, None, None).await?;
        Ok(())
    }

    /// Checks that the caller may call the method, on this record if the method has a receiver.
    fn ask(&self, record: Option<&Record>) -> Result<()> {
        let grant = Grant::Remote(self.remote.name);
        self.context.ask(grant, self.model, record)
    }

    /// Deserializes the arguments from the payload. `take` reads them in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with all validation errors.
    pub fn arguments<T>(&self, take: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T> {
        let given = self.payload.object()?;
        if self.remote.receiver != Receiver::None {
            given.take(self.model.id_name());
        }
        let mut reader = Reader::given(self.remote.parameters, &given, Origin::Client, Base::Empty)
            .checking_rules();
        let arguments = take(&mut reader);
        reader.finish()?;
        arguments.ok_or_else(|| Error::internal("an argument was rejected without an error"))
    }

    /// Commits the writes of a method without `self`. Returns `None` if the method must be rerun.
    pub async fn done(&self, output: EncodedOutput) -> Option<Reply> {
        self.try_done(output).await.transpose()
    }

    async fn try_done(&self, output: EncodedOutput) -> Result<Option<Done>> {
        let outcome = self.end(&output, None).await?;
        Ok(outcome.map(|outcome| Done::encoded(output, outcome.seq(), None)))
    }

    /// Commits the writes of the method, which was called on `record`. Returns `None` if another
    /// writer interfered.
    async fn end(
        &self,
        output: &EncodedOutput,
        record: Option<&Arc<Record>>,
    ) -> Result<Option<CommitOutcome>> {
        reply::check_room("the result", output.0.len(), self.max_reply())?;
        let called = CalledMethod {
            resource: self.model.index,
            on: HookAction::Remote(self.remote.name),
            record: record.cloned(),
        };
        let about = record.map(|record| (self.model.index, record.id()));
        let about = about.filter(|_| self.model.keeps_rev());
        let draft = match &output.0 {
            Body::Json(json) => ResponseDraft::Json(json, about),
            Body::Record(..) | Body::Records(..) | Body::List(_) => ResponseDraft::Nothing,
        };
        commit(&self.context, draft, Some(called)).await
    }
}

/// A call of a method with `self`: loads the record and stores the changed one, again whenever
/// another writer interferes.
///
/// It stores the functions that require `R: Resource`, so that only [`attempt`] has that bound and
/// a type that does not implement it causes a single compiler error.
#[derive(Debug)]
pub struct Attempt<'a, R> {
    call: &'a MethodCall<'a>,
    /// The stored record.
    loaded: Option<Arc<Record>>,
    read: fn(&Model, &Record) -> Result<R>,
    write: fn(&Model, &R) -> Result<Record>,
}

/// Begins a call of a method with `self`.
pub fn attempt<'a, R: Resource>(call: &'a MethodCall<'a>) -> Attempt<'a, R> {
    Attempt {
        call,
        loaded: None,
        read: Model::read::<R>,
        write: Model::write::<R>,
    }
}

impl<R> Attempt<'_, R> {
    /// Begins a run: loads the record and runs the `#[before]` hooks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such record.
    pub async fn load(&mut self) -> Result<R> {
        let MethodCall {
            model,
            context,
            remote,
            ..
        } = self.call;
        context.transaction()?.clear();
        let read_filter = context.read_filter(model.index)?;
        let loaded = context.get(model, self.call.id).await?;
        let loaded = loaded.filter(|record| read_filter.allows(record));
        let loaded = loaded.ok_or_else(|| Error::not_found(model.definition.name))?;
        self.call.ask(Some(&loaded))?;
        loaded.expect_rev(self.call.if_rev)?;
        let (on, record) = (HookAction::Remote(remote.name), Some(loaded.clone()));
        let record = stage::run_before_hooks(context, model, on, Some(&loaded), record).await?;
        let value = (self.read)(model, record.as_deref().unwrap_or(&loaded))?;
        self.loaded = Some(loaded);
        Ok(value)
    }

    /// Commits the other writes of a method that did not change its record. Returns `None` if the
    /// method must be rerun.
    pub async fn done(&self, output: EncodedOutput) -> Option<Reply> {
        self.try_done(output).await.transpose()
    }

    async fn try_done(&self, output: EncodedOutput) -> Result<Option<Done>> {
        let loaded = self.loaded()?;
        let outcome = self.call.end(&output, Some(loaded)).await?;
        Ok(outcome.map(|outcome| Done::encoded(output, outcome.seq(), loaded.shown_rev())))
    }

    /// Stores the record that the method has changed. Returns `None` if the method must be rerun on
    /// a fresh record.
    pub async fn store(&self, value: &R, output: EncodedOutput) -> Option<Reply> {
        self.try_store(value, output).await.transpose()
    }

    async fn try_store(&self, value: &R, output: EncodedOutput) -> Result<Option<Done>> {
        let MethodCall {
            model,
            context,
            remote,
            ..
        } = self.call;
        let loaded = self.loaded()?;
        let record = (self.write)(model, value)?;
        if record.id() != loaded.id() {
            return Err(Error::internal(format!(
                "`{}` changed the id of its record",
                remote.name
            )));
        }
        if stage::stage(context, model, Some(loaded), record, None)
            .await?
            .is_none()
        {
            return Err(Error::internal(format!(
                "`{}` changed its record both through `self` and through the context",
                remote.name
            )));
        }
        let outcome = self.call.end(&output, Some(loaded)).await?;
        Ok(outcome.map(|outcome| {
            let stored = outcome.stored(model.index, loaded.id()).unwrap_or(loaded);
            Done::encoded(output, outcome.seq(), stored.shown_rev())
        }))
    }

    fn loaded(&self) -> Result<&Arc<Record>> {
        let missing = || Error::internal("stored before it was loaded");
        self.loaded.as_ref().ok_or_else(missing)
    }
}
