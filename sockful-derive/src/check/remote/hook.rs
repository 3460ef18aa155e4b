//! What a hook may run on, and what its signature must be.

use super::signature::{Called, EITHER, qualifiers_mean_something, self_is_borrowed};
use crate::attributes::{Phase, nearest};
use crate::diagnostics::Diagnostics;
use crate::model::{Block, Given, Hook, Occasion, Old, On, Takes, bare, conditions, typed};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, PatType, ReceiverKind, Type};

const HOOK: Called = Called {
    what: "a hook",
    by: "the server",
    borrow: EITHER,
};

/// What only reads, which nothing runs before or after.
const READS: &[&str] = &["get", "find", "all", "count", "subscribe", "unsubscribe"];

pub(super) fn fits(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    occasions_exist(hook, block, diagnostics);
    occasions_mean_one_thing(hook, block, diagnostics);
    occasions_are_named_once(hook, diagnostics);
    qualifiers_mean_something(&hook.item.sig, HOOK, diagnostics);
    if self_is_borrowed(&hook.item.sig, HOOK, diagnostics) {
        self_is_there(hook, diagnostics);
        self_can_change(hook, diagnostics);
    }
    parameters_are_given(hook, block, diagnostics);
    old_is_there(hook, diagnostics);
}

/// A hook on what never happens would never run.
fn occasions_exist(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let unknown = hook.occasions().filter(|(_, it)| it.on.is_none());
    for (phase, occasion) in unknown {
        let name = occasion.spelt.unraw().to_string();
        let remotes = || block.methods.iter().map(|it| it.ident.unraw().to_string());
        let known: Vec<String> = ["create", "update", "destroy"]
            .map(str::to_owned)
            .into_iter()
            .chain(remotes())
            .collect();
        let message = match nearest(&name, known.iter().map(String::as_str)) {
            _ if name == "save" => "`save` creates or updates; write `create, update`".to_owned(),
            _ if READS.contains(&name.as_str()) => format!(
                "`{name}` only reads, and nothing runs {} that; write `create`, `update`, `destroy`, or a remote method of this block",
                spelt(phase)
            ),
            _ if super::is_private(&name, block) => {
                format!("`{name}` is not remote; write `pub fn {name}`, or name what is")
            }
            Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown action `{name}`; write `create`, `update`, `destroy`, or a remote method of this block"
            ),
        };
        diagnostics.add(occasion.spelt, message);
    }
}

fn spelt(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before",
        Phase::After => "after",
    }
}

/// Whoever meant the method would have it run on something else.
fn occasions_mean_one_thing(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let of_records = |on: &Option<On>| matches!(on, Some(On::Create | On::Update | On::Destroy));
    for (_, occasion) in hook.occasions().filter(|(_, it)| of_records(&it.on)) {
        let name = occasion.spelt.unraw().to_string();
        if super::is_method_too(&name, block) {
            let message = format!(
                "`{name}` happens to every record, and is a remote method of this block as well; rename the method"
            );
            diagnostics.add(occasion.spelt, message);
        }
    }
}

fn occasions_are_named_once(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    for (_, occasions) in &hook.phases {
        for (at, occasion) in occasions.iter().enumerate() {
            let is_same = |other: &Occasion<'_>| other.spelt.unraw() == occasion.spelt.unraw();
            if occasions[..at].iter().any(is_same) {
                let message = format!("`{}` is named twice; once is enough", occasion.spelt);
                diagnostics.add(occasion.spelt, message);
            }
        }
    }
}

/// A remote method of the resource as a whole is called on no record.
fn self_is_there(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let Some(receiver) = hook.item.sig.receiver() else {
        return;
    };
    let mut occasions = hook.occasions();
    let without = |on: &Option<On>| matches!(on, Some(On::Remote(_, Takes::Nothing)));
    if let Some((_, occasion)) = occasions.find(|(_, it)| without(&it.on)) {
        let message = format!(
            "`{}` has no `self`, so there is no record here; leave `self` out, or write a hook of its own for `{0}`",
            occasion.spelt
        );
        diagnostics.add(receiver, message);
    }
}

/// What is committed or gone stays as it is, whatever a hook makes of its copy.
fn self_can_change(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let receiver = hook.item.sig.receiver().map(|receiver| &receiver.kind);
    let Some(ReceiverKind::Reference(_, _, Some(mutable))) = receiver else {
        return;
    };
    let reason = |(phase, occasion): (Phase, &Occasion<'_>)| match &occasion.on {
        _ if phase == Phase::After => Some("what is committed can't change".to_owned()),
        Some(On::Destroy) => Some("a record that is destroyed can't change".to_owned()),
        Some(On::Remote(_, Takes::Ref)) => {
            Some(format!("`{}` only looks at the record", occasion.spelt))
        }
        _ => None,
    };
    if let Some(reason) = hook.occasions().find_map(reason) {
        let message = format!("{reason}; write `&self`");
        diagnostics.add(mutable, message);
    }
}

/// A hook is no remote method: there is no payload to take parameters from.
fn parameters_are_given(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let (mut contexts, mut olds) = (0, 0);
    for parameter in typed(hook.item) {
        if let Some(condition) = conditions(&parameter.attrs).first() {
            let message =
                "a parameter can't be conditional; write #[cfg(…)] on two methods instead";
            diagnostics.add(condition, message);
            continue;
        }
        let count = match Given::of(parameter) {
            Some(Given::Context(_)) => &mut contexts,
            Some(Given::Old(_)) => &mut olds,
            None => {
                diagnostics.add(
                    parameter,
                    misfit("a hook has no payload to take this from", hook),
                );
                continue;
            }
        };
        *count += 1;
        if *count > 1 {
            let message = misfit(
                "a hook is given the stored record and the context once",
                hook,
            );
            diagnostics.add(parameter, message);
            continue;
        }
        reference_is_plain(parameter, diagnostics);
        old_is_no_copy(parameter, hook, block, diagnostics);
    }
}

fn misfit(why: &str, hook: &Hook<'_>) -> String {
    format!("{why}; write what is needed of `{}`", fitting(hook))
}

/// The signature with everything that the hook can be given.
fn fitting(hook: &Hook<'_>) -> String {
    let on = |is: fn(&On) -> bool| {
        hook.occasions()
            .any(|(_, it)| it.on.as_ref().is_some_and(is))
    };
    let is_after = hook.phases.iter().any(|(phase, _)| *phase == Phase::After);
    let this = if on(|on| matches!(on, On::Remote(_, Takes::Nothing))) {
        ""
    } else if is_after || on(|on| matches!(on, On::Destroy | On::Remote(_, Takes::Ref))) {
        "&self, "
    } else {
        "&mut self, "
    };
    let old = if on(|on| !has_old(on)) {
        "Option<&Self>"
    } else {
        "&Self"
    };
    format!("fn {}({this}old: {old}, context: &Context)", hook.ident)
}

fn reference_is_plain(parameter: &PatType, diagnostics: &mut Diagnostics) {
    let Type::Reference(reference) = bare(&parameter.ty) else {
        return;
    };
    let named = reference.lifetime.as_ref();
    if let Some(mutable) = &reference.mutability {
        let message = "a hook changes `self` and nothing else; remove `mut`";
        diagnostics.add(mutable, message);
    } else if let Some(lifetime) = named.filter(|lifetime| lifetime.ident != "_") {
        diagnostics.add(
            lifetime,
            "what is given lives as long as the call; remove this",
        );
    }
}

/// The stored record stays in the store.
fn old_is_no_copy(
    parameter: &PatType,
    hook: &Hook<'_>,
    block: &Block<'_>,
    diagnostics: &mut Diagnostics,
) {
    let ty = bare(&parameter.ty).to_token_stream().to_string();
    let this = block.item.self_ty.to_token_stream().to_string();
    if ty == "Self" || ty == this {
        let message = misfit("a hook can't take the stored record away", hook);
        diagnostics.add(&parameter.ty, message);
    }
}

/// Whether there is a stored record on every such occasion.
fn has_old(on: &On) -> bool {
    matches!(on, On::Update | On::Destroy | On::Remote(_, Takes::Mut))
}

/// Of a record that comes to be nothing is stored yet.
fn old_is_there(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let surely = hook.given.iter().find_map(|given| match given {
        Given::Old(Old::Surely(parameter)) => Some(parameter),
        _ => None,
    });
    let without = |on: &Option<On>| on.as_ref().is_some_and(|on| !has_old(on));
    let occasion = hook.occasions().find(|(_, it)| without(&it.on));
    if let (Some(parameter), Some((_, occasion))) = (surely, occasion) {
        let message = format!(
            "{}; write `old: Option<&Self>`",
            without_old(occasion.spelt)
        );
        diagnostics.add(parameter, message);
    }
}

fn without_old(spelt: &Ident) -> String {
    if spelt == "create" {
        "there is no `old` where a record comes to be".to_owned()
    } else {
        format!("there is no `old` where `{spelt}` is called: it changes no record")
    }
}
