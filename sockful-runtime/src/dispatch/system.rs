//! The server's own resource, `sockful`.

use super::commit;
use crate::app::Session;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::object::Object;
use crate::reply::{Body, Change, Done, Reply};

/// The actions of the server's own resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Schema,
    Ping,
    Commit,
}

impl System {
    const ALL: [Self; 3] = [Self::Schema, Self::Ping, Self::Commit];

    pub(super) fn find(action: &str) -> Result<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|system| system.name() == action)
            .ok_or_else(|| Error::new(ErrorKind::UnknownAction, "the server has no such action"))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Ping => "ping",
            Self::Commit => "commit",
        }
    }

    pub(super) async fn run(self, session: &Session, context: &Context, payload: &str) -> Reply {
        let nothing = || Object::parse(payload)?.finish();
        let json = match self {
            Self::Commit => return commit::run(session, context, payload).await,
            Self::Schema => {
                nothing()?;
                session.app.description.text.clone()
            }
            Self::Ping => {
                nothing()?;
                let head = session.app.shared.store.head().await?;
                if session.outlet.is_used() {
                    session.app.shared.hub.reached(head).await;
                }
                return Ok(Done {
                    live: Some(Box::new(Change::Position(head))),
                    ..Done::bare(position(session, head))
                });
            }
        };
        Ok(Done::bare(Body::Json(json.into_bytes())))
    }
}

/// What a `ping` is told: a commit, and of which history.
pub(crate) fn position(session: &Session, seq: u64) -> Body {
    let epoch = session.app.shared.store.epoch();
    let position = serde_json::json!({"seq": seq, "epoch": epoch});
    Body::Json(position.to_string().into_bytes())
}
