//! A crate with strict lints.
#![deny(
    warnings,
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    unused,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic
)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, Result, remote, resources};

/// A noise of a beast.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(missing_copy_implementations, reason = "it is heard once")]
pub struct Roar {
    /// The volume.
    pub loudness: u8,
}

/// A beast.
#[derive(Debug, Serialize, Deserialize, Resource)]
#[resource(page(10, 20), event(roared = Roar))]
pub struct Creature {
    id: String,
    /// How strong it is.
    #[resource(default = 10)]
    pub life: i32,
    #[resource(default)]
    lazy: Option<bool>,
    #[resource(default)]
    tame: bool,
    #[resource(default)]
    old: bool,
    #[resource(default)]
    wild: bool,
    #[resource(private, default = "none")]
    #[deprecated]
    secret: String,
    #[resource(read_only)]
    seen: Option<u64>,
    #[resource(default = 0.5, range(0.0..MOST), when = Self::is_tame)]
    weight: f64,
    #[resource(default = "a", pattern = "^[a-z]", conform = is_short, sanitize(trim, self::same))]
    kind: String,
}

const MOST: f64 = 2.5;

const fn is_short(kind: &str) -> bool {
    kind.len() < 9
}

const fn same(text: String) -> String {
    text
}

impl Creature {
    const fn is_tame(&self) -> bool {
        self.tame
    }
}

#[remote]
impl Creature {
    /// Feeds it.
    ///
    /// # Errors
    ///
    /// Fails if it is full.
    pub async fn feed(
        &mut self,
        #[resource(default = 1)] amount: i32,
        _: &Context,
    ) -> Result<String> {
        std::future::ready(()).await;
        self.life += amount;
        Ok(self.life.to_string())
    }

    /// Publishes a noise.
    ///
    /// # Errors
    ///
    /// Fails if the beast is gone.
    pub fn roar(&self, context: &Context) -> Result<()> {
        context.emit(&self.id, Roar { loudness: 9 })
    }

    /// Returns its life.
    pub fn look(&self) -> i32 {
        self.life
    }

    /// Says hello.
    pub fn greet(name: String) {
        Self::welcome(&name);
    }

    #[deprecated]
    /// Does nothing.
    pub fn old_ways(&self) {}

    fn welcome(name: &str) {
        println!("hello, {name}");
    }
}

/// A resource with renamed fields.
#[allow(non_snake_case, reason = "what it talks to calls it so")]
#[derive(Debug, Serialize, Deserialize, Resource)]
pub struct Person {
    id: String,
    /// The name of [`Self`].
    pub firstName: String,
}

mod inner {
    use serde::{Deserialize, Serialize};
    use sockful::{Resource, remote};

    #[derive(Serialize, Deserialize, Resource)]
    pub(crate) struct Album {
        id: u64,
        title: String,
    }

    #[remote]
    impl Album {
        pub fn title(&self) -> &str {
            &self.title
        }
    }
}

/// The resources of the server.
pub const APP: Resources = resources![Creature, Person, inner::Album];

fn main() {
    assert_eq!(APP.entries().len(), 3);
}
