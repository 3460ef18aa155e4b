use serde::{Deserialize, Serialize};
use sockful::{Context, Resource, Resources, remote, resources};

macro_rules! creature {
    ($name:ident, $field:ident: $ty:ty = $default:expr, $method:ident($argument:ident)) => {
        #[derive(Serialize, Deserialize, Resource)]
        struct $name {
            id: String,
            #[resource(default = $default)]
            $field: $ty,
        }

        #[remote]
        impl $name {
            pub fn $method(&mut self, #[resource(default = $default)] $argument: $ty, context: &Context) -> $ty {
                let _ = context.peer();
                std::mem::replace(&mut self.$field, $argument)
            }
        }
    };
}

creature!(Dragon, life: i32 = 10, feed(amount));
creature!(Bird, song: String = "tweet", sing(song));
creature!(Cat, reader: Vec<u8> = vec![7, 9], call(value0));

macro_rules! eventful {
    ($name:ident, $($event:ident = $payload:ident ($ty:ty)),*) => {
        $(
            #[derive(Serialize, schemars::JsonSchema)]
            struct $payload($ty);
        )*

        #[derive(Serialize, Deserialize, Resource)]
        #[resource(event($($event = $payload),*))]
        struct $name {
            id: String,
        }

        eventful!(@ $name $($payload)*);
    };
    (@ $name:ident $($ty:ty)*) => {
        $(const _: usize = <$ty as sockful::Event>::POSITION;)*
    };
    (the $name:ident $event:ident $payload:ty) => {
        #[derive(Serialize, Deserialize, Resource)]
        #[resource(event($event = $payload))]
        struct $name {
            id: String,
        }
    };
}

#[derive(Serialize, schemars::JsonSchema)]
struct Hoot;

eventful!(Wolf, howled = Howl(u8), value0 = Value(String));
eventful!(the Moth hooted Hoot);

macro_rules! remotes {
    ($this:ty, $context:ty) => {
        #[remote]
        impl $this {
            pub fn look(&self, _: $context, context: $context) -> bool {
                context.peer().is_some()
            }
        }
    };
}

#[derive(Serialize, Deserialize, Resource)]
struct Owl {
    id: String,
}

remotes!(Owl, &Context);

macro_rules! app {
    ($($resource:path),*) => {
        const APP: Resources = resources![$($resource),*];
    };
}

app!(Dragon, self::Cat);

fn main() {
    assert!(APP.find("dragon", "feed").is_some() && APP.find("cat", "call").is_some());
}
