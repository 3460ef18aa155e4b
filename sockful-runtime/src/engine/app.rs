//! What one server serves, put together once at start.

use crate::core::clock::Clock;
use crate::core::config::Config;
use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::auth::identity::Authenticator;
use crate::engine::auth::policies::Policies;
use crate::engine::call::shared::{Shared, States};
use crate::engine::idempotency::Keys;
use crate::engine::rate_limit::Rates;
use crate::engine::record_locks::Lanes;
use crate::engine::session::Sessions;
use crate::engine::table::{Resources, Route};
use crate::live::Hub;
use crate::model::relation::Relations;
use crate::model::resource_model::Model;
use crate::spec::description::Description;
use crate::store::{Layout, Store};
use crate::transport::http::documents::Files;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The constant table, and what the types behind it said of themselves.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) resources: Resources,
    pub(crate) description: Description,
    pub(crate) shared: Arc<Shared>,
    pub(crate) sessions: Sessions,
    /// What is said of the description over HTTP, once it was asked for.
    pub(crate) files: Files,
}

/// What a server is put together of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) resources: Resources,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) states: States,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// Who is asked who callers are.
    pub(crate) authenticator: Option<Authenticator>,
}

impl App {
    /// One on the clock of the system.
    #[cfg(test)]
    pub(crate) async fn new(
        resources: Resources,
        store: Arc<dyn Store>,
        states: States,
        config: Config,
    ) -> Result<Arc<Self>> {
        let setup = Setup {
            resources,
            store,
            states,
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
            states,
            config,
            clock,
            authenticator,
        } = setup;
        config.check()?;
        let entries = resources.entries();
        let (models, description) = Description::of(resources)?;
        let declared: Vec<_> = models.iter().map(|model| model.declared).collect();
        let layouts: Vec<_> = models.iter().map(Layout::of).collect();
        store.migrate(&layouts).await?;
        store.open(&declared).await?;
        let shared = Shared {
            relations: Relations::of(&models)?,
            hooks: entries.iter().map(|entry| entry.hooks).collect(),
            policies: Policies::of(entries, authenticator)?,
            afterwards: Arc::new(Semaphore::new(config.max_afterwards)),
            hub: Hub::new(store.clone(), models.len(), &config),
            models,
            store,
            lanes: Lanes::new(),
            keys: Keys::new(&config, clock.clone()),
            rates: Rates::new(&config),
            states,
            config,
            clock,
        };
        Ok(Arc::new(Self {
            resources,
            description,
            shared: Arc::new(shared),
            sessions: Sessions::default(),
            files: Files::default(),
        }))
    }

    /// The first frame of a connection, whose requests may have a `key` or not.
    pub(crate) fn hello(&self, keys: bool) -> String {
        let config = &self.shared.config;
        let hello = json!({
            "protocol": 1,
            "schema": self.description.digest,
            "keys": keys,
            "time": self.shared.clock.now(),
            "limits": {
                "max_frame": config.max_frame,
                "max_depth": config.max_depth,
                "max_in_flight": config.max_in_flight,
                "max_reply": config.max_reply,
                "max_page": config.max_page,
                "max_subscriptions": config.max_subscriptions,
                "max_request_rate": config.max_request_rate,
                "request_burst": config.request_burst,
            },
        });
        format!(r#"["sockful","hello",{hello},null]"#)
    }

    /// Where a request for `action` of `resource` goes.
    ///
    /// # Errors
    ///
    /// Which of the two is not served.
    pub(crate) fn route(&self, resource: &str, action: &str) -> Result<&'static Route> {
        self.resources.find(resource, action).ok_or_else(|| {
            if self.resources.position(resource).is_some() {
                Error::new(ErrorKind::UnknownAction, "the resource has no such action")
            } else {
                Error::new(ErrorKind::UnknownResource, "there is no such resource")
            }
        })
    }

    /// The resource at a place in the served list.
    pub(crate) fn model(&self, place: u16) -> &Model {
        &self.shared.models[usize::from(place)]
    }
}
