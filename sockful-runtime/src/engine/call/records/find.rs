//! Typed lists of records for application code.

use super::related;
use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::call::transaction::guards::ListProtection;
use crate::model::resource::Resource;
use crate::query;
use crate::query::Query;
use crate::query::typed::{Filter, Order};
use futures_util::future::{BoxFuture, FutureExt};

/// A list of records, read when it is awaited. Returned by [`Records::find`](crate::Records::find).
#[derive(Debug)]
#[must_use = "records are read when the future is awaited"]
pub struct Find<R> {
    context: Context,
    filter: Filter<R>,
    order: Vec<query::QueryOrder>,
    limit: usize,
    skip: usize,
    protection: ListProtection,
}

impl<R: Resource> Find<R> {
    pub(super) fn new(context: Context, filter: Filter<R>) -> Self {
        Self {
            context,
            filter,
            order: Vec::new(),
            limit: usize::MAX,
            skip: 0,
            protection: ListProtection::default(),
        }
    }

    /// Sorts the list. Further orders apply to records that are equal in the earlier ones. The
    /// default is the order of the ids, which also decides between records that are equal in all
    /// given orders.
    pub fn sort(mut self, order: Order<R>) -> Self {
        self.order.push(order.inner);
        self
    }

    /// Limits the number of records. The default is no limit.
    pub fn limit(mut self, records: usize) -> Self {
        self.limit = records;
        self
    }

    /// Skips the first records. The default is none.
    pub fn skip(mut self, records: usize) -> Self {
        self.skip = records;
        self
    }

    /// Allows the call to commit even if the list has changed in the meantime.
    ///
    /// Without this, a call is rerun if another commit changes what its lists and counts have read
    /// before its own commit. Use it for a list that no write of the call depends on, such as one
    /// that is only returned. It has no effect outside of a call.
    pub fn unguarded(mut self) -> Self {
        self.protection = ListProtection::Unguarded;
        self
    }

    async fn read(self) -> Result<Vec<R>> {
        let model = self.context.app().model_of::<R>()?;
        let query = Query {
            filter: self.filter.into_inner(),
            order: self.order,
            limit: self.limit,
            skip: self.skip,
            after: None,
            max_bytes: usize::MAX,
        };
        self.context.app().check_conditions(&query.filter)?;
        let store = self.context.store();
        let found = if self.context.is_in_transaction() {
            related::find(&self.context, model.index, query, self.protection).await?
        } else {
            store.find(model.index, query).await?
        };
        let records = found.value.records.iter();
        records.map(|record| model.read(record)).collect()
    }
}

impl<R: Resource> IntoFuture for Find<R> {
    type Output = Result<Vec<R>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.read().boxed()
    }
}
