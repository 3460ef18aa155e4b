use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sockful::{Context, Event, Resource, Result, remote};

#[derive(Serialize, JsonSchema)]
pub(crate) struct Roar {
    loudness: u8,
}

mod naps {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    pub(crate) struct Nap(pub(crate) Vec<u32>);
}

/// The type of an event may have generic parameters if all are specified.
#[derive(Serialize, JsonSchema)]
struct Changed<T> {
    from: T,
    to: T,
}

/// An event may borrow its payload.
#[derive(Serialize, JsonSchema)]
struct Whisper<'a>(&'a str);

/// An event without a payload.
#[derive(Serialize, JsonSchema)]
struct Yawned;

type Years = Changed<u8>;

#[derive(Serialize, Deserialize, Resource)]
#[resource(event(
    /// It was heard.
    ///
    /// With a second paragraph.
    roared = Roar,
    slept = self::naps::Nap,
    moved = Changed<String>,
    grew = Years,
    yawned = Yawned,
    whispered = Whisper<'_>,
    copied = Self,
    r#loop = Loop,
    été = Summer,
))]
struct Creature {
    #[resource(id)]
    key: u64,
    life: i32,
}

#[derive(Serialize, JsonSchema)]
enum Loop {
    Once,
    Often(u8),
}

#[derive(Serialize, JsonSchema)]
struct Summer;

#[remote]
impl Creature {
    pub fn roar(&self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.key, Roar { loudness: 9 })?;
        let text = self.life.to_string();
        ctx.emit(&self.key, Whisper(&text))?;
        ctx.emit(&self.key, Yawned)
    }

    pub async fn sleep(ctx: &Context, minutes: u32) -> Result<()> {
        let creatures = ctx.records::<Self>();
        creatures.emit(&7, naps::Nap(vec![minutes])).await?;
        creatures.emit(&7, Summer).await
    }

    #[before(update)]
    fn notice(&self, old: &Self, ctx: &Context) -> Result<()> {
        ctx.emit(&self.key, Years { from: 1, to: 2 })?;
        let (from, to) = ("a".to_owned(), "b".to_owned());
        ctx.emit(&self.key, Changed { from, to })?;
        ctx.emit(&old.key, if self.life > 0 { Loop::Once } else { Loop::Often(2) })?;
        ctx.emit(&self.key, Self { ..*old })
    }
}

fn position<E: Event<Of = Creature>>(_: E) -> usize {
    E::POSITION
}

fn main() {
    assert_eq!(position(Yawned), 4);
    let events = Creature::DEFINITION.events;
    let names: Vec<_> = events.iter().map(|event| event.name).collect();
    assert_eq!(
        names,
        ["roared", "slept", "moved", "grew", "yawned", "whispered", "copied", "loop", "été"]
    );
    assert_eq!(events[0].doc, "It was heard.\n\nWith a second paragraph.");
}
