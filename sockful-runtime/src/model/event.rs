//! The trait of event data types.

use crate::model::codec::Codec;
use crate::model::definition::EventDef;
use crate::model::resource::Resource;

/// The data of an event of a resource. `#[derive(Resource)]` implements it for the types in
/// `#[resource(event(roared = Roar))]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of a resource",
    label = "is not declared as an event",
    note = "write #[resource(event(happened = {Self}))] above the struct of the resource"
)]
pub trait Event: Sized {
    /// The resource whose records the event belongs to.
    type Of: Resource;
    /// The position among the events of that resource.
    const POSITION: usize;
    /// How the data is serialized and described.
    const DATA: Codec<Self>;
}

impl EventDef {
    /// Creates the definition of an event whose data is a value of `E`.
    #[must_use]
    pub const fn of<E: Event>(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            doc,
            schema: |generator| E::DATA.schema(generator),
        }
    }
}

/// An event of the resource `R`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of `{R}`",
    label = "is not declared as an event of `{R}`",
    note = "write #[resource(event(happened = {Self}))] above the struct `{R}`, or use the resource that declares the event"
)]
pub trait EventOf<R>: Event<Of = R> {}

#[diagnostic::do_not_recommend]
impl<R: Resource, E: Event<Of = R>> EventOf<R> for E {}
