//! The children of one record, by the routes of a relation.

use super::call::Call;
use super::payload::{given, id_name, text};
use super::request::Effect;
use super::subscription::SubscriptionReader;
use super::{
    ClientInner, Live, LiveCount, RemoteFind, Subscription, conditions, decode, unreadable,
};
use crate::core::error::{Error, ErrorKind, Result};
use crate::model::definition::{Parent, Relation};
use crate::model::resource::Resource;
use crate::query::typed::Filter;
use serde_json::{Map, Value};
use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The records of `C` that are children of one record. Created by
/// [`RemoteRecords::children`](super::RemoteRecords::children).
pub struct Children<C> {
    shared: Arc<ClientInner>,
    /// The routes and the parent's id, or the reason why there is no such relation.
    parent: Result<ParentAddress, Arc<str>>,
    resource: PhantomData<fn() -> C>,
}

struct ParentAddress {
    parent: &'static Parent,
    /// The name of the property that holds the parent's id.
    field: &'static str,
    id: String,
}

/// Finds the relation of `C` to `P` by the property at `position`.
pub(super) fn relation<C: Resource, P: Resource>(position: usize) -> Result<&'static Parent> {
    let mut parents = C::DEFINITION.parents.iter();
    let is_it = |it: &&Parent| it.property == position && (it.type_id)() == TypeId::of::<P>();
    parents.find(is_it).ok_or_else(|| {
        let (field, child) = (C::DEFINITION.properties[position].name, C::NAME);
        let message = format!("`{field}` of `{child}` is not a relation to `{}`", P::NAME);
        Error::new(ErrorKind::UnknownAction, message)
    })
}

impl<C: Resource> Children<C> {
    pub(super) fn new<P: Resource>(shared: Arc<ClientInner>, position: usize, id: &P::Id) -> Self {
        let address = match (relation::<C, P>(position), shared.unreadable::<C>()) {
            (Ok(parent), None) => Ok(ParentAddress {
                parent,
                field: C::DEFINITION.properties[position].name,
                id: decode::written_id::<P>(id),
            }),
            (Ok(_), Some(why)) => Err(why),
            (Err(error), _) => Err(error.to_string().into()),
        };
        Self {
            shared,
            parent: address,
            resource: PhantomData,
        }
    }

    /// Creates a child of this parent, regardless of the parent in `new`.
    pub fn create(&self, new: C::New) -> Call<C> {
        self.ask(Relation::Create, Effect::Write, |of| {
            given::<C>(new, Some((of.field, of.id.clone())))
        })
    }

    /// Reads the child with this id.
    pub fn get(&self, id: impl Into<C::Id>) -> Call<C> {
        let id = id.into();
        self.ask(Relation::Get, Effect::ReadOnly, |of| {
            Ok(of.of_child::<C>(&id))
        })
    }

    /// Lists the children that match the filter, one page of them.
    pub fn find(&self, filter: Filter<C>) -> RemoteFind<C> {
        let (resource, action) = self.route(Relation::List);
        let query = self.query(filter);
        let live = self.route(Relation::Subscribe);
        RemoteFind::new(self.shared.clone(), resource, action, live, query)
    }

    /// Updates the given properties of the child with this id.
    pub fn update(&self, id: impl Into<C::Id>, patch: C::Patch) -> Call<C> {
        let id = id.into();
        self.ask(Relation::Update, Effect::Write, |of| {
            let payload = given::<C>(patch, Some((of.field, of.id.clone())))?;
            let rest = payload.trim_start_matches('{');
            let id = decode::written_id::<C>(&id);
            Ok(format!("{{\"{}\":{id},{rest}", id_name::<C>()))
        })
    }

    /// Destroys the child with this id, and returns the record as it was.
    pub fn destroy(&self, id: impl Into<C::Id>) -> Call<C> {
        let id = id.into();
        self.ask(Relation::Destroy, Effect::Write, |of| {
            Ok(of.of_child::<C>(&id))
        })
    }

    /// Subscribes to the children that match the filter, as a stream of events.
    pub fn subscribe(&self, filter: Filter<C>) -> Subscription<C> {
        Subscription::new(self.follow(filter))
    }

    /// Subscribes to the children that match the filter, as a set that is kept up to date.
    pub fn live(&self, filter: Filter<C>) -> Live<C> {
        Live::new(self.follow(filter))
    }

    /// Subscribes to the number of children that match the filter.
    pub fn live_count(&self, filter: Filter<C>) -> LiveCount {
        let (resource, action) = self.route(Relation::Subscribe);
        let payload = self.query(filter).and_then(conditions::counted);
        LiveCount::new(SubscriptionReader::new(
            &self.shared,
            resource,
            action,
            payload,
        ))
    }

    fn follow(&self, filter: Filter<C>) -> SubscriptionReader {
        let (resource, action) = self.route(Relation::Subscribe);
        let payload = self.query(filter).and_then(|query| text(&query));
        SubscriptionReader::new(&self.shared, resource, action, payload)
    }

    /// Returns the conditions together with the id of the parent.
    fn query(&self, filter: Filter<C>) -> Result<Map<String, Value>> {
        let of = self.address()?;
        let conditions = conditions::of(filter)?;
        let mut query = Map::new();
        let id = serde_json::from_str(&of.id).map_err(Error::internal)?;
        query.insert(of.field.to_owned(), id);
        if conditions.contains_key(of.field) {
            // Conditions on the parent property must not collide with the parent's id.
            query.insert("$and".to_owned(), vec![Value::Object(conditions)].into());
        } else {
            query.extend(conditions);
        }
        Ok(query)
    }

    fn ask(
        &self,
        relation: Relation,
        effect: Effect,
        payload: impl FnOnce(&ParentAddress) -> Result<String>,
    ) -> Call<C> {
        let (resource, action) = self.route(relation);
        let payload = self.address().and_then(payload);
        Call::new(
            self.shared.clone(),
            resource,
            action,
            payload,
            effect,
            decode::call_record,
        )
    }

    fn route(&self, relation: Relation) -> (&'static str, &'static str) {
        match &self.parent {
            Ok(of) => (of.parent.of, of.parent.name(relation)),
            Err(_) => ("", ""),
        }
    }

    fn address(&self) -> Result<&ParentAddress> {
        self.parent.as_ref().map_err(|why| unreadable(why))
    }
}

impl ParentAddress {
    /// Returns the payload with the ids of the parent and of one child.
    fn of_child<C: Resource>(&self, id: &C::Id) -> String {
        let (field, parent) = (self.field, &self.id);
        let (name, id) = (id_name::<C>(), decode::written_id::<C>(id));
        format!("{{\"{field}\":{parent},\"{name}\":{id}}}")
    }
}

impl<C: Resource> fmt::Debug for Children<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Children").field(&C::NAME).finish()
    }
}
