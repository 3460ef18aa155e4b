//! The server's own resource, `sockful`.

use super::commit;
use super::outcome::{RequestOutcome, SubscriptionChange};
use crate::core::error::{Error, ErrorKind, Fault, Result};
use crate::core::json;
use crate::engine::app::App;
use crate::engine::auth::credentials::Credentials;
use crate::engine::call::context::Context;
use crate::engine::session::Session;
use crate::engine::table::{ActionTraits, ConflictScope, Cost};
use crate::model::schema::comparison;
use crate::model::schema::comparison::StepBudget;
use crate::protocol::payload::Payload;
use crate::protocol::position::PositionProof;
use crate::protocol::reply;
use crate::protocol::reply::{Body, Done, Reply};
use crate::store::scan;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::task::spawn_blocking;

/// The actions of the server's own resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemAction {
    Schema,
    Authenticate,
    Ping,
    Commit,
    Changes,
}

impl SystemAction {
    const ALL: [Self; 5] = [
        Self::Schema,
        Self::Authenticate,
        Self::Ping,
        Self::Commit,
        Self::Changes,
    ];

    pub(super) fn find(action: &str) -> Result<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|system| system.name() == action)
            .ok_or_else(|| Error::new(ErrorKind::UnknownAction, "the server has no such action"))
    }

    pub(super) const fn traits(self) -> ActionTraits {
        match self {
            Self::Commit => ActionTraits {
                takes_key: true,
                cost: Cost::ByWrites,
                conflicts: ConflictScope::Everything,
                ..ActionTraits::PLAIN
            },
            Self::Authenticate => ActionTraits {
                cost: Cost::Many,
                conflicts: ConflictScope::Barrier,
                ..ActionTraits::PLAIN
            },
            Self::Changes => ActionTraits {
                cost: Cost::Many,
                is_list: true,
                ..ActionTraits::PLAIN
            },
            Self::Schema | Self::Ping => ActionTraits::PLAIN,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Authenticate => "authenticate",
            Self::Ping => "ping",
            Self::Commit => "commit",
            Self::Changes => "changes",
        }
    }

    pub(super) async fn run(
        self,
        session: &Session,
        context: &Context,
        payload: &Payload,
    ) -> RequestOutcome {
        match self {
            Self::Schema => schema(session, context, payload).into(),
            Self::Authenticate => authenticate(session, payload).await.into(),
            Self::Ping => ping(session, payload).await.into(),
            Self::Commit => commit::run(session, context, payload).await.into(),
            Self::Changes => changes(session, context, payload).await.into(),
        }
    }
}

fn schema(session: &Session, context: &Context, payload: &Payload) -> Reply {
    payload.object()?.finish()?;
    admit(session, context)?;
    let text = &session.app.description.text;
    reply::check_room(
        "the description",
        text.len(),
        session.config().request.max_reply,
    )?;
    Ok(Done::bare(Body::Json(text.clone().into_bytes())))
}

/// Returns the newest commit. The reply follows the events of all commits up to it.
async fn ping(session: &Session, payload: &Payload) -> Result<(Done, SubscriptionChange)> {
    payload.object()?.finish()?;
    let head = session.app.store.head().await?;
    if !session.subscriptions.is_empty() {
        session.app.broker.wait_until_published(head).await;
    }
    let at = session.app.broker.position(head).await;
    let done = Done::bare(position(session, head, at));
    Ok((done, SubscriptionChange::ReportPosition(head)))
}

/// Checks that the caller may read the API description.
fn admit(session: &Session, context: &Context) -> Result<()> {
    let app = &session.app;
    let is_public = app.config.access.public_schema;
    app.policies.admit_to(context.identity(), is_public)
}

/// The minimum number of steps for the comparison of a description, in addition to one for each
/// byte of the server's own description.
const MIN_STEPS: usize = 20_000;

/// How much longer a description from a client may be than the server's own.
const MAX_EXTRA: usize = 16 * 1024;

/// How many steps of a comparison cost as much as one record that a query visits.
const STEPS_PER_RECORD: u32 = 2;

/// Cancels a comparison when the request that waits for it ends.
struct ComparisonGuard(Arc<AtomicBool>);

impl Drop for ComparisonGuard {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Reports how the description differs from the one that the client was built with.
///
/// The comparison runs on a blocking thread, one at a time for each caller, with a limit on its
/// steps that is derived from the server's own description.
async fn changes(session: &Session, context: &Context, payload: &Payload) -> Reply {
    admit(session, context)?;
    let given = payload.object()?;
    let since = given.take("since");
    given.finish()?;
    let since = since
        .ok_or_else(|| wrong_since("required", "is required".to_owned()))?
        .to_owned();
    drop(given);
    let own = session.app.description.text.len();
    if since.len() > MAX_EXTRA + 2 * own {
        return Err(wrong_since("type", "is too large to compare".to_owned()));
    }
    let _guard = session.app.comparisons.lock(context.caller_id()).await;
    let cancelled = ComparisonGuard(Arc::default());
    let mut work = StepBudget::limited(MIN_STEPS + own, cancelled.0.clone());
    let (app, steps) = (session.app.clone(), work.left());
    let owner = scan::current_owner();
    let compare = move || {
        let compared = compare_with(&app, &since, &mut work);
        if let Some(owner) = owner {
            let records = (steps - work.left()) / STEPS_PER_RECORD;
            owner.charge(scan::visits::ScanWork {
                records: usize::try_from(records).unwrap_or(usize::MAX),
                bytes: 0,
            });
        }
        compared
    };
    let json = spawn_blocking(compare).await.map_err(Error::internal)??;
    reply::check_room("the result", json.len(), session.config().request.max_reply)?;
    Ok(Done::bare(Body::Json(json)))
}

/// The differences between `since` and the description of `app` as JSON.
fn compare_with(app: &App, since: &str, work: &mut StepBudget) -> Result<Vec<u8>> {
    let since = serde_json::from_str(since);
    let since = since.map_err(|error| wrong_since("type", error.to_string()))?;
    let compared = comparison::compare_within(&since, app.description.value(), work);
    let compared = compared.map_err(|why| wrong_since("type", why))?;
    Ok(compared.to_json().to_string().into_bytes())
}

fn wrong_since(rule: &'static str, why: String) -> Error {
    Error::invalid(vec![Fault::new("since", rule, why)])
}

/// Authenticates the client with the token, or signs it out if there is none.
async fn authenticate(session: &Session, payload: &Payload) -> Reply {
    if !session.has_authenticator() {
        let message = "the server has no authenticator configured";
        return Err(Error::new(ErrorKind::UnknownAction, message));
    }
    let given = payload.object()?;
    let token = given.take("token").filter(|&raw| raw != "null");
    given.finish()?;
    let token = token.map(|raw| {
        let fault = || Fault::new("token", "type", "is not a string");
        let token = json::string(raw).ok_or_else(|| Error::invalid(vec![fault()]))?;
        Ok::<_, Error>(Credentials::of_token(token.into(), session.peer.address()))
    });
    let expires = session.authenticate(token.transpose()?).await?;
    let result = serde_json::json!({"expires": expires});
    Ok(Done::bare(Body::Json(result.to_string().into_bytes())))
}

/// The result of `ping`: a commit and the epoch of the history that it belongs to.
pub(crate) fn position(session: &Session, seq: u64, at: Option<PositionProof>) -> Body {
    let epoch = session.app.store.epoch();
    let mut position = serde_json::json!({"seq": seq, "epoch": epoch});
    if let Some(at) = at {
        position["at"] = at.as_str().into();
    }
    Body::Json(position.to_string().into_bytes())
}
