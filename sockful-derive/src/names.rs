//! Names on the wire, and how they follow from names in Rust.

use proc_macro2::Span;

/// A name on the wire, and where it was written or derived from.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// `BlogPost`, `blog_post` and `BLOGPost` become `blogPost`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut camel = lowercase_start(words.next().unwrap_or_default());
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

/// Makes the capitals that a name starts with small, but for the one that begins its next word.
fn lowercase_start(word: &str) -> String {
    let capitals = word
        .chars()
        .take_while(|letter| letter.is_uppercase())
        .count();
    let all = word
        .chars()
        .nth(capitals)
        .is_none_or(|next| !next.is_lowercase());
    let small = if all {
        capitals
    } else {
        capitals.saturating_sub(1).max(1)
    };
    let lowered = word.chars().take(small).flat_map(char::to_lowercase);
    lowered.chain(word.chars().skip(small)).collect()
}

/// The actions that every resource has, now or later.
const CORE: &[&str] = &[
    "all",
    "count",
    "create",
    "destroy",
    "find",
    "get",
    "save",
    "subscribe",
    "unsubscribe",
    "update",
];

/// Whether a name is one of the actions that every resource has.
pub(crate) fn is_core_action(name: &str) -> bool {
    CORE.contains(&name)
}

/// The events that every resource has, now or later, and what is told where something is wrong.
const EVENTS: &[&str] = &[
    "created",
    "destroyed",
    "ended",
    "error",
    "records",
    "reset",
    "updated",
];

/// Whether a name is one of the events that every resource has.
pub(crate) fn is_reserved_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

/// Whether a name is such as the live lists of children have: `subscribeSongs`.
pub(crate) fn is_live_list_name(name: &str) -> bool {
    let of = name.strip_prefix("subscribe");
    of.is_some_and(|of| of.starts_with(char::is_uppercase))
}

/// `createSong`, of `create` and `song`.
pub(crate) fn join_camel_case(verb: &str, name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    verb.chars().chain(first).chain(letters).collect()
}

/// Whether a name needs no escapes wherever it is written: in frames, in URLs, in generated clients.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Whether a property's name needs no escapes in JSON and is no operator of a query.
pub(crate) fn is_property_name(name: &str) -> bool {
    let escaped = |letter: char| matches!(letter, '"' | '\\') || letter.is_control();
    !name.is_empty() && !name.starts_with('$') && !name.contains(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_follows_rust_names() {
        let names = [
            ("Creature", "creature"),
            ("BlogPost", "blogPost"),
            ("blog_post", "blogPost"),
            ("URLMap", "urlMap"),
            ("URL", "url"),
            ("A", "a"),
            ("Ab", "ab"),
            ("feed_all", "feedAll"),
            ("_feed__all_2", "feedAll2"),
            ("Été", "été"),
        ];
        for (rust, wire) in names {
            assert_eq!(camel_case(rust), wire);
        }
    }

    #[test]
    fn live_list_name_is_recognized() {
        assert!(is_live_list_name(&join_camel_case("subscribe", "songs")));
        assert!(
            !["subscribe", "subscribers", "songs"]
                .into_iter()
                .any(is_live_list_name)
        );
    }

    #[test]
    fn property_name_rejects_escapes() {
        assert!(
            ["id", "__proto__", "größe", "a$b", "kebab-case"]
                .into_iter()
                .all(is_property_name)
        );
        assert!(
            !["", "$sort", "a\"b", "a\\b", "a\nb", "\u{7f}"]
                .into_iter()
                .any(is_property_name)
        );
    }
}
