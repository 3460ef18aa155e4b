//! Typed counts of records for application code.

use super::related;
use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::call::transaction::guards::ListProtection;
use crate::model::resource::Resource;
use crate::query::typed::Filter;
use futures_util::future::{BoxFuture, FutureExt};

/// A count of records, read when it is awaited. Returned by
/// [`Records::count`](crate::Records::count).
///
/// # Errors
///
/// Those of the store, such as [`ErrorKind::TooMany`](crate::ErrorKind::TooMany) if more than
/// [`store.max_visited`](crate::config::StoreConfig::max_visited) records would be read.
#[derive(Debug)]
#[must_use = "records are read when the future is awaited"]
pub struct Count<R> {
    context: Context,
    filter: Filter<R>,
    protection: ListProtection,
}

impl<R: Resource> Count<R> {
    pub(super) fn new(context: Context, filter: Filter<R>) -> Self {
        Self {
            context,
            filter,
            protection: ListProtection::default(),
        }
    }

    /// Allows the call to commit even if the number has changed in the meantime, as
    /// [`Find::unguarded`](crate::Find::unguarded) does for a list.
    pub fn unguarded(mut self) -> Self {
        self.protection = ListProtection::Unguarded;
        self
    }

    async fn read(self) -> Result<usize> {
        let model = self.context.app().model_of::<R>()?;
        let (store, filter) = (self.context.store(), self.filter.into_inner());
        self.context.app().check_conditions(&filter)?;
        if self.context.is_in_transaction() {
            return related::count(&self.context, model.index, filter, self.protection).await;
        }
        Ok(store.count(model.index, filter).await?.value.count)
    }
}

impl<R: Resource> IntoFuture for Count<R> {
    type Output = Result<usize>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.read().boxed()
    }
}
