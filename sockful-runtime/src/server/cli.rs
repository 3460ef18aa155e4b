//! Commands of a program that serves resources: they write its descriptions and check them.
//!
//! [`run`] runs the command that the arguments name:
//!
//! | command | what it does |
//! |---|---|
//! | `types [FILE]` | writes the TypeScript module of the API |
//! | `schema [FILE]` | writes the description of the API |
//! | `asyncapi [FILE]` | writes the description as an `AsyncAPI` document |
//! | `openapi [FILE]` | writes the HTTP API as an `OpenAPI` document |
//! | `stored [FILE]` | writes the description of the stored records |
//! | `compatible FILE` | compares with an older file of `schema` or `stored`; exit code 1 if a change breaks clients, or if a store may refuse it |
//! | `check FILE` | checks the file of a `SQLite` store, which a server may have open; exit code 1 if it has a problem (feature `sqlite`) |
//! | `restore COPY FILE` | puts a copy in the place of the file of a `SQLite` store, which no server may have open (feature `sqlite`) |
//!
//! Without `FILE` they write to the standard output. A command that fails has the exit code 2.
//!
//! ```no_run
//! # use sockful_runtime::{Result, Server, cli};
//! # use sockful_runtime::engine::table::Resources;
//! # use std::process::ExitCode;
//! # async fn serve(resources: Resources) -> Result<ExitCode> {
//! let server = Server::new(resources);
//! if let Some(code) = cli::run(&server, std::env::args_os().skip(1)) {
//!     return Ok(code);
//! }
//! server.listen("127.0.0.1:8000").await?;
//! # Ok(ExitCode::SUCCESS)
//! # }
//! ```
//!
//! With this `main`, `cargo run -- compatible api.json` is a check for continuous integration.

use crate::engine::table::Resources;
use crate::model::schema::comparison::{Verdict, compare};
use crate::server::Server;
use crate::store::is_written;
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command that `args` name, without the program's own name in front. Returns its exit code,
/// or `None` if the first argument is not a command.
///
/// No store is opened. Call it before the program opens one.
pub fn run(
    server: &Server,
    args: impl IntoIterator<Item = impl Into<OsString>>,
) -> Option<ExitCode> {
    // An argument that is not Unicode is not a command.
    let args = args.into_iter().map(Into::into);
    let args = args.map(|arg| arg.to_string_lossy().into_owned());
    let args = args.collect::<Vec<_>>();
    let result = run_command(server, args.split_first()?)?;
    Some(ExitCode::from(result.unwrap_or_else(|error| {
        // If this fails too, there is no output left to report it to.
        let _ = writeln!(std::io::stderr(), "{error}");
        2
    })))
}

fn run_command(
    server: &Server,
    (command, rest): (&String, &[String]),
) -> Option<Result<u8, String>> {
    let resources = server.resources();
    Some(match (command.as_str(), rest) {
        ("types", [] | [_]) => or_text(resources.typescript()).and_then(|text| write(&text, rest)),
        ("schema", [] | [_]) => description(resources).and_then(|text| write(&text, rest)),
        ("asyncapi", [] | [_]) => or_text(resources.asyncapi()).and_then(|text| write(&text, rest)),
        ("openapi", [] | [_]) => or_text(server.openapi()).and_then(|text| write(&text, rest)),
        ("stored", [] | [_]) => or_text(resources.stored()).and_then(|text| write(&text, rest)),
        ("compatible", [file]) => compatible(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", [file]) => check(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", _) => Err("`check` takes the file of a store".to_owned()),
        #[cfg(feature = "sqlite")]
        ("restore", [copy, file]) => restore(copy, file),
        #[cfg(feature = "sqlite")]
        ("restore", _) => {
            Err("`restore` takes a copy of a store, and the file that it replaces".to_owned())
        }
        ("types" | "schema" | "asyncapi" | "openapi" | "stored", _) => {
            Err(format!("`{command}` takes one file at most"))
        }
        ("compatible", _) => Err(
            "`compatible` takes the file of an older description, which `schema FILE` or `stored FILE` wrote"
                .to_owned(),
        ),
        _ => return None,
    })
}

/// Prints the changes since the description in `file`, for clients or for stores.
fn compatible(resources: Resources, file: &str) -> Result<u8, String> {
    let old = std::fs::read_to_string(file).map_err(|error| format!("`{file}`: {error}"))?;
    let old: Value = serde_json::from_str(&old).map_err(|error| format!("`{file}`: {error}"))?;
    let compared = if is_written(&old) {
        or_text(resources.compare_stored(&old))
    } else {
        let new =
            serde_json::from_str(&or_text(resources.schema())?).map_err(|it| it.to_string())?;
        compare(&old, &new)
    };
    let compared = compared.map_err(|why| format!("`{file}` {why}"))?;
    let changes = compared.changes.iter().map(ToString::to_string);
    let lines: Vec<_> = changes.chain([compared.verdict.to_string()]).collect();
    write(&(lines.join("\n") + "\n"), &[])?;
    Ok(u8::from(compared.verdict == Verdict::Breaking))
}

/// Prints the problems of the store in `file`.
#[cfg(feature = "sqlite")]
fn check(resources: Resources, file: &str) -> Result<u8, String> {
    let definition = resources.entries().iter().map(|it| it.shape.definition);
    let checked = crate::store::check(file.as_ref(), definition);
    let checked = checked.map_err(|error| format!("`{file}`: {error}"))?;
    write(&format!("{checked}\n"), &[])?;
    Ok(u8::from(!checked.problems.is_empty()))
}

/// Replaces the store in `file` by a copy.
#[cfg(feature = "sqlite")]
fn restore(copy: &str, file: &str) -> Result<u8, String> {
    let replaced = or_text(crate::store::restore(copy.as_ref(), file.as_ref()))?;
    let mut text =
        format!("`{file}` holds what `{copy}` held; clients receive all records again\n");
    if let Some(replaced) = replaced {
        let replaced = replaced.display();
        text += &format!("the replaced file is `{replaced}`; remove it when it is not needed\n");
    }
    write(&text, &[])
}

/// The description over many lines, so that a diff of two shows what changed.
fn description(resources: Resources) -> Result<String, String> {
    let text = or_text(resources.schema())?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let lines = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    Ok(lines + "\n")
}

fn or_text<T>(result: crate::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn write(text: &str, file: &[String]) -> Result<u8, String> {
    let Some(file) = file.first() else {
        let written = std::io::stdout().write_all(text.as_bytes());
        return written.map(|()| 0).map_err(|error| error.to_string());
    };
    let written = std::fs::write(file, text);
    written
        .map(|()| 0)
        .map_err(|error| format!("`{file}`: {error}"))
}
