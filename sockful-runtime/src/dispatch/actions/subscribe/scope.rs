//! The scope of a subscription, as evaluated for the identity of its caller.

use crate::core::error::Result;
use crate::engine::call::context::Context;
use crate::engine::session::Session;
use crate::live::{LiveQuery, RestartedSubscription, SubscriptionHandle, Window};
use crate::query::{QueryFilter, ReadFilter};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The scope of a subscription, as evaluated for the identity of its caller.
#[derive(Debug)]
pub(crate) struct SubscriptionScope {
    request: SubscriptionRequest,
    pub(super) access: SubscriptionAccess,
}

/// The request of a subscription, independent of the caller's identity.
#[derive(Clone, Debug)]
pub(super) struct SubscriptionRequest {
    /// The resource's index in the list of served resources.
    pub(super) resource: usize,
    pub(super) filter: QueryFilter,
    /// For the children of a record: the index of its resource, and its id.
    pub(super) parent: Option<(usize, Box<str>)>,
    pub(super) window: Option<Arc<Window>>,
    pub(super) is_count: bool,
}

/// What the caller's identity allows it to read. A subscription continues only while this is
/// unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubscriptionAccess {
    /// The caller's key.
    pub(super) caller: Option<Box<str>>,
    read_filter: ReadFilter,
    /// The conditions of the request, narrowed to the related records that the caller can read.
    filter: QueryFilter,
    /// The read filter of the parent's resource.
    parent: Option<ReadFilter>,
}

impl SubscriptionScope {
    /// Evaluates a request for the caller of `context`.
    ///
    /// # Errors
    ///
    /// If the caller may not subscribe.
    pub(super) fn evaluate(context: &Context, request: SubscriptionRequest) -> Result<Self> {
        let access = SubscriptionAccess::evaluate(context, &request)?;
        Ok(Self { request, access })
    }

    /// Registers the subscription with the broker.
    ///
    /// # Errors
    ///
    /// If the caller cannot read the parent, or if there are too many subscriptions.
    pub(super) async fn register(
        &self,
        session: &Session,
        context: &Context,
    ) -> Result<SubscriptionHandle> {
        let Self { request, access } = self;
        let app = &session.app;
        if let Some((resource, id)) = &request.parent {
            context.check_readable(&app.models[*resource], id).await?;
        }
        let query = Arc::new(LiveQuery {
            resource: request.resource,
            filter: access.filter.clone(),
            read_filter: access.read_filter.clone(),
            window: request.window.clone(),
            is_count: request.is_count,
        });
        let caller = context.caller_id();
        SubscriptionHandle::register(&app.broker, &session.subscriptions, query, caller).await
    }

    /// Whether the client's current identity has the same access.
    pub(crate) fn is_current(&self, session: &Session) -> bool {
        let access = SubscriptionAccess::evaluate(&session.context(0), &self.request);
        access.is_ok_and(|access| access == self.access)
    }

    /// Evaluates and registers the subscription again for the client's current identity. Fails if
    /// the client may no longer subscribe.
    pub(crate) fn restart(
        &self,
        session: &Arc<Session>,
    ) -> BoxFuture<'static, Result<RestartedSubscription<Self>>> {
        let (session, request) = (session.clone(), self.request.clone());
        let restart = async move {
            let context = session.context(0);
            let scope = Self::evaluate(&context, request)?;
            let handle = scope.register(&session, &context).await?;
            let result = handle.initial_result().await?;
            Ok(RestartedSubscription {
                handle,
                result,
                scope,
            })
        };
        restart.boxed()
    }
}

impl SubscriptionAccess {
    fn evaluate(context: &Context, request: &SubscriptionRequest) -> Result<Self> {
        let parent = request.parent.as_ref();
        let parent = parent.map(|(resource, _)| context.read_filter(*resource));
        Ok(Self {
            caller: context.caller().map(Into::into),
            read_filter: context.read_filter(request.resource)?,
            filter: context.narrow_related(request.filter.clone())?,
            parent: parent.transpose()?,
        })
    }
}
