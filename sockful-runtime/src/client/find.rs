//! A list request as a future.

use super::call::Call;
use super::request::{Effect, RawReply};
use super::subscription::SubscriptionReader;
use super::{ClientInner, Live, Subscription, conditions, decode, unsendable};
use crate::core::error::Result;
use crate::model::resource::Resource;
use crate::query;
use crate::query::typed::{Filter, Order};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A list of records as a future; nothing is sent before it is awaited.
#[must_use = "a query is sent when the future is awaited"]
pub struct RemoteFind<R> {
    shared: Arc<ClientInner>,
    resource: &'static str,
    action: &'static str,
    /// The resource and the action of the same query as a subscription.
    live: (&'static str, &'static str),
    query: Result<Map<String, Value>>,
    order: Vec<query::QueryOrder>,
    of: std::marker::PhantomData<fn() -> R>,
}

/// A page of a list of records.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<R> {
    /// The records.
    pub records: Vec<R>,
    /// The cursor for [`RemoteFind::after`], if there are more records.
    pub next: Option<String>,
}

impl<R: Resource> RemoteFind<R> {
    pub(super) fn new(
        shared: Arc<ClientInner>,
        resource: &'static str,
        action: &'static str,
        live: (&'static str, &'static str),
        query: Result<Map<String, Value>>,
    ) -> Self {
        Self {
            shared,
            resource,
            action,
            live,
            query,
            order: Vec::new(),
            of: std::marker::PhantomData,
        }
    }

    pub(super) fn that(shared: Arc<ClientInner>, filter: Filter<R>) -> Self {
        let query = match shared.unreadable::<R>() {
            Some(why) => Err(super::unreadable(&why)),
            None => conditions::of(filter),
        };
        Self::new(shared, R::NAME, "find", (R::NAME, "subscribe"), query)
    }

    /// Adds a sort key; further keys order the records that are equal by the earlier ones. The id is
    /// always the last key.
    pub fn sort(mut self, order: Order<R>) -> Self {
        self.order.push(order.inner);
        self
    }

    /// Sets the maximum number of records. Default: the resource's page size.
    pub fn limit(self, records: usize) -> Self {
        self.with("$limit", records.into())
    }

    /// Skips the first records. Default: 0.
    pub fn skip(self, records: usize) -> Self {
        self.with("$skip", records.into())
    }

    /// Continues after a page with the same filter and order, at its [`next`](Page::next) cursor.
    pub fn after(self, next: impl Into<String>) -> Self {
        self.with("$after", next.into().into())
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        if let Ok(query) = &mut self.query {
            query.insert(key.to_owned(), value);
        }
        self
    }

    /// Subscribes to the same query, as a set that is kept up to date: with [`limit`](Self::limit), the
    /// first records in the order of [`sort`](Self::sort). [`skip`](Self::skip) and
    /// [`after`](Self::after) are not available in a live query.
    pub fn live(self) -> Live<R> {
        let order = self.order.clone();
        Live::sorted(self.follow(), order)
    }

    /// Subscribes to the same query, as a stream of events: see [`live`](Self::live).
    pub fn subscribe(self) -> Subscription<R> {
        Subscription::new(self.follow())
    }

    fn follow(self) -> SubscriptionReader {
        let (resource, action) = self.live;
        let shared = self.shared.clone();
        SubscriptionReader::new(&shared, resource, action, self.payload())
    }

    /// Returns the request, to set options such as a timeout.
    pub fn call(self) -> Call<Page<R>> {
        let (shared, resource, action) = (self.shared.clone(), self.resource, self.action);
        let payload = self.payload();
        Call::new(shared, resource, action, payload, Effect::ReadOnly, page)
    }

    fn payload(self) -> Result<String> {
        self.query.and_then(|mut query| {
            if !self.order.is_empty() {
                query.insert("$sort".to_owned(), conditions::sort::<R>(&self.order));
            }
            serde_json::to_string(&query).map_err(|error| unsendable(&error))
        })
    }
}

impl<R: Resource> IntoFuture for RemoteFind<R> {
    type Output = Result<Page<R>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.call().into_future()
    }
}

impl<R> fmt::Debug for RemoteFind<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RemoteFind");
        shown.field("resource", &self.resource);
        shown.field("action", &self.action);
        shown.finish_non_exhaustive()
    }
}

impl<R> Deref for Page<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        &self.records
    }
}

impl<R> IntoIterator for Page<R> {
    type Item = R;
    type IntoIter = std::vec::IntoIter<R>;

    fn into_iter(self) -> Self::IntoIter {
        self.records.into_iter()
    }
}

fn page<R: Resource>(reply: &RawReply) -> Result<Page<R>> {
    let next = reply.next.as_deref();
    Ok(Page {
        records: decode::list(&reply.ok, decode::record)?,
        next: next.and_then(|raw| serde_json::from_str(raw).ok()),
    })
}
