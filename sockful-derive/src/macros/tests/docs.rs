//! Tests that the examples in `docs/reference/attributes.md` compile or report the message next to them.

use crate::attributes::ATTRIBUTES;
use proc_macro2::TokenStream;
use syn::{Item, Macro};

const DOCS: &str = include_str!("../../../../docs/reference/attributes.md");
const TABLE: &str = "\n## Examples and compiler messages\n";

/// A row of the table: name, target, valid example, invalid example, message.
fn rows() -> Vec<[&'static str; 5]> {
    let (_, table) = DOCS.split_once(TABLE).expect("the section of the table");
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &'static str| {
        let mut cells = line.trim_matches('|').splitn(5, " | ").map(str::trim);
        let mut next = || cells.next().expect("five cells");
        let code = |cell: &'static str| cell.trim_matches('`');
        let [name, target, right, wrong] = [(); 4].map(|()| code(next()));
        [name, target, right, wrong, next()]
    };
    lines.map(cells).collect()
}

/// The errors that the macros report for an example.
pub(super) fn errors(target: &str, used: &str) -> Vec<String> {
    let target = target.rsplit(' ').next().unwrap_or(target);
    let item = match target {
        "struct" => format!("{used} struct Creature {{ id: String }}"),
        "id" => format!("struct Creature {{ {used} }}"),
        "field" if used.contains("(id") || used.contains(", id)") => {
            format!("struct Creature {{ {used} }}")
        }
        "field" => format!("struct Creature {{ id: String, {used} }}"),
        "block" => format!("{used} impl Creature {{ pub fn feed(&mut self) {{}} }}"),
        "method" => format!("impl Creature {{ {used} pub fn feed(&mut self) {{}} }}"),
        "parameter" => format!("impl Creature {{ pub fn feed(&mut self, {used}) {{}} }}"),
        _ => panic!("nothing is known of a {target}"),
    };
    let item: TokenStream = item.parse().expect("tokens");
    let expansion = match target {
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
    let mut names_in_docs: Vec<&str> = rows().iter().map(|row| row[0]).collect();
    // An attribute with two meanings has two rows.
    names_in_docs.dedup();
    let names: Vec<&str> = ATTRIBUTES.iter().map(|name| name.name).collect();
    assert_eq!(names_in_docs, names);
    let (meanings, _) = DOCS.split_once(TABLE).expect("the section of the table");
    for name in &names {
        let is_explained = meanings.lines().any(|line| {
            let words = line.split('`').skip(1).step_by(2);
            let mut words = words.map(|word| word.trim_start_matches("#[remote("));
            line.starts_with("| `") && words.any(|word| word.starts_with(name))
        });
        assert!(is_explained, "`{name}` is not explained");
    }
    let guide = include_str!("../../../../docs/guide/resources.md");
    let attributes = guide
        .split("\n## ")
        .find(|section| section.starts_with("Attributes"));
    let attributes = attributes.expect("a section on attributes");
    for name in names {
        assert!(attributes.contains(&format!("`{name}")), "{name}");
    }
}

#[test]
fn docs_examples_compile_or_report_message() {
    for [name, target, right, wrong, message] in rows() {
        let attribute = ATTRIBUTES
            .iter()
            .find(|attribute| attribute.name == name)
            .expect("an attribute");
        let places = attribute.targets.iter();
        let place_is_right = places
            .map(|target| target.description())
            .any(|names_in_docs| names_in_docs.contains(target));
        assert!(place_is_right, "`{name}` is not for a {target}");
        // Without its feature, `nested` reports which one it needs.
        if name != "nested" {
            assert_eq!(errors(target, right), Vec::<String>::new(), "{right}");
        }
        assert_eq!(errors(target, wrong), [message], "{wrong}");
    }
}
