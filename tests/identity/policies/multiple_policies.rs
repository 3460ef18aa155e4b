//! Several read policies, selected by `cfg`.

use crate::support::{TestServer, notes_app, notes_app::User};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sockful::{Filter, Resource, Server, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
#[resource(public)]
struct Memo {
    id: String,
    owner: String,
    #[resource(default)]
    draft: bool,
}

#[remote]
impl Memo {
    #[cfg(unix)]
    #[can(read)]
    fn finished(_user: Option<&User>) -> Filter<Self> {
        Self::FIELDS.draft.eq(false)
    }

    #[cfg(not(windows))]
    #[can(read)]
    fn owned(user: &User) -> Filter<Self> {
        Self::FIELDS.owner.eq(&user.name)
    }
}

#[tokio::test]
async fn all_enabled_read_policies_apply() {
    let server = Server::new(resources![Memo]).authenticate(notes_app::authenticate);
    let server = TestServer::serve(server).await;
    let mut bob = server.client_as("bob").await;
    for (id, owner, draft) in [
        ("a", "bob", false),
        ("b", "bob", true),
        ("c", "eve", false),
        ("d", "eve", true),
    ] {
        let memo = json!({"id": id, "owner": owner, "draft": draft});
        bob.reply("memo", "create", memo).await;
    }
    assert_eq!(super::ids(&bob.ok("memo", "find", json!({})).await), ["a"]);
    for id in ["b", "c", "d"] {
        let code = bob.code("memo", "get", json!({"id": id})).await;
        assert_eq!(code, "not_found", "{id}");
    }
    // A read policy that takes `&User` denies unauthenticated clients.
    let mut anonymous = server.client().await;
    let code = anonymous.code("memo", "find", json!({})).await;
    assert_eq!(code, "unauthenticated");
}
