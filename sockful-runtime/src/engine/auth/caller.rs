//! A caller, whatever the type that the application has for its users.

use crate::core::clock::to_millis;
use crate::core::error::Result;
use crate::engine::auth::identity::Identity;
use crate::engine::auth::policy::{Policy, PolicyUser};
use crate::query::QueryFilter;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Who a request is of.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// The application itself, which may do everything.
    Application,
    /// A client of whom nothing is known.
    Unauthenticated,
    /// A client that the application knows.
    Authenticated(Arc<AuthenticatedCaller>),
}

/// A client that the application knows.
pub(crate) struct AuthenticatedCaller {
    pub(crate) key: Arc<str>,
    user: Box<dyn Any + Send + Sync>,
    /// When that is over, in milliseconds since 1970.
    pub(crate) expires: Option<u64>,
    /// What it sees of each resource, once that has been asked.
    read_filters: ReadFilters,
}

/// What one user sees of each resource, asked of the policies once.
#[derive(Debug)]
pub(crate) struct ReadFilters(Box<[OnceLock<Arc<QueryFilter>>]>);

impl AuthenticatedCaller {
    /// The caller of an identity, among `resources` resources.
    pub(crate) fn new<U: Send + Sync + 'static>(identity: Identity<U>, resources: usize) -> Self {
        Self {
            key: identity.key.into(),
            user: Box::new(identity.user),
            expires: identity.expires.map(to_millis),
            read_filters: ReadFilters::new(resources),
        }
    }

    pub(crate) fn policy_user(&self) -> PolicyUser<'_> {
        PolicyUser::authenticated(&*self.user)
    }

    /// What the policies of a resource let it see of that.
    pub(crate) fn read_filter(
        &self,
        resource: usize,
        policies: &[Policy],
    ) -> Result<Arc<QueryFilter>> {
        self.read_filters
            .get(resource, policies, self.policy_user())
    }
}

/// Shows neither the key nor the user: it may end in a log.
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
        // A failure is asked again: it decides nothing.
        let of_reading = policies.iter().filter(|policy| policy.is_of_reading());
        let seen = of_reading.map(|policy| policy.read_filter(user));
        let asked = Arc::new(QueryFilter::all_of(seen.collect::<Result<_>>()?));
        Ok(self.0[resource].get_or_init(|| asked).clone())
    }
}
