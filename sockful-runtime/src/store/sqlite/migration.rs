//! Migrates the stored records from older definitions of their resources.

mod findings;
mod history;
mod records;
mod sql_migration;

pub(super) use sql_migration::SqlMigration;

use super::failure::failure;
use crate::core::error::{Error, ErrorKind, Result};
use crate::store::sqlite::tables::table::SqliteTable;
use crate::store::{Form, Layout};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::HashMap;
use std::path::Path;

/// The steps of a migration, and the obstacles.
#[derive(Debug, Default)]
struct Plan {
    done: Vec<String>,
    refused: Vec<String>,
    /// Whether clients may hold data that is no longer correct.
    is_other_history: bool,
}

/// The resources whose records were rewritten, by their stored names.
type RewrittenLayouts<'a> = HashMap<String, Layout<'a>>;

/// Migrates everything to the current definitions, or nothing.
///
/// # Errors
///
/// `unavailable`, with the plan, if a value would be lost or does not fit.
pub(super) fn migrate(
    path: &Path,
    connection: &mut Connection,
    layouts: &[Layout<'_>],
    numbered: &[SqlMigration],
) -> Result<()> {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(failure)?;
    let mut plan = Plan::default();
    let has_run = sql_migration::run(&transaction, numbered, &mut plan)?;
    plan.is_other_history |= has_run;
    let mut found = Vec::with_capacity(layouts.len());
    for &layout in layouts {
        let older = older(&transaction, layout)?;
        let unsanitized = match &older {
            Some((_, stored)) => {
                let stored: Form = serde_json::from_str(stored).map_err(Error::internal)?;
                stored.unsanitized(layout.definition())
            }
            None => Vec::new(),
        };
        found.push((layout, older, unsanitized));
    }
    let mut rewritten = RewrittenLayouts::new();
    for (layout, older, unsanitized) in &found {
        let layout = layout.sanitizing(unsanitized);
        let table = SqliteTable::new(layout.definition());
        let form = layout.form();
        match older.clone() {
            None => {
                table.make(&transaction, &form).map_err(failure)?;
                plan.done
                    .push(format!("`{}` is new", table.definition.name));
            }
            Some((name, stored)) if !has_run && has_other_defaults(&name, &stored, layout) => {
                let update = "UPDATE sockful_resources SET description = ?2 WHERE name = ?1";
                transaction
                    .execute(update, [&name, &form])
                    .map_err(failure)?;
            }
            Some((name, stored)) if name != table.definition.name || stored != form || has_run => {
                records::migrate(&transaction, layout, &name, &stored, &mut plan)?;
                rewritten.insert(name, layout);
            }
            Some(_) => {}
        }
    }
    if !plan.refused.is_empty() {
        return Err(refused(path, &plan));
    }
    if !rewritten.is_empty() {
        history::migrate(&transaction, &rewritten, plan.is_other_history)?;
    }
    transaction.commit().map_err(failure)?;
    for step in &plan.done {
        tracing::info!(path = %path.display(), "store migrated: {step}");
    }
    Ok(())
}

/// Returns whether only defaults have changed, which no stored record depends on.
fn has_other_defaults(name: &str, stored: &str, layout: Layout<'_>) -> bool {
    let form = layout.to_form();
    let is_other = name == layout.definition().name && stored != form.text();
    is_other
        && serde_json::from_str::<Form>(stored)
            .is_ok_and(|stored| stored.without_defaults() == form.without_defaults())
}

/// Returns the stored name of this resource's records, and their form.
fn older(transaction: &Transaction<'_>, layout: Layout<'_>) -> Result<Option<(String, String)>> {
    let definition = layout.definition();
    for &name in [&definition.name]
        .into_iter()
        .chain(definition.renamed_from)
    {
        let read = "SELECT description FROM sockful_resources WHERE name = ?1";
        let stored = transaction.query_row(read, [name], |row| row.get(0));
        if let Some(stored) = stored.optional().map_err(failure)? {
            return Ok(Some((name.to_owned(), stored)));
        }
    }
    Ok(None)
}

fn refused(path: &Path, plan: &Plan) -> Error {
    let message = format!(
        "the records in `{}` don't match the program's resources; nothing was changed\n  {}",
        path.display(),
        plan.refused.join("\n  ")
    );
    Error::new(ErrorKind::Unavailable, message)
}
