//! The dispatch table finds every declared route and no other.

use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, Result, remote, resources};

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: String,
    life: i32,
}

#[remote]
impl Creature {
    pub async fn feed_all(amount: Option<i32>, context: &Context) -> Result<i32> {
        let _ = context.peer();
        Ok(amount.unwrap_or(1))
    }

    #[remote(name = "shout")]
    pub fn roar(&self) -> i32 {
        self.whisper()
    }

    fn whisper(&self) -> i32 {
        self.life
    }
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(name = "__proto__")]
struct Prototype {
    id: u64,
}

#[remote]
impl Prototype {
    pub fn constructor() {}

    pub fn to_string() {}
}

const APP: Resources = resources![Creature, Prototype];

const CORE: [&str; 10] = [
    "create",
    "get",
    "find",
    "all",
    "count",
    "update",
    "save",
    "destroy",
    "subscribe",
    "unsubscribe",
];

#[test]
fn every_declared_route_is_found() {
    let own: [&[&str]; 2] = [&["feedAll", "shout"], &["constructor", "toString"]];
    for (at, (resource, own)) in ["creature", "__proto__"].into_iter().zip(own).enumerate() {
        assert_eq!(APP.position(resource), Some(at));
        for action in CORE.iter().chain(own) {
            let route = APP.find(resource, action).expect(action);
            assert_eq!((usize::from(route.resource), route.name), (at, *action));
        }
    }
    assert_eq!(APP.routes().len(), 2 * CORE.len() + 4);
}

#[test]
fn undeclared_routes_are_not_found() {
    let strange = [
        "",
        "whisper",
        "roar",
        "feed_all",
        "Creature",
        "FeedAll",
        "constructor",
        "toString",
        "__proto__",
        "prototype",
        "define",
        "use",
        "emit",
        "getFeedAll",
        "create\0",
        "\0",
        "creature\0create",
        "sockful",
    ];
    for action in strange {
        assert!(APP.find("creature", action).is_none(), "{action:?}");
        assert!(APP.find(action, "shout").is_none(), "{action:?}");
    }
    for resource in [
        "Prototype",
        "prototype",
        "Creature",
        "creatures",
        "",
        "toString",
        "constructor",
    ] {
        assert!(APP.find(resource, "create").is_none(), "{resource:?}");
    }
    assert!(APP.find("__proto__", "feedAll").is_none());
}

#[test]
fn private_method_is_callable_in_rust() {
    let creature = Creature {
        id: "bob".to_owned(),
        life: 3,
    };
    assert_eq!(creature.roar(), 3);
}
