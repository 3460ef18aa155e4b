//! Chooses a unique name for each type of a module.

use crate::model::resource_model::Model;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names that the module itself uses, and names that TypeScript predefines.
const TAKEN: [&str; 40] = [
    "Api",
    "Omit",
    "Promise",
    "any",
    "api",
    "as",
    "async",
    "await",
    "bigint",
    "boolean",
    "class",
    "const",
    "declare",
    "default",
    "delete",
    "enum",
    "export",
    "false",
    "function",
    "import",
    "in",
    "interface",
    "let",
    "never",
    "new",
    "null",
    "number",
    "object",
    "of",
    "static",
    "string",
    "sockful",
    "symbol",
    "this",
    "true",
    "type",
    "undefined",
    "unknown",
    "var",
    "void",
];

/// The names of the types of a module.
#[derive(Debug)]
pub(super) struct Names {
    resources: BTreeMap<String, String>,
    definitions: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn new(models: &[Model], description: &Value) -> Self {
        let mut taken: BTreeSet<String> = TAKEN.iter().map(|&name| name.to_owned()).collect();
        let mut resources = BTreeMap::new();
        for model in models {
            let name = free(model.definition.title, &taken, family);
            taken.extend(family(&name));
            resources.insert(model.definition.name.to_owned(), name);
        }
        let mut definitions = BTreeMap::new();
        for name in description["$defs"]
            .as_object()
            .into_iter()
            .flat_map(|it| it.keys())
        {
            let own = free(name, &taken, |name| vec![name.to_owned()]);
            taken.insert(own.clone());
            definitions.insert(name.clone(), own);
        }
        Self {
            resources,
            definitions,
        }
    }

    /// The type of a resource's records.
    pub(super) fn record(&self, resource: &str) -> &str {
        self.resources.get(resource).map_or("unknown", |name| name)
    }

    /// The name of the type that is generated for a schema in `$defs`.
    pub(super) fn definition(&self, name: &str) -> &str {
        self.definitions.get(name).map_or("unknown", |name| name)
    }

    /// The type that a reference leads to.
    pub(super) fn target(&self, reference: &str) -> String {
        let path: Vec<_> = reference.split('/').collect();
        match &*path {
            ["#", "$defs", name] => {
                let name = name.replace("~1", "/").replace("~0", "~");
                self.definition(&name).to_owned()
            }
            ["#", "resources", of, "record"] => self.record(of).to_owned(),
            [
                "#",
                "resources",
                of,
                "actions",
                "create" | "save",
                "payload",
            ] => {
                format!("New{}", self.record(of))
            }
            _ => "unknown".to_owned(),
        }
    }
}

/// All types that a resource has.
fn family(name: &str) -> Vec<String> {
    vec![
        name.to_owned(),
        format!("New{name}"),
        format!("{name}Patch"),
        format!("{name}Events"),
        format!("{name}Relations"),
    ]
}

/// `name`, with a number behind it where something else is called so.
fn free(name: &str, taken: &BTreeSet<String>, all: impl Fn(&str) -> Vec<String>) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    let mut own: String = name.chars().map(plain).collect();
    if own.is_empty() || own.starts_with(|it: char| it.is_ascii_digit()) {
        own.insert(0, '_');
    }
    let numbered = (2..).map(|number| format!("{own}{number}"));
    let is_free = |name: &String| all(name).iter().all(|one| !taken.contains(one));
    let mut candidates = std::iter::once(own.clone()).chain(numbered);
    candidates.find(is_free).unwrap_or(own)
}
