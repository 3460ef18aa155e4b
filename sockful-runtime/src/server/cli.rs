//! What a program does in place of serving, asked by its arguments.

use crate::engine::table::Resources;
use crate::model::schema::comparison::{Verdict, compare};
use crate::server::Server;
use crate::store::is_written;
use serde_json::Value;
use std::io::Write;

/// Does what `arguments` ask, and says how the program ends; `None` where they ask nothing of ours.
pub(crate) fn run(server: &Server, arguments: &[String]) -> Option<i32> {
    let resources = server.resources();
    let (word, rest) = arguments.split_first()?;
    let done = match (word.as_str(), rest) {
        ("types", [] | [_]) => told(resources.typescript()).and_then(|text| write(&text, rest)),
        ("schema", [] | [_]) => description(resources).and_then(|text| write(&text, rest)),
        ("asyncapi", [] | [_]) => told(resources.asyncapi()).and_then(|text| write(&text, rest)),
        ("openapi", [] | [_]) => told(server.openapi()).and_then(|text| write(&text, rest)),
        ("stored", [] | [_]) => told(resources.stored()).and_then(|text| write(&text, rest)),
        ("compatible", [file]) => compatible(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", [file]) => check(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", _) => Err("`check` takes the file of a store".to_owned()),
        ("types" | "schema" | "asyncapi" | "openapi" | "stored", _) => {
            Err(format!("`{word}` takes one file at most"))
        }
        ("compatible", _) => Err(
            "`compatible` takes the file of an older description, which `schema FILE` or `stored FILE` wrote"
                .to_owned(),
        ),
        _ => return None,
    };
    Some(done.unwrap_or_else(|why| {
        // Nobody is left to be told where even this fails.
        let _ = writeln!(std::io::stderr(), "{why}");
        2
    }))
}

/// Prints what has changed since the description in `file`: to clients, or to stores.
fn compatible(resources: Resources, file: &str) -> Result<i32, String> {
    let old = std::fs::read_to_string(file).map_err(|error| format!("`{file}`: {error}"))?;
    let old: Value = serde_json::from_str(&old).map_err(|error| format!("`{file}`: {error}"))?;
    let compared = if is_written(&old) {
        told(resources.compare_stored(&old))
    } else {
        let new = serde_json::from_str(&told(resources.schema())?).map_err(|it| it.to_string())?;
        compare(&old, &new)
    };
    let compared = compared.map_err(|why| format!("`{file}` {why}"))?;
    let changes = compared.changes.iter().map(ToString::to_string);
    let lines: Vec<_> = changes.chain([compared.verdict.to_string()]).collect();
    write(&(lines.join("\n") + "\n"), &[])?;
    Ok(i32::from(compared.verdict == Verdict::Breaking))
}

/// Prints what is wrong with the store in `file`.
#[cfg(feature = "sqlite")]
fn check(resources: Resources, file: &str) -> Result<i32, String> {
    let definition = resources.entries().iter().map(|it| it.shape.definition);
    let checked = crate::store::check(file.as_ref(), definition);
    let checked = checked.map_err(|error| format!("`{file}`: {error}"))?;
    write(&format!("{checked}\n"), &[])?;
    Ok(i32::from(!checked.problems.is_empty()))
}

/// The description in lines, so that what differs between two is seen.
fn description(resources: Resources) -> Result<String, String> {
    let text = told(resources.schema())?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let lines = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    Ok(lines + "\n")
}

fn told<T>(made: crate::Result<T>) -> Result<T, String> {
    made.map_err(|error| error.to_string())
}

fn write(text: &str, file: &[String]) -> Result<i32, String> {
    let Some(file) = file.first() else {
        let written = std::io::stdout().write_all(text.as_bytes());
        return written.map(|()| 0).map_err(|error| error.to_string());
    };
    let written = std::fs::write(file, text);
    written
        .map(|()| 0)
        .map_err(|error| format!("`{file}`: {error}"))
}
