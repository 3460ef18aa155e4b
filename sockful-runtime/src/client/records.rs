//! The records of one resource on the server.

use super::call::{Call, ReadResult, json};
use super::children::{Children, relation};
use super::payload::{given, id_name, text, with_id};
use super::request::Effect;
use super::subscription::SubscriptionReader;
use super::{
    ClientInner, Live, LiveCount, RemoteFind, Subscription, conditions, decode, unreadable,
};
use crate::core::error::Result;
use crate::model::definition::Relation;
use crate::model::parent::RefersTo;
use crate::model::resource::Resource;
use crate::query::typed::{Field, Filter};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The records of one resource on the server, typed. Created by
/// [`Client::records`](super::Client::records).
///
/// Remote methods are called on it through the trait that the `#[remote]` block generates:
/// `CreatureRemotes` for `Creature`.
pub struct RemoteRecords<R> {
    pub(super) shared: Arc<ClientInner>,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> RemoteRecords<R> {
    pub(super) fn new(shared: Arc<ClientInner>) -> Self {
        Self {
            shared,
            resource: PhantomData,
        }
    }

    /// Creates a record, and returns it as it is stored.
    pub fn create(&self, new: R::New) -> Call<R> {
        self.write("create", given::<R>(new, None))
    }

    /// Reads the record with this id.
    pub fn get(&self, id: impl Into<R::Id>) -> Call<R> {
        let payload = with_id::<R>(&id.into());
        self.ask("get", Ok(payload), Effect::ReadOnly, decode::call_record)
    }

    /// Reads the records with these ids, in their order; `None` for each that does not exist.
    pub fn get_many<K: Into<R::Id>>(
        &self,
        ids: impl IntoIterator<Item = K>,
    ) -> Call<Vec<Option<R>>> {
        let ids = ids.into_iter();
        let ids: Vec<_> = ids.map(|id| decode::written_id::<R>(&id.into())).collect();
        let payload = format!("{{\"{}\":[{}]}}", id_name::<R>(), ids.join(","));
        self.ask("get", Ok(payload), Effect::ReadOnly, decode::call_records)
    }

    /// Lists the records that match the filter, one page of them.
    pub fn find(&self, filter: Filter<R>) -> RemoteFind<R> {
        RemoteFind::that(self.shared.clone(), filter)
    }

    /// Counts the records that match the filter.
    pub fn count(&self, filter: Filter<R>) -> Call<usize> {
        let payload = conditions::of(filter).and_then(|map| text(&map));
        Call::new(
            self.shared.clone(),
            R::NAME,
            "count",
            payload,
            Effect::ReadOnly,
            json,
        )
    }

    /// Updates the given properties of the record with this id, and returns the whole record.
    pub fn update(&self, id: impl Into<R::Id>, patch: R::Patch) -> Call<R> {
        let id = (id_name::<R>(), decode::written_id::<R>(&id.into()));
        self.write("update", given::<R>(patch, Some(id)))
    }

    /// Creates or replaces a record. Properties of a stored record that clients cannot set keep their
    /// values.
    pub fn save(&self, new: R::New) -> Call<R> {
        self.write("save", given::<R>(new, None))
    }

    /// Destroys the record with this id, and returns it as it was.
    pub fn destroy(&self, id: impl Into<R::Id>) -> Call<R> {
        self.write("destroy", Ok(with_id::<R>(&id.into())))
    }

    /// Subscribes to the records that match the filter, as a stream of events.
    pub fn subscribe(&self, filter: Filter<R>) -> Subscription<R> {
        Subscription::new(self.follow(filter))
    }

    /// Subscribes to the records that match the filter, as a set that is kept up to date.
    pub fn live(&self, filter: Filter<R>) -> Live<R> {
        Live::new(self.follow(filter))
    }

    /// Subscribes to the number of records that match the filter.
    pub fn live_count(&self, filter: Filter<R>) -> LiveCount {
        let query = self.readable().and_then(|()| conditions::of(filter));
        let payload = query.and_then(conditions::counted);
        LiveCount::new(SubscriptionReader::new(
            &self.shared,
            R::NAME,
            "subscribe",
            payload,
        ))
    }

    /// Returns the records of `C` whose `field` holds this id, with the routes of that relation:
    /// `client.records::<Album>().children(Song::FIELDS.album_id, "kob")`.
    pub fn children<C, F>(
        &self,
        field: Field<C, F, impl Sized>,
        id: impl Into<R::Id>,
    ) -> Children<C>
    where
        C: Resource,
        F: RefersTo<R::Id>,
    {
        Children::new::<R>(self.shared.clone(), field.position(), &id.into())
    }

    /// Reads the record of `P` whose id is in the `field` of the record with this id:
    /// `client.records::<Song>().parent::<Album, _>(Song::FIELDS.album_id, "y")`.
    pub fn parent<P, F>(&self, field: Field<R, F, impl Sized>, id: impl Into<R::Id>) -> Call<P>
    where
        P: Resource,
        F: RefersTo<P::Id>,
    {
        let route = relation::<R, P>(field.position());
        let payload = with_id::<R>(&id.into());
        let readable = RemoteRecords::<P>::new(self.shared.clone()).readable();
        let (action, payload) = match (route, readable) {
            (Ok(route), Ok(())) => (route.name(Relation::Parent), Ok(payload)),
            (Err(error), _) | (_, Err(error)) => ("", Err(error)),
        };
        Call::new(
            self.shared.clone(),
            R::NAME,
            action,
            payload,
            Effect::ReadOnly,
            decode::call_record,
        )
    }

    fn follow(&self, filter: Filter<R>) -> SubscriptionReader {
        let payload = self
            .readable()
            .and_then(|()| text(&conditions::of(filter)?));
        SubscriptionReader::new(&self.shared, R::NAME, "subscribe", payload)
    }

    fn write(&self, action: &'static str, payload: Result<String>) -> Call<R> {
        self.ask(action, payload, Effect::Write, decode::call_record)
    }

    fn ask<T>(
        &self,
        action: &'static str,
        payload: Result<String>,
        effect: Effect,
        read: ReadResult<T>,
    ) -> Call<T> {
        // A request whose result cannot be read is not sent.
        let payload = self.readable().and(payload);
        Call::new(self.shared.clone(), R::NAME, action, payload, effect, read)
    }

    fn readable(&self) -> Result<()> {
        match self.shared.unreadable::<R>() {
            Some(why) => Err(unreadable(&why)),
            None => Ok(()),
        }
    }
}

impl<R> Clone for RemoteRecords<R> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            resource: PhantomData,
        }
    }
}

impl<R: Resource> fmt::Debug for RemoteRecords<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteRecords").field(&R::NAME).finish()
    }
}
