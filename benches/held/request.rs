//! The requests of a well-behaved connection, and the checks of their replies.

use super::{ROOM, room};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A request that waits for its reply.
#[derive(Clone, Copy)]
pub(crate) enum Request {
    /// The record of a player.
    Get(usize),
    /// All players of a room.
    Find(usize),
    /// The number of players in a room.
    Count(usize),
    /// A move of the requesting player, to this number.
    Move(usize, u32),
}

#[derive(Deserialize)]
struct Reply {
    id: String,
    room: String,
    moves: u32,
}

impl Request {
    /// The next random request of a player with this number of moves: of 20, ten get a record, four find a
    /// room, two count and four move.
    pub(crate) fn by_chance(chance: u64, player: usize, moves: u32, players: usize) -> Self {
        let other = usize::try_from(chance >> 8).unwrap_or(0) % players;
        match chance % 20 {
            0..10 => Self::Get(other),
            10..14 => Self::Find(other),
            14..16 => Self::Count(other),
            _ => Self::Move(player, moves + 1),
        }
    }

    pub(crate) fn write(self, ack: u64) -> String {
        match self {
            Self::Get(nth) => format!(r#"["player","get",{{"id":"p{nth}"}},{ack}]"#),
            Self::Find(nth) => {
                let room = room(nth);
                format!(r#"["player","find",{{"room":"{room}","$sort":{{"moves":-1}}}},{ack}]"#)
            }
            Self::Count(nth) => {
                let room = room(nth);
                format!(r#"["player","count",{{"room":"{room}"}},{ack}]"#)
            }
            Self::Move(nth, moves) => {
                format!(r#"["player","update",{{"id":"p{nth}","moves":{moves}}},{ack}]"#)
            }
        }
    }

    /// Returns whether this value of `ok` is a correct reply.
    pub(crate) fn is_answered_by(self, ok: &RawValue, players: usize) -> bool {
        let one = || serde_json::from_str::<Reply>(ok.get()).ok();
        let in_room = |nth: usize| {
            let first = nth / ROOM * ROOM;
            (first + ROOM).min(players) - first
        };
        match self {
            Self::Get(nth) => {
                one().is_some_and(|reply| reply.id == format!("p{nth}") && reply.room == room(nth))
            }
            Self::Find(nth) => {
                let players = serde_json::from_str::<Vec<Reply>>(ok.get()).unwrap_or_default();
                players.len() == in_room(nth)
                    && players.iter().all(|reply| reply.room == room(nth))
                    && players.is_sorted_by_key(|reply| std::cmp::Reverse(reply.moves))
            }
            Self::Count(nth) => ok.get() == in_room(nth).to_string(),
            Self::Move(nth, moves) => {
                one().is_some_and(|reply| reply.id == format!("p{nth}") && reply.moves == moves)
            }
        }
    }
}
