#![deny(warnings)]
#![no_implicit_prelude]

use ::serde::{Deserialize, Serialize};
use ::sockful::{Filter, Resource, remote};
use ::std::option::Option;
use ::std::primitive::bool;
use ::std::string::String;

struct User {
    name: String,
}

type Perhaps<'a> = Option<&'a User>;

type Everything<R> = Filter<R>;

#[derive(Serialize, Deserialize, Resource)]
#[resource(public)]
struct Note {
    id: String,
    owner: String,
    #[resource(private)]
    reader: Option<String>,
}

#[remote]
impl Note {
    #[can(read)]
    fn seen_by(who: Perhaps<'_>) -> Filter<Self> {
        match who {
            Option::Some(who) => Self::FIELDS.owner.eq(&who.name) | Self::FIELDS.reader.eq(&who.name),
            Option::None => !Filter::all(),
        }
    }

    #[can(create, update)]
    #[can(publish)]
    fn owned_by(&self, who: &User) -> bool {
        self.owner == who.name
    }

    #[cfg(all())]
    #[can(purge, destroy)]
    fn admins(who: &User) -> bool {
        who.name == "root"
    }

    #[cfg(any())]
    #[can(purge, destroy)]
    fn admins() -> bool {
        false
    }

    #[can(touch)]
    fn always(&self) -> bool {
        self.owner != ""
    }

    #[can(look)]
    fn never() -> bool {
        false
    }

    pub fn publish(&mut self) {
        self.reader = Option::None;
    }

    pub fn touch(&self) {}

    pub fn look(&self) {}

    pub fn purge() {}
}

#[derive(Serialize, Deserialize, Resource)]
struct Page {
    id: String,
}

#[remote]
impl Page {
    #[can(read)]
    fn all() -> Everything<Self> {
        Filter::all()
    }

    #[can(update)]
    fn themselves(&self, who: &Self) -> bool {
        self.id == who.id
    }
}

const _: ::sockful::Resources = ::sockful::resources![Note, Page];

fn main() {}
