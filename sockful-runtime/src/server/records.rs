//! The records of a resource, for the application's own code.

use crate::app::{App, Session};
use crate::context::Context;
use crate::declared::Declared;
use crate::dispatch::actions;
use crate::error::{Error, Result};
use crate::key::{self, Key};
use crate::model::Model;
use crate::reader::Giver;
use crate::reply::{Body, Done};
use crate::resource::{Changes, Given, Resource};
use crate::server::Find;
use crate::typed::Filter;
use std::marker::PhantomData;
use std::sync::Arc;

/// The records of one resource, typed. Made by [`ServerHandle::of`](crate::ServerHandle::of).
///
/// Rules hold here as they do for clients, but what clients can't set can be set.
#[derive(Debug)]
pub struct Records<R> {
    app: Arc<App>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Records<R> {
    pub(super) fn new(app: &Arc<App>) -> Self {
        Self {
            app: app.clone(),
            resource: PhantomData,
        }
    }

    /// Stores a new record and returns it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where its id is taken,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it breaks a rule.
    pub async fn create(&self, new: R::New) -> Result<R> {
        let model = self.model()?;
        let mut given = Given::new(model.declared);
        new.write(&mut given);
        let payload = given.finish().map_err(Error::internal)?;
        self.record(actions::create(&self.context(), model, &payload, Giver::Server).await?)
    }

    /// Reads the record of this id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub async fn get(&self, id: &R::Id) -> Result<R> {
        let model = self.model()?;
        self.record(actions::get(&self.context(), model, &with_id(model.declared, id, "")).await?)
    }

    /// Changes what is given of the record of this id, and returns the whole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none,
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it would break a rule.
    pub async fn update(&self, id: &R::Id, patch: R::Patch) -> Result<R> {
        let model = self.model()?;
        let mut given = Given::new(model.declared);
        patch.write(&mut given);
        let given = given.finish().map_err(Error::internal)?;
        let inside = given
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or_default();
        let payload = with_id(model.declared, id, inside);
        self.record(actions::update(&self.context(), model, &payload, Giver::Server, None).await?)
    }

    /// Removes the record of this id, and returns it as it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub async fn destroy(&self, id: &R::Id) -> Result<R> {
        let model = self.model()?;
        self.record(
            actions::destroy(
                &self.context(),
                model,
                &with_id(model.declared, id, ""),
                None,
            )
            .await?,
        )
    }

    /// Lists the records that meet the conditions, all of them in the order of their ids unless more
    /// is said. See [`Find`].
    pub fn find(&self, filter: Filter<R>) -> Find<R> {
        Find::new(self.app.clone(), filter)
    }

    /// Counts the records that meet the conditions.
    ///
    /// # Errors
    ///
    /// What the store says when it can't.
    pub async fn count(&self, filter: Filter<R>) -> Result<usize> {
        let store = &self.app.shared.store;
        let counted = store
            .count(self.model()?.index, filter.into_inner())
            .await?;
        Ok(counted.value.count)
    }

    fn context(&self) -> Context {
        Context::new(Session::new(self.app.clone(), None).peer.clone(), 0)
    }

    fn model(&self) -> Result<&Model> {
        self.app.served::<R>()
    }

    fn record(&self, done: Done) -> Result<R> {
        match done.body {
            Body::Record(record, _) => self.model()?.read(&record),
            Body::Json(_) | Body::Records(..) => {
                Err(Error::internal("an action on one record gave no record"))
            }
        }
    }
}

/// A payload of the id and the properties in `rest`.
fn with_id(declared: &Declared, id: &impl Key, rest: &str) -> String {
    let name = declared.properties[declared.id].name;
    let id = key::json(&id.text(), declared.key);
    let comma = if rest.is_empty() { "" } else { "," };
    format!("{{\"{name}\":{id}{comma}{rest}}}")
}
