//! The policies of all resources: one place that every way in and out asks.

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
    /// Whether those may ask for it too who are nobody.
    public: Vec<bool>,
    /// Who is asked who callers are; `None` where everything is open.
    pub(crate) authenticator: Option<Authenticator>,
    /// What those see who are nobody.
    nobody: ReadFilters,
}

impl Policies {
    /// Those of the resources that are served.
    ///
    /// # Errors
    ///
    /// Where a policy asks for users that the server has none of.
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
            nobody: ReadFilters::new(entries.len()),
        })
    }

    /// Asks that this caller may ask for the resource at all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`], where it must be somebody.
    pub(crate) fn admit(&self, caller: &Caller, resource: usize) -> Result<()> {
        self.admit_to(caller, self.public[resource])
    }

    /// Asks that this caller may ask for what is or is not public.
    pub(crate) fn admit_to(&self, caller: &Caller, is_public: bool) -> Result<()> {
        match caller {
            Caller::Unauthenticated if self.authenticator.is_some() && !is_public => {
                Err(unauthenticated())
            }
            _ => Ok(()),
        }
    }

    /// Which records of a resource this caller sees.
    ///
    /// # Errors
    ///
    /// Where it may not ask, and where the policy fails: then it sees nothing.
    pub(crate) fn read_filter(&self, caller: &Caller, resource: usize) -> Result<ReadFilter> {
        self.admit(caller, resource)?;
        let policies = self.by_resource[resource];
        if !policies.iter().any(Policy::is_of_reading) {
            return Ok(ReadFilter::ALL);
        }
        let filter = match caller {
            Caller::Application => return Ok(ReadFilter::ALL),
            Caller::Unauthenticated => {
                self.nobody
                    .get(resource, policies, PolicyUser::UNAUTHENTICATED)?
            }
            Caller::Authenticated(known) => known.read_filter(resource, policies)?,
        };
        Ok(ReadFilter::of(filter))
    }

    /// Asks that this caller may do this, with this record where it is about one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Forbidden`](crate::ErrorKind::Forbidden), and where a policy fails.
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

    /// Asks the policies that decide by the user alone.
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask).
    pub(crate) fn ask_of_user(&self, caller: &Caller, grant: Grant, model: &Model) -> Result<()> {
        let Some(user) = user(caller) else {
            return Ok(());
        };
        let policies = self.by_resource[model.index].iter();
        let mut asked = policies.filter(|policy| policy.is_of_user() && policy.on.contains(&grant));
        asked.try_for_each(|policy| policy.check(model, user, None))
    }
}

/// The user that policies judge; `None` for the application itself, which may do everything.
fn user(caller: &Caller) -> Option<PolicyUser<'_>> {
    match caller {
        Caller::Application => None,
        Caller::Unauthenticated => Some(PolicyUser::UNAUTHENTICATED),
        Caller::Authenticated(known) => Some(known.policy_user()),
    }
}

/// Asks that a policy can be asked about the users of this server.
fn check(
    entry: &ResourceEntry,
    policy: &Policy,
    authenticator: Option<&Authenticator>,
) -> Result<()> {
    let (title, name) = (entry.shape.definition.title, policy.name);
    let Some(authenticator) = authenticator else {
        let message = format!(
            "the policy `{name}` of `{title}` decides who may do what, and the server asks nobody who they are; write `.authenticate(…)`"
        );
        return Err(Error::new(ErrorKind::Invalid, message));
    };
    match policy.user_type() {
        Some(asked) if asked != authenticator.user => {
            let (asked, given) = (asked.name, authenticator.user.name);
            let message = format!(
                "the policy `{name}` of `{title}` is for users of type `{asked}`, and those of the server are `{given}`"
            );
            Err(Error::new(ErrorKind::Invalid, message))
        }
        _ => Ok(()),
    }
}
