//! Stages the removal of a record and its effects on the children.

use crate::core::error::{Error, ErrorKind, Result};
use crate::engine::call::context::Context;
use crate::engine::call::hook::HookAction;
use crate::engine::call::stage;
use crate::engine::call::transaction::guards::ListProtection;
use crate::model::definition::OnDestroy;
use crate::model::record::Record;
use crate::model::relation::RelationLink;
use crate::model::resource_model::Model;
use crate::model::scalar::Scalar;
use crate::query::{Query, QueryFilter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of parents in one search for children.
const MAX_AT_ONCE: usize = 1_000;

/// Children that are not destroyed with their parents. They are handled at the end, when it is
/// known which of them are left.
struct PendingChildren<'a> {
    link: &'a RelationLink,
    parents: Vec<Scalar<'static>>,
}

/// Stages the removal of a record, and the effects on its children that their relations declare.
///
/// Records are removed before their children are searched for, level by level: hooks may stage
/// other writes in between, and a write that refers to a removed record is rejected.
pub(crate) async fn stage(context: &Context, model: &Model, stored: &Arc<Record>) -> Result<()> {
    remove(context, model, stored).await?;
    let mut level = BTreeMap::from([(model.index, vec![Arc::clone(stored)])]);
    let (mut restrictions, mut detachments) = (Vec::new(), Vec::new());
    let mut touched = 1;
    while !level.is_empty() {
        let mut below = BTreeMap::<_, Vec<_>>::new();
        for (place, records) in level {
            for link in context.app().relations.children(place) {
                let parents = assert_no_children(context, link, place, &records)?;
                match link.parent.on_destroy {
                    OnDestroy::Restrict => restrictions.push(PendingChildren { link, parents }),
                    OnDestroy::Detach => detachments.push(PendingChildren { link, parents }),
                    OnDestroy::Cascade => {
                        let children = children(context, link, &parents, &mut touched).await?;
                        for child in children {
                            if remove_child(context, link, &child).await? {
                                below.entry(link.to).or_default().push(child);
                            }
                        }
                    }
                }
            }
        }
        level = below;
    }
    // Restricting and detached children may have been removed through another relation.
    for PendingChildren { link, parents } in restrictions {
        if let Some(child) = some_children(context, link, &parents, 1).await?.first() {
            return Err(restricted(context, model, link, child));
        }
    }
    for PendingChildren { link, parents } in detachments {
        for child in children(context, link, &parents, &mut touched).await? {
            detach(context, link, &child).await?;
        }
    }
    Ok(())
}

/// Stages the removal of a child. Returns `false` if a hook has given it another parent in the
/// meantime, or has removed it with its own children.
async fn remove_child(context: &Context, link: &RelationLink, child: &Arc<Record>) -> Result<bool> {
    let model = context.model(link.to);
    let seen = context.get(model, child.id()).await?;
    match seen.filter(|seen| link.is_alike(seen, child)) {
        Some(seen) => remove(context, model, &seen).await.map(|()| true),
        None => Ok(false),
    }
}

/// Stages the removal of a record, regardless of how its hooks change it.
async fn remove(context: &Context, model: &Model, record: &Arc<Record>) -> Result<()> {
    stage::run_before_hooks(
        context,
        model,
        HookAction::Destroy,
        Some(record),
        Some(record.clone()),
    )
    .await?;
    loop {
        let seen = context.get(model, record.id()).await?;
        if context
            .transaction()?
            .put(model.index, record.id(), seen.as_ref(), None)?
        {
            return Ok(());
        }
    }
}

/// Adds the condition that these parents have no children after the commit, unless they exist
/// again. Returns the values by which children refer to them.
fn assert_no_children(
    context: &Context,
    link: &RelationLink,
    place: usize,
    parents: &[Arc<Record>],
) -> Result<Vec<Scalar<'static>>> {
    let id = context.model(place).definition.id;
    let mut values = Vec::with_capacity(parents.len());
    for parent in parents {
        let value = parent.value(id);
        let parent = (place, parent.id());
        context
            .transaction()?
            .assert_no_children(parent, link.to, link.parent.property, value)?;
        values.push(Scalar::read(value).into_owned());
    }
    Ok(values)
}

/// Stages that a child is kept without its parent, unless a hook has given it another one in the
/// meantime.
async fn detach(context: &Context, link: &RelationLink, child: &Arc<Record>) -> Result<()> {
    let model = context.model(link.to);
    loop {
        let seen = context.get(model, child.id()).await?;
        let Some(seen) = seen.filter(|seen| link.is_alike(seen, child)) else {
            return Ok(());
        };
        let mut record = Record::clone(&seen);
        record.set(link.parent.property, "null");
        if stage::stage(context, model, Some(&seen), record, None)
            .await?
            .is_some()
        {
            return Ok(());
        }
    }
}

/// All children of these parents. `touched` counts the records that are changed in total.
async fn children(
    context: &Context,
    link: &RelationLink,
    parents: &[Scalar<'static>],
    touched: &mut usize,
) -> Result<Vec<Arc<Record>>> {
    let max = context.app().config.request.max_cascade;
    let mut all = Vec::new();
    for some in parents.chunks(MAX_AT_ONCE) {
        let wanted = max.saturating_sub(*touched).saturating_add(1);
        let children = some_children(context, link, some, wanted).await?;
        if children.len() == wanted {
            let message = "too many records would be destroyed in one commit";
            return Err(Error::new(ErrorKind::TooMany, message).with_limit("max_cascade", max));
        }
        *touched += children.len();
        all.extend(children);
    }
    Ok(all)
}

/// At most `limit` children of these parents, as the transaction sees them.
async fn some_children(
    context: &Context,
    link: &RelationLink,
    parents: &[Scalar<'static>],
    limit: usize,
) -> Result<Vec<Arc<Record>>> {
    let query = Query {
        filter: QueryFilter::one_of(link.parent.property, parents.to_vec()),
        order: Vec::new(),
        limit,
        skip: 0,
        after: None,
        max_bytes: usize::MAX,
    };
    let found = context
        .transaction()?
        .find(context.store(), link.to, query, ListProtection::Unguarded)
        .await?;
    context
        .transaction()?
        .guard_children(link.to, link.parent.property, parents, found.seq)?;
    // The list may be older than earlier reads of the transaction.
    let records = found.value.records.into_iter();
    let seen = records.filter_map(|record| {
        context
            .transaction()
            .and_then(|it| it.track(link.to, record))
            .transpose()
    });
    seen.collect()
}

/// The error for a record that cannot be removed because of `child`. The existence of a child
/// cannot be hidden, but its resource is, from a caller that cannot read it.
fn restricted(context: &Context, model: &Model, link: &RelationLink, child: &Record) -> Error {
    let (name, children) = (
        model.definition.name,
        context.model(link.to).definition.plural,
    );
    let read_filter = context.read_filter(link.to);
    let message = if read_filter.is_ok_and(|read_filter| read_filter.allows(child)) {
        format!(
            "the `{name}` can't be destroyed while it, or a record destroyed with it, has `{children}`"
        )
    } else {
        format!("the `{name}` can't be destroyed while other records refer to it")
    };
    Error::new(ErrorKind::Conflict, message)
}
