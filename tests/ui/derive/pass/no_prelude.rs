#![no_implicit_prelude]

use ::std::option::Option;
use ::std::result::Result;
use ::std::string::String;

#[derive(::serde::Serialize, ::serde::Deserialize, ::sockful::Resource)]
#[resource(event(copied = Self))]
struct Creature {
    id: String,
    #[resource(default = "dragon")]
    kind: String,
    #[resource(default)]
    life: i32,
    #[resource(length(1..=MOST), pattern = "^[a-z]", conform = is_short, sanitize(trim, self::same))]
    mood: Option<String>,
    #[resource(default, range(..MOST, message = "is much"), when = Self::is_wild)]
    age: u64,
}

const MOST: u64 = 9;

fn is_short(_: &Option<String>) -> Result<(), ::std::fmt::Error> {
    Result::Ok(())
}

fn same(text: Option<String>) -> Option<String> {
    text
}

impl Creature {
    fn is_wild(&self) -> bool {
        true
    }
}

#[::sockful::remote]
impl Creature {
    pub async fn feed(
        &mut self,
        #[resource(default)] amount: i32,
        context: &::sockful::Context,
    ) -> Result<i32, ::sockful::Error> {
        let _ = ::sockful::Context::peer(context);
        context.emit(&self.id, self.twin())?;
        self.life += amount;
        Result::Ok(self.life)
    }

    fn twin(&self) -> Self {
        Self {
            id: String::new(),
            kind: String::new(),
            mood: Option::None,
            ..*self
        }
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
