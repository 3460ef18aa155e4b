//! The policies of all resources, checked for every read and every action.

use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::auth::authenticator::Authenticator;
use crate::engine::auth::caller::{Caller, ReadFilters};
use crate::engine::auth::policy::{Grant, Policy, PolicyUser, unauthenticated};
use crate::engine::table::ResourceEntry;
use crate::model::record::Record;
use crate::model::resource_model::Model;
use crate::query::ReadFilter;

/// The policies of all resources, in the order of the served list.
#[derive(Debug)]
pub(crate) struct Policies {
    by_resource: Vec<&'static [Policy]>,
    /// Whether each resource is accessible without authentication.
    public: Vec<bool>,
    /// The authenticator; `None` if every client has full access.
    pub(crate) authenticator: Option<Authenticator>,
    /// The filters of the records that unauthenticated clients can read.
    unauthenticated_filters: ReadFilters,
}

impl Policies {
    /// Collects the policies of the served resources.
    ///
    /// # Errors
    ///
    /// If a policy requires a user type that the server's authenticator does not produce.
    pub(crate) fn of(
        entries: &[ResourceEntry],
        authenticator: Option<Authenticator>,
    ) -> Result<Self> {
        for entry in entries {
            for policy in entry.policies {
                check(entry, policy, authenticator.as_ref())?;
            }
        }
        let public = entries.iter().map(|entry| entry.shape.definition.public);
        Ok(Self {
            by_resource: entries.iter().map(|entry| entry.policies).collect(),
            public: public.collect(),
            authenticator,
            unauthenticated_filters: ReadFilters::new(entries.len()),
        })
    }

    /// Checks that the caller may access the resource at all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] if the resource requires authentication.
    pub(crate) fn admit(&self, caller: &Caller, resource: usize) -> Result<()> {
        self.admit_to(caller, self.public[resource])
    }

    /// Checks that the caller is authenticated unless `is_public` is set.
    pub(crate) fn admit_to(&self, caller: &Caller, is_public: bool) -> Result<()> {
        match caller {
            Caller::Unauthenticated if self.authenticator.is_some() && !is_public => {
                Err(unauthenticated())
            }
            _ => Ok(()),
        }
    }

    /// The filter of the records of a resource that the caller can read.
    ///
    /// # Errors
    ///
    /// If the caller may not access the resource, or if a policy fails: then it can read no
    /// records.
    pub(crate) fn read_filter(&self, caller: &Caller, resource: usize) -> Result<ReadFilter> {
        self.admit(caller, resource)?;
        let policies = self.by_resource[resource];
        if !policies.iter().any(Policy::is_of_reading) {
            return Ok(ReadFilter::ALL);
        }
        let filter = match caller {
            Caller::Application => return Ok(ReadFilter::ALL),
            Caller::Unauthenticated => {
                self.unauthenticated_filters
                    .get(resource, policies, PolicyUser::UNAUTHENTICATED)?
            }
            Caller::Authenticated(known) => known.read_filter(resource, policies)?,
        };
        Ok(ReadFilter::of(filter))
    }

    /// Checks that the caller may perform an action, on this record if the action has one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`](crate::ErrorKind::Forbidden), or the error of a failed policy.
    pub(crate) fn ask(
        &self,
        caller: &Caller,
        grant: Grant,
        model: &Model,
        record: Option<&Record>,
    ) -> Result<()> {
        let Some(user) = user(caller) else {
            return Ok(());
        };
        let policies = self.by_resource[model.index].iter();
        let mut asked = policies.filter(|policy| policy.on.contains(&grant));
        asked.try_for_each(|policy| policy.check(model, user, record))
    }

    /// Checks the policies that decide by the user alone.
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask).
    pub(crate) fn authorize_user(
        &self,
        caller: &Caller,
        grant: Grant,
        model: &Model,
    ) -> Result<()> {
        let Some(user) = user(caller) else {
            return Ok(());
        };
        let policies = self.by_resource[model.index].iter();
        let mut asked = policies.filter(|policy| policy.is_of_user() && policy.on.contains(&grant));
        asked.try_for_each(|policy| policy.check(model, user, None))
    }
}

/// The user for the policies; `None` for the application itself, which has full access.
fn user(caller: &Caller) -> Option<PolicyUser<'_>> {
    match caller {
        Caller::Application => None,
        Caller::Unauthenticated => Some(PolicyUser::UNAUTHENTICATED),
        Caller::Authenticated(known) => Some(known.policy_user()),
    }
}

/// Checks that a policy takes the users of this server.
fn check(
    entry: &ResourceEntry,
    policy: &Policy,
    authenticator: Option<&Authenticator>,
) -> Result<()> {
    let (title, name) = (entry.shape.definition.title, policy.name);
    let Some(authenticator) = authenticator else {
        let message = format!(
            "the policy `{name}` of `{title}` needs users, but the server has no authenticator; write `.authenticate(…)`"
        );
        return Err(Error::new(ErrorKind::Invalid, message));
    };
    match policy.user_type() {
        Some(asked) if asked != authenticator.user => {
            let (asked, given) = (asked.name, authenticator.user.name);
            let message = format!(
                "the policy `{name}` of `{title}` expects users of type `{asked}`, but the server's authenticator returns `{given}`"
            );
            Err(Error::new(ErrorKind::Invalid, message))
        }
        _ => Ok(()),
    }
}
