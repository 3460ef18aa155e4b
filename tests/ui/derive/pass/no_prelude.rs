#![no_implicit_prelude]

use ::std::option::Option;
use ::std::result::Result;
use ::std::string::String;

#[derive(::serde::Serialize, ::serde::Deserialize, ::sockful::Resource)]
struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
    #[resource(default)]
    life: i32,
    mood: Option<String>,
}

#[::sockful::remote]
impl Creature {
    pub async fn feed(
        &mut self,
        #[resource(default)] amount: i32,
        context: &::sockful::Context,
    ) -> Result<i32, ::sockful::Error> {
        let _ = ::sockful::Context::peer(context);
        self.life += amount;
        Result::Ok(self.life)
    }

    pub fn look(&self) -> i32 {
        self.life
    }

    pub fn count_all() {}
}

const APP: ::sockful::Resources = ::sockful::resources![Creature];

fn main() {
    let _ = APP.find("creature", "feed");
}
