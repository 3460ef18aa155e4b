//! That `docs/attributes.md` tells of every word what is true.

use crate::attributes::ATTRIBUTES;
use proc_macro2::TokenStream;
use syn::{Item, Macro};

const DOCS: &str = include_str!("../../../../docs/attributes.md");

/// A row of the table: the word, where it stands, a use that compiles, one that does not, and why.
fn rows() -> Vec<[&'static str; 5]> {
    let lines = DOCS.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &'static str| {
        let mut cells = line.trim_matches('|').splitn(5, " | ").map(str::trim);
        let mut next = || cells.next().expect("five cells");
        let code = |cell: &'static str| cell.trim_matches('`');
        let [word, place, right, wrong] = [(); 4].map(|()| code(next()));
        [word, place, right, wrong, next()]
    };
    lines.map(cells).collect()
}

/// What the macros say of a use at a place: the messages of its mistakes.
pub(super) fn mistakes(place: &str, used: &str) -> Vec<String> {
    let place = place.rsplit(' ').next().unwrap_or(place);
    let item = match place {
        "struct" => format!("{used} struct Creature {{ id: String }}"),
        "id" => format!("struct Creature {{ {used} }}"),
        "field" if used.contains("(id") || used.contains(", id)") => {
            format!("struct Creature {{ {used} }}")
        }
        "field" => format!("struct Creature {{ id: String, {used} }}"),
        "block" => format!("{used} impl Creature {{ pub fn feed(&mut self) {{}} }}"),
        "method" => format!("impl Creature {{ {used} pub fn feed(&mut self) {{}} }}"),
        "parameter" => format!("impl Creature {{ pub fn feed(&mut self, {used}) {{}} }}"),
        _ => panic!("nothing is known of a {place}"),
    };
    let item: TokenStream = item.parse().expect("tokens");
    let expansion = match place {
        "block" | "method" | "parameter" => crate::macros::attribute(TokenStream::new(), &item),
        _ => crate::macros::derive(item),
    };
    let file: syn::File = syn::parse2(expansion).expect("an expansion parses");
    let errors = file.items.iter().filter_map(|item| match item {
        Item::Macro(item) => message(&item.mac),
        _ => None,
    });
    errors.collect()
}

fn message(error: &Macro) -> Option<String> {
    let is_error = error.path.segments.last()?.ident == "compile_error";
    let text: syn::LitStr = error.parse_body().ok()?;
    is_error.then(|| text.value())
}

#[test]
fn docs_table_lists_attributes_in_order() {
    let mut told: Vec<&str> = rows().iter().map(|row| row[0]).collect();
    // A word with two meanings has a row for each.
    told.dedup();
    let words: Vec<&str> = ATTRIBUTES.iter().map(|word| word.name).collect();
    assert_eq!(told, words);
    let readme = include_str!("../../../../README.md");
    let attributes = readme
        .split("\n## ")
        .find(|section| section.starts_with("Attributes"));
    let attributes = attributes.expect("a section on attributes");
    for word in words {
        assert!(attributes.contains(&format!("`{word}")), "{word}");
    }
}

#[test]
fn docs_examples_compile_or_report_message() {
    for [word, place, right, wrong, because] in rows() {
        let known = ATTRIBUTES
            .iter()
            .find(|known| known.name == word)
            .expect("a word");
        let places = known.targets.iter();
        let place_is_right = places
            .map(|place| place.description())
            .any(|told| told.contains(place));
        assert!(place_is_right, "`{word}` is not for a {place}");
        // Without the feature `nested` says which one it needs.
        if word != "nested" {
            assert_eq!(mistakes(place, right), Vec::<String>::new(), "{right}");
        }
        assert_eq!(mistakes(place, wrong), [because], "{wrong}");
    }
}
