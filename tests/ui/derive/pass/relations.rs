//! All kinds of relations.
#![deny(warnings)]

use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, resources};
use uuid::Uuid;

#[derive(Serialize, Deserialize, Resource)]
struct Category {
    id: u32,
    #[resource(parent = Self, on_destroy = "detach", name = "branch", plural = "branches")]
    parent_id: Option<u32>,
    #[resource(parent = Category, on_destroy = "restrict", name = "leaf")]
    root_id: Option<u32>,
}

mod shop {
    use super::{Deserialize, Resource, Serialize, Uuid};

    #[derive(Serialize, Deserialize, Resource)]
    pub struct Product {
        id: Uuid,
        #[resource(parent = super::Category, immutable)]
        category_id: u32,
    }
}

type Key = Uuid;

#[derive(Serialize, Deserialize, Resource)]
#[serde(rename_all = "camelCase")]
struct Review {
    id: String,
    #[resource(parent = shop::Product)]
    product_id: Key,
    #[serde(rename = "writer")]
    #[resource(parent = Person, default = "nowhere", length(1..))]
    author_id: String,
    #[resource(parent = Person, name = "answer")]
    r#type_id: Option<String>,
}

#[derive(Serialize, Deserialize, Resource)]
#[resource(plural = "people")]
struct Person {
    id: String,
}

/// Many to many.
#[derive(Serialize, Deserialize, Resource)]
struct Membership {
    id: String,
    #[resource(parent = Person)]
    person_id: String,
    #[resource(parent = Category)]
    category_id: u32,
}

/// One to one.
#[derive(Serialize, Deserialize, Resource)]
struct Profile {
    id: String,
    #[resource(parent = Person, unique)]
    person_id: String,
}

const APP: Resources = resources![
    Review,
    Person,
    Category,
    shop::Product,
    Membership,
    Profile,
];

fn main() {
    assert!(APP.find("category", "branches").is_some());
    assert!(APP.find("category", "leafs").is_some());
}
