use serde::{Deserialize, Serialize};
use sockful::{Resource, Resources, remote, resources};
use std::option::Option as Maybe;

macro_rules! types {
    ($($name:ident)*) => {$(
        #[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
        pub struct $name {
            inner: u8,
        }
    )*};
}

types!(String Vec Box Cow Send Sync Ok Err Some None Codec ResourceDef Property Reader Writer PayloadWriter Remote Receiver Call ResourceEntry Duration);

pub struct Result;

mod of_option {
    use super::*;

    types!(Option);

    #[derive(Serialize, Deserialize, Resource)]
    pub struct Album {
        id: u64,
        option: Option,
    }

    #[remote]
    impl Album {
        pub fn option(&self, option: Option) -> Option {
            option
        }
    }
}

#[derive(Serialize, Deserialize, Resource)]
struct Creature {
    id: std::string::String,
    name: String,
    names: Maybe<Vec>,
    #[resource(default = String { inner: 1 })]
    cow: String,
    #[resource(default)]
    remote: Remote,
}

#[remote]
impl Creature {
    pub async fn call(&mut self, call: Call, reader: Maybe<Reader>) -> std::result::Result<String, sockful::Error> {
        let _ = (call, reader);
        core::result::Result::Ok(self.name.clone())
    }

    pub fn take(take: Receiver, attempt: Vec, record: ResourceEntry, result: u8) -> Vec {
        let _ = (take, record, result);
        attempt
    }

    #[remote(timeout = "5s")]
    pub fn nothing(&self) {}
}

mod of_functions {
    use super::*;
    use std::mem::take;

    fn attempt() -> i32 {
        take(&mut 7)
    }

    #[derive(Serialize, Deserialize, Resource)]
    pub struct Function {
        id: u64,
        #[resource(default = take(&mut 7))]
        taken: i32,
    }

    #[remote]
    impl Function {
        pub fn call(
            &self,
            #[resource(default = take(&mut 7))] one: i32,
            #[resource(default = attempt())] other: i32,
        ) -> i32 {
            one + other
        }
    }
}

const APP: Resources = resources![Creature, of_option::Album];

fn main() {
    let _ = (APP.find("creature", "call"), Result);
}
