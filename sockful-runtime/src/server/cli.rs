//! The command line of a program that serves resources: commands that write and check its
//! descriptions.
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
//! | `restore COPY FILE` | replaces the file of a `SQLite` store by a copy; no server may have it open (feature `sqlite`) |
//! | `--help` | prints these commands |
//!
//! Without `FILE` the commands write to the standard output. The exit code is 2 if a command fails
//! or does not exist. Without a command the program continues and serves. Options other than
//! `--help`, and arguments that the program removes before it calls [`run`], are left to the
//! program.
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

use crate::core::json::byte_order_mark;
use crate::engine::table::Resources;
use crate::model::schema::comparison::{Verdict, compare};
use crate::query::nearest;
use crate::server::Server;
use crate::store::is_written;
use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Runs the command in `args`, which must not contain the name of the program. Returns its exit
/// code, or `None` if there are no arguments or the first is an option of the program itself.
///
/// An unknown command prints the usage and has the exit code 2, so that a mistyped command does not
/// start the server. No store is opened; call this before the program opens one.
pub fn run(
    server: &Server,
    args: impl IntoIterator<Item = impl Into<OsString>>,
) -> Option<ExitCode> {
    // An argument that is not Unicode cannot be a command.
    let args = args.into_iter().map(Into::into);
    let args = args.map(|arg| arg.to_string_lossy().into_owned());
    let args = args.collect::<Vec<_>>();
    let (command, rest) = args.split_first()?;
    if command.starts_with('-') && !HELP.contains(&&**command) {
        return None;
    }
    let result = run_command(server, (command, rest));
    Some(ExitCode::from(result.unwrap_or_else(|error| {
        // If this fails too, there is no output left to report it to.
        let _ = writeln!(std::io::stderr(), "{error}");
        2
    })))
}

fn run_command(server: &Server, (command, rest): (&String, &[String])) -> Result<u8, String> {
    let resources = server.resources();
    match (command.as_str(), rest) {
        ("types", [] | [_]) => or_text(resources.typescript()).and_then(|text| write(&text, rest)),
        ("schema", [] | [_]) => description(resources).and_then(|text| write(&text, rest)),
        ("asyncapi", [] | [_]) => or_text(resources.asyncapi()).and_then(|text| write(&text, rest)),
        ("openapi", [] | [_]) => or_text(server.openapi()).and_then(|text| write(&text, rest)),
        ("stored", [] | [_]) => or_text(resources.stored()).and_then(|text| write(&text, rest)),
        ("compatible", [file]) => compatible(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", [file]) => check(resources, file),
        #[cfg(feature = "sqlite")]
        ("check", _) => Err("`check` needs the file of a store".to_owned()),
        #[cfg(feature = "sqlite")]
        ("restore", [copy, file]) => restore(copy, file),
        #[cfg(feature = "sqlite")]
        ("restore", _) => {
            Err("`restore` needs a copy of a store and the file to replace".to_owned())
        }
        #[cfg(not(feature = "sqlite"))]
        ("check" | "restore", _) => {
            Err("`check` and `restore` need the feature `sqlite` of sockful, which is off".to_owned())
        }
        ("types" | "schema" | "asyncapi" | "openapi" | "stored", _) => {
            Err(format!("`{command}` accepts at most one file"))
        }
        ("compatible", _) => Err(
            "`compatible` needs the file of an older description, written by `schema FILE` or `stored FILE`"
                .to_owned(),
        ),
        (help, _) if HELP.contains(&help) => write(&usage(), &[]),
        (unknown, _) => {
            let names = COMMANDS.iter().map(|(name, ..)| *name);
            let hint = match nearest(unknown, names) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            Err(format!("unknown command `{unknown}`{hint}\n\n{}", usage().trim_end()))
        }
    }
}

/// The arguments that print the usage.
const HELP: [&str; 3] = ["--help", "-h", "help"];

/// The commands: name, arguments and description.
const COMMANDS: [(&str, &str, &str); 8] = [
    ("types", "[FILE]", "write the TypeScript module of the API"),
    ("schema", "[FILE]", "write the description of the API"),
    (
        "asyncapi",
        "[FILE]",
        "write the WebSocket API as an AsyncAPI document",
    ),
    (
        "openapi",
        "[FILE]",
        "write the HTTP API as an OpenAPI document",
    ),
    (
        "stored",
        "[FILE]",
        "write the description of the stored records",
    ),
    (
        "compatible",
        "FILE",
        "compare with an older file of `schema` or `stored`; exit code 1 on a breaking change",
    ),
    (
        "check",
        "FILE",
        "check the file of an SQLite store; exit code 1 on a problem",
    ),
    (
        "restore",
        "COPY FILE",
        "replace the file of an SQLite store by a copy",
    ),
];

fn usage() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_stem);
    let program = program.map_or("PROGRAM".into(), |name| name.to_string_lossy());
    let line = |command: &str, does: &str| format!("  {command:<18} {does}\n");
    let commands = COMMANDS.iter();
    let lines = commands.map(|(name, takes, does)| line(&format!("{name} {takes}"), does));
    let lines: Vec<_> = lines.chain([line("--help", "print this help")]).collect();
    format!(
        "usage: {program} [COMMAND]\n\nWithout COMMAND, the program serves. Without FILE, a command writes to standard output.\n\n{}",
        lines.concat()
    )
}

/// Prints the changes since the description in `file`, for clients or for stores.
fn compatible(resources: Resources, file: &str) -> Result<u8, String> {
    let old = read(file)?;
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

/// Reads a file as text. Some shells write a byte-order mark at the beginning, which JSON does not
/// allow.
fn read(file: &str) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("`{file}`: {error}"))?;
    if let Some(mark) = byte_order_mark(&bytes) {
        return Err(format!(
            "`{file}` starts with a byte-order mark ({mark}); save it as UTF-8 without one"
        ));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{file}` is not UTF-8"))
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
    let replaced = replaced.map(|file| {
        let file = file.display();
        format!("the replaced file was kept as `{file}`; remove it when it is no longer needed\n")
    });
    let text = format!(
        "restored `{file}` from `{copy}`; clients will receive all records again\n{}",
        replaced.unwrap_or_default()
    );
    write(&text, &[])
}

/// The description on many lines, so that a diff of two shows the changes.
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

#[cfg(test)]
mod tests {
    use super::COMMANDS;

    const REFERENCE: &str = include_str!("../../../docs/reference/command-line.md");

    #[test]
    fn reference_has_every_command_with_arguments() {
        for (name, arguments, _) in COMMANDS {
            let section = format!("## `{name}`\n\n```text\nPROGRAM {name} {arguments}\n```\n");
            assert!(REFERENCE.contains(&section), "{section}");
        }
    }
}
