//! The server's own resource, `sockful`.

use super::actions::no_more;
use crate::app::Session;
use crate::object::Object;
use crate::reply::{Body, Done, Reply};

/// The actions of the server's own resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Schema,
    Ping,
}

impl System {
    const ALL: [Self; 2] = [Self::Schema, Self::Ping];

    pub(super) fn find(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.name() == action)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Ping => "ping",
        }
    }

    pub(super) async fn run(self, session: &Session, payload: &str) -> Reply {
        no_more(&Object::parse(payload)?)?;
        let json = match self {
            Self::Schema => session.app.description.text.clone(),
            Self::Ping => {
                let store = &session.app.shared.store;
                serde_json::json!({"seq": store.head().await?, "epoch": store.epoch()}).to_string()
            }
        };
        Ok(Done {
            body: Body::Json(json.into_bytes()),
            seq: None,
            rev: None,
            next: None,
        })
    }
}
