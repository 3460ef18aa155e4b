//! A caller, independent of the application's user type.

use crate::core::clock::{Clock, to_millis};
use crate::core::error::Result;
use crate::engine::auth::credentials::Credentials;
use crate::engine::auth::identity::Identity;
use crate::engine::auth::policy::{Policy, PolicyUser};
use crate::query::QueryFilter;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The caller of a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// The application itself, which may do everything.
    Application,
    /// An unauthenticated client.
    Unauthenticated,
    /// An authenticated client.
    Authenticated(Arc<AuthenticatedCaller>),
}

/// An authenticated client.
pub(crate) struct AuthenticatedCaller {
    pub(crate) key: Arc<str>,
    user: Box<dyn Any + Send + Sync>,
    /// When the identity expires, in milliseconds since 1970.
    pub(crate) expires: Option<u64>,
    /// The credentials by which it authenticated, for a refresh of the identity.
    pub(crate) credentials: Credentials,
    /// The filters of the records that it can read, each computed when it is first needed.
    read_filters: ReadFilters,
}

/// The filters of the records that one user can read, computed once for each resource.
#[derive(Debug)]
pub(crate) struct ReadFilters(Box<[OnceLock<Arc<QueryFilter>>]>);

impl AuthenticatedCaller {
    /// The caller with an identity, for a server with `resources` resources.
    pub(crate) fn new<U: Send + Sync + 'static>(
        identity: Identity<U>,
        credentials: Credentials,
        resources: usize,
    ) -> Self {
        Self {
            key: identity.key.into(),
            user: Box::new(identity.user),
            expires: identity.expires.map(to_millis),
            credentials,
            read_filters: ReadFilters::new(resources),
        }
    }

    pub(crate) fn is_expired(&self, clock: &Clock) -> bool {
        self.expires.is_some_and(|expires| expires <= clock.now())
    }

    pub(crate) fn policy_user(&self) -> PolicyUser<'_> {
        PolicyUser::authenticated(&*self.user)
    }

    /// The filter of the records of a resource that the caller can read by these policies.
    pub(crate) fn read_filter(
        &self,
        resource: usize,
        policies: &[Policy],
    ) -> Result<Arc<QueryFilter>> {
        self.read_filters
            .get(resource, policies, self.policy_user())
    }
}

/// Omits the key and the user, because the output may be logged.
impl fmt::Debug for AuthenticatedCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedCaller")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl ReadFilters {
    pub(crate) fn new(resources: usize) -> Self {
        Self((0..resources).map(|_| OnceLock::new()).collect())
    }

    /// The filter of all policies of a resource. `user` must be the same in every call.
    pub(crate) fn get(
        &self,
        resource: usize,
        policies: &[Policy],
        user: PolicyUser<'_>,
    ) -> Result<Arc<QueryFilter>> {
        if let Some(known) = self.0[resource].get() {
            return Ok(known.clone());
        }
        // A failure is not cached, so the policies are evaluated again.
        let of_reading = policies.iter().filter(|policy| policy.is_of_reading());
        let seen = of_reading.map(|policy| policy.read_filter(user));
        let asked = Arc::new(QueryFilter::all_of(seen.collect::<Result<_>>()?));
        Ok(self.0[resource].get_or_init(|| asked).clone())
    }
}
