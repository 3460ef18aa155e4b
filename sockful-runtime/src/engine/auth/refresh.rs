//! Refreshes identities: the authenticator is called again, and connections and subscriptions continue.

use crate::core::clock::Clock;
use crate::core::error::{Error, Result};
use crate::engine::auth::authenticator::{Authenticator, expired};
use crate::engine::auth::caller::AuthenticatedCaller;
use crate::engine::auth::identity_registry::{IdentityRegistry, Interrupted};
use crate::engine::auth::session_identity::SessionIdentity;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The number of sessions of one key whose identity is refreshed at the same time.
const MAX_CONCURRENT: usize = 16;

/// Asks the authenticator again for the sessions of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdentityRefresh<'a> {
    pub(crate) identities: &'a IdentityRegistry,
    pub(crate) authenticator: &'a Authenticator,
    /// The number of served resources.
    pub(crate) resources: usize,
    pub(crate) clock: &'a Clock,
    /// How long the authenticator may take.
    pub(crate) timeout: Duration,
}

impl IdentityRefresh<'_> {
    /// Refreshes all sessions of this key, also authentications in progress. Returns the number of
    /// sessions affected.
    ///
    /// A session is signed out if the authenticator returns an error or takes too long: the access
    /// rights of the old identity may be outdated.
    pub(crate) async fn run(self, key: &str) -> usize {
        let sessions = self.identities.begin_refresh(key);
        let count = sessions.len();
        stream::iter(sessions)
            .for_each_concurrent(MAX_CONCURRENT, |session| async move {
                self.refresh_session(&session, key).await;
            })
            .await;
        count
    }

    async fn refresh_session(self, session: &Arc<SessionIdentity>, key: &str) {
        let (before, generation) = session.with_generation();
        // A later identity is from an authentication that has begun after the refresh.
        let Some(before) = before.filter(|before| *before.key == *key) else {
            return;
        };
        let authentication = self.identities.begin();
        let known = match self.ask(&before).await {
            Ok(known) => Arc::new(known),
            Err(error) => {
                tracing::debug!(?error, "an identity was not refreshed");
                self.identities.sign_out_at(session, generation);
                return;
            }
        };
        let is_renamed = known.key != before.key;
        match authentication.complete_refresh(session, generation, known) {
            Ok(_) => {
                if is_renamed {
                    self.identities.remove(&before.key, session);
                }
                session.wake();
            }
            // The new key was revoked.
            Err(Interrupted::Revoked) => self.identities.sign_out_at(session, generation),
            // Another refresh or authentication has set, or will set, a later identity.
            Err(Interrupted::Refreshed | Interrupted::Replaced) => {}
        }
    }

    async fn ask(self, before: &AuthenticatedCaller) -> Result<AuthenticatedCaller> {
        let credentials = before.credentials.clone();
        let asked = self.authenticator.ask(credentials, self.resources);
        let known = timeout(self.timeout, asked).await;
        let known =
            known.unwrap_or_else(|_| Err(Error::internal("the authenticator timed out")))?;
        if known.is_expired(self.clock) {
            return Err(expired());
        }
        Ok(known)
    }
}
