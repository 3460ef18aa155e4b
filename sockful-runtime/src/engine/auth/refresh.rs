//! Refreshes identities: the authenticator is called again, and connections and subscriptions continue.

use crate::core::error::{Error, Result};
use crate::engine::app::App;
use crate::engine::auth::authenticator::{Authenticator, expired};
use crate::engine::auth::caller::AuthenticatedCaller;
use crate::engine::auth::identity_registry::Interrupted;
use crate::engine::auth::session_identity::SessionIdentity;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use tokio::time::timeout;

/// The number of sessions of one key whose identity is refreshed at the same time.
const MAX_CONCURRENT: usize = 16;

/// Asks the authenticator again for all sessions of this key, also for authentications in progress.
/// Returns the number of sessions affected.
///
/// A session is signed out if the authenticator returns an error or takes too long: the access rights
/// of the old identity may be outdated.
pub(crate) async fn refresh(app: &App, key: &str) -> usize {
    let Some(authenticator) = &app.policies.authenticator else {
        return 0;
    };
    let sessions = app.identities.begin_refresh(key);
    let count = sessions.len();
    stream::iter(sessions)
        .for_each_concurrent(MAX_CONCURRENT, |session| async move {
            refresh_session(app, authenticator, &session, key).await;
        })
        .await;
    count
}

async fn refresh_session(
    app: &App,
    authenticator: &Authenticator,
    session: &Arc<SessionIdentity>,
    key: &str,
) {
    let (before, generation) = session.with_generation();
    // A later identity is from an authentication that has begun after the refresh.
    let Some(before) = before.filter(|before| *before.key == *key) else {
        return;
    };
    let authentication = app.identities.begin();
    let known = match ask(app, authenticator, &before).await {
        Ok(known) => Arc::new(known),
        Err(error) => {
            tracing::debug!(?error, "an identity was not refreshed");
            app.identities.sign_out_at(session, generation);
            return;
        }
    };
    let is_renamed = known.key != before.key;
    match authentication.complete_refresh(session, generation, known) {
        Ok(_) => {
            if is_renamed {
                app.identities.remove(&before.key, session);
            }
            session.wake();
        }
        // The new key was revoked.
        Err(Interrupted::Revoked) => app.identities.sign_out_at(session, generation),
        // Another refresh or authentication has set, or will set, a later identity.
        Err(Interrupted::Refreshed | Interrupted::Replaced) => {}
    }
}

async fn ask(
    app: &App,
    authenticator: &Authenticator,
    before: &AuthenticatedCaller,
) -> Result<AuthenticatedCaller> {
    let asked = authenticator.ask(before.credentials.clone(), app.models.len());
    let known = timeout(app.config.request.request_timeout, asked).await;
    let known = known.unwrap_or_else(|_| Err(Error::internal("the authenticator timed out")))?;
    if known.is_expired(&app.clock) {
        return Err(expired());
    }
    Ok(known)
}
