//! Escapes names, strings and comments.

/// Names that mean something to JavaScript wherever they stand.
const POISONED: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// A property's name in a type.
pub(super) fn key(name: &str) -> String {
    if is_identifier(name) && !POISONED.contains(&name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// A property's name in a value, where one called `__proto__` is a property like any other.
pub(super) fn own_key(name: &str) -> String {
    if name == "__proto__" {
        format!("[{}]", string(name))
    } else {
        key(name)
    }
}

/// A string literal.
pub(super) fn string(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// A doc comment, indented, with a line break behind it; nothing where there is nothing to say.
pub(super) fn comment(text: &str, indent: &str) -> String {
    let text = text.trim().replace("*/", "*\\/");
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    match &*lines {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let lines = lines.iter().map(|line| match *line {
                "" => format!("{indent} *\n"),
                line => format!("{indent} * {line}\n"),
            });
            format!("{indent}/**\n{}{indent} */\n", lines.collect::<String>())
        }
    }
}

/// The name with the article that it is spoken with.
pub(super) fn one(name: &str) -> String {
    let article = match name.chars().next() {
        // `user` and `unit` are spoken with a consonant, and there are more of those.
        Some('a' | 'e' | 'i' | 'o') => "an",
        _ => "a",
    };
    format!("{article} `{name}`")
}

fn is_identifier(name: &str) -> bool {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '$';
    !name.starts_with(|it: char| it.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(is_part)
}
