//! Names on the wire, and how they are derived from Rust names.

use proc_macro2::Span;

/// A name on the wire, and the span it comes from.
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

/// Lowercases the leading capitals, except the one that begins the next word.
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

/// The core actions, including reserved names.
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

/// Whether a name is a core action.
pub(crate) fn is_core_action(name: &str) -> bool {
    CORE.contains(&name)
}

/// The events of every resource, including reserved names.
const EVENTS: &[&str] = &[
    "counted",
    "created",
    "destroyed",
    "ended",
    "error",
    "records",
    "reset",
    "updated",
];

/// Whether a name is an event of every resource.
pub(crate) fn is_reserved_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

/// Whether a name is that of a live list of children, such as `subscribeSongs`.
pub(crate) fn is_live_list_name(name: &str) -> bool {
    let of = name.strip_prefix("subscribe");
    of.is_some_and(|of| of.starts_with(char::is_uppercase))
}

/// Joins a verb and a name: `create` and `song` become `createSong`.
pub(crate) fn join_camel_case(verb: &str, name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    verb.chars().chain(first).chain(letters).collect()
}

/// Whether a name needs no escapes in frames, URLs and generated clients.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Whether the name of a property needs no escapes in JSON and is not a query operator.
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
