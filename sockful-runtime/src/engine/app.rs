//! The state of one server: what it serves and what all of its calls share.

use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::site_access::SiteAccess;
use crate::engine::after_hook_queue::AfterHookQueue;
use crate::engine::app_state::AppState;
use crate::engine::auth::authenticator::Authenticator;
use crate::engine::auth::identity_registry::IdentityRegistry;
use crate::engine::auth::policies::Policies;
use crate::engine::auth::refresh::IdentityRefresh;
use crate::engine::call::hook::{Hook, HookAction, HookPhase};
use crate::engine::description::describe;
use crate::engine::guard_locks::GuardLocks;
use crate::engine::idempotency::Idempotency;
use crate::engine::keyed_locks::KeyedLocks;
use crate::engine::rate_limit::RateLimiter;
use crate::engine::table::{ResourceEntry, Resources, Route};
use crate::live::Broker;
use crate::model::definition::{OnDestroy, ResourceDef};
use crate::model::relation::{RelationLink, Relations};
use crate::model::resource::Resource;
use crate::model::resource_model::Model;
use crate::model::schema::description::Description;
use crate::query::{QueryFilter, RelationScope};
use crate::store::{Layout, Store, StoreLimits};
use bytes::Bytes;
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// The name of a store without relations in errors.
const NO_RELATIONS: &str = "the store of this server";

/// One server: the static dispatch table and everything that its calls share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) resources: Resources,
    pub(crate) models: Vec<Model>,
    pub(crate) relations: Relations,
    /// The hooks of each resource, in the order of the models.
    hooks: Vec<&'static [Hook]>,
    pub(crate) policies: Policies,
    pub(crate) description: Description,
    /// Documents generated from the description, each when it is first requested.
    pub(crate) documents: Documents,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) broker: Arc<Broker>,
    /// The locks of records, by resource and id.
    pub(crate) record_locks: KeyedLocks,
    /// Serializes comparisons of API descriptions per caller: one at a time for each.
    pub(crate) comparisons: KeyedLocks,
    pub(crate) guard_locks: GuardLocks,
    pub(crate) idempotency: Idempotency,
    pub(crate) rates: RateLimiter,
    pub(crate) identities: IdentityRegistry,
    pub(crate) state: AppState,
    pub(crate) config: Config,
    /// Which origins and host names may connect.
    pub(crate) site_access: SiteAccess,
    pub(crate) clock: Clock,
    /// The commits whose `#[after]` hooks wait or run.
    pub(crate) after_hooks: Arc<AfterHookQueue>,
    /// For each resource, whether a write of it may trigger `#[after]` hooks.
    leads_to_after_hooks: Vec<bool>,
}

/// Documents that a layer above fills in, each when it is first requested.
#[derive(Debug, Default)]
pub(crate) struct Documents([OnceLock<Bytes>; Self::LEN]);

impl Documents {
    pub(crate) const LEN: usize = 5;

    /// The document at `index`, which is below [`LEN`](Self::LEN). `write` generates it the first
    /// time.
    pub(crate) fn get(&self, index: usize, write: impl FnOnce() -> Bytes) -> Bytes {
        self.0[index].get_or_init(write).clone()
    }
}

/// The parts that a server is opened with.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) resources: Resources,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) state: AppState,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// Authenticates clients by their credentials.
    pub(crate) authenticator: Option<Authenticator>,
}

impl App {
    /// Opens a server that uses the system clock.
    #[cfg(test)]
    pub(crate) async fn new(
        resources: Resources,
        store: Arc<dyn Store>,
        state: AppState,
        config: Config,
    ) -> Result<Arc<Self>> {
        let setup = Setup {
            resources,
            store,
            state,
            config,
            clock: Clock::default(),
            authenticator: None,
        };
        Self::open(setup).await
    }

    pub(crate) async fn open(setup: Setup) -> Result<Arc<Self>> {
        let Setup {
            resources,
            store,
            state,
            config,
            clock,
            authenticator,
        } = setup;
        config.validate()?;
        let entries = resources.entries();
        let (models, description) = describe(resources)?;
        let definition: Vec<_> = models.iter().map(|model| model.definition).collect();
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        // Everything that can fail without the store fails before the store is changed.
        let relations = Relations::of(&models)?;
        let policies = Policies::of(entries, authenticator)?;
        store.configure(&StoreLimits::from(&config));
        store.migrate(&layouts).await?;
        store.open(&definition).await?;
        Ok(Arc::new(Self {
            resources,
            leads_to_after_hooks: leads_to_after_hooks(entries, &relations),
            relations,
            hooks: entries.iter().map(|entry| entry.hooks).collect(),
            policies,
            description,
            documents: Documents::default(),
            broker: Broker::new(store.clone(), definition, &config),
            guard_locks: GuardLocks::new(models.len()),
            models,
            store,
            record_locks: KeyedLocks::new(),
            comparisons: KeyedLocks::new(),
            idempotency: Idempotency::new(&config, clock.clone()),
            rates: RateLimiter::new(&config),
            identities: IdentityRegistry::default(),
            after_hooks: AfterHookQueue::new(config.request.max_afterwards),
            state,
            site_access: SiteAccess::new(&config.access),
            config,
            clock,
        }))
    }

    /// The first frame of a connection. `keys` says whether requests may have a `key`.
    pub(crate) fn hello(&self, keys: bool) -> String {
        let config = &self.config;
        let hello = json!({
            "protocol": 1,
            "schema": self.description.digest,
            "keys": keys,
            "time": self.clock.now(),
            "limits": {
                "max_frame": config.connection.max_frame,
                "max_depth": config.connection.max_depth,
                "max_in_flight": config.connection.max_in_flight,
                "max_reply": config.request.max_reply,
                "max_page": config.request.max_page,
                "max_subscriptions": config.live.max_subscriptions,
                "max_request_rate": config.request.max_request_rate,
                "request_burst": config.request.request_burst,
            },
        });
        format!(r#"["sockful","hello",{hello},null]"#)
    }

    /// Asks the authenticator again for all sessions of this key. Returns the number of sessions
    /// affected.
    pub(crate) async fn refresh(&self, key: &str) -> usize {
        let Some(authenticator) = &self.policies.authenticator else {
            return 0;
        };
        let refresh = IdentityRefresh {
            identities: &self.identities,
            authenticator,
            resources: self.models.len(),
            clock: &self.clock,
            timeout: self.config.request.request_timeout,
        };
        refresh.run(key).await
    }

    /// The route for `action` of `resource`.
    ///
    /// # Errors
    ///
    /// An error that names which of the two does not exist.
    pub(crate) fn route(&self, resource: &str, action: &str) -> Result<&'static Route> {
        self.resources.find(resource, action).ok_or_else(|| {
            if self.resources.position(resource).is_some() {
                Error::new(ErrorKind::UnknownAction, "the resource has no such action")
            } else {
                Error::new(ErrorKind::UnknownResource, "resource not found")
            }
        })
    }

    /// The model of the resource at an index of the served list.
    pub(crate) fn model(&self, place: u16) -> &Model {
        &self.models[usize::from(place)]
    }

    /// The model of the resource `R`.
    pub(crate) fn model_of<R: Resource>(&self) -> Result<&Model> {
        let served = self.models.iter().find(|model| model.is_of::<R>());
        served.ok_or_else(|| {
            Error::internal(format!(
                "`{}` is not in the server's list of resources",
                R::DEFINITION.title
            ))
        })
    }

    /// The index of a served resource.
    pub(crate) fn index_of(&self, definition: &ResourceDef) -> Result<usize> {
        let mut served = self.models.iter();
        let served = served.find(|model| model.definition.name == definition.name);
        served.map(|model| model.index).ok_or_else(|| {
            Error::internal(format!(
                "`{}` is not in the server's list of resources",
                definition.title
            ))
        })
    }

    /// The relations that the conditions of a query may use.
    pub(crate) fn relation_scope(&self) -> RelationScope<'_> {
        let scope = RelationScope::new(&self.models, &self.relations);
        if self.store.supports_relations() {
            scope
        } else {
            scope.unavailable_in(NO_RELATIONS)
        }
    }

    /// Checks that the application's own conditions can be evaluated.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidQuery`] if they use relations, and too many of them or a store without.
    pub(crate) fn check_conditions(&self, filter: &QueryFilter) -> Result<()> {
        if !filter.has_relations() {
            return Ok(());
        }
        if !self.store.supports_relations() {
            let message = format!("a condition over a relation is not available in {NO_RELATIONS}");
            return Err(Error::new(ErrorKind::InvalidQuery, message));
        }
        filter.check_steps()
    }

    /// The hooks of a resource for a phase of an action.
    pub(crate) fn hooks(
        &self,
        resource: usize,
        phase: HookPhase,
        on: HookAction,
    ) -> impl Iterator<Item = &'static Hook> {
        let hooks = self.hooks[resource].iter();
        hooks.filter(move |hook| hook.phase == phase && hook.on.contains(&on))
    }

    /// Whether a write of a resource may trigger `#[after]` hooks; of any resource if `None`.
    pub(crate) fn may_run_after_hooks(&self, resource: Option<usize>) -> bool {
        match resource {
            Some(resource) => self.leads_to_after_hooks[resource],
            None => self.has_after_hooks(),
        }
    }

    /// Whether any resource has hooks that run after a commit.
    pub(crate) fn has_after_hooks(&self) -> bool {
        self.leads_to_after_hooks.contains(&true)
    }

    /// Whether a resource has hooks that run before a commit.
    pub(crate) fn has_before_hooks(&self, resource: usize) -> bool {
        let mut hooks = self.hooks[resource].iter();
        hooks.any(|hook| hook.phase == HookPhase::Before)
    }
}

/// For each resource, whether a write of it may trigger `#[after]` hooks: its own, those of records
/// that its `#[before]` hooks write, or those of children that are changed with it.
fn leads_to_after_hooks(entries: &[ResourceEntry], relations: &Relations) -> Vec<bool> {
    let has = |entry: &ResourceEntry, phase| entry.hooks.iter().any(|hook| hook.phase == phase);
    let any = entries.iter().any(|entry| has(entry, HookPhase::After));
    let own = |entry| has(entry, HookPhase::After) || any && has(entry, HookPhase::Before);
    let mut leads: Vec<_> = entries.iter().map(own).collect();
    let mut is_changed = true;
    while is_changed {
        is_changed = false;
        for place in 0..leads.len() {
            let mut children = relations.children(place).iter();
            let follows = |link: &RelationLink| link.parent.on_destroy != OnDestroy::Restrict;
            if !leads[place] && children.any(|link| follows(link) && leads[link.to]) {
                leads[place] = true;
                is_changed = true;
            }
        }
    }
    leads
}
