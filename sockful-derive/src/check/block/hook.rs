//! Checks a hook: the actions it names and its signature.

use super::signature::{Callable, SELF_HINT, check_qualifiers, check_self_is_borrowed};
use crate::attributes::{Phase, nearest};
use crate::diagnostics::Diagnostics;
use crate::model::{
    Block, Hook, HookAction, HookParam, HookTarget, OldRecord, Receiver, cfg_attributes,
    typed_params, ungrouped,
};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, PatType, ReceiverKind, Type};

const HOOK: Callable = Callable {
    what: "a hook",
    by: "the server",
    borrow: SELF_HINT,
};

/// The actions that only read and have no hooks.
const READS: &[&str] = &["get", "find", "all", "count", "subscribe", "unsubscribe"];

pub(super) fn check(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    check_targets_exist(hook, block, diagnostics);
    check_targets_unambiguous(hook, block, diagnostics);
    check_duplicate_targets(hook, diagnostics);
    check_qualifiers(&hook.item.sig, HOOK, diagnostics);
    if check_self_is_borrowed(&hook.item.sig, HOOK, diagnostics) {
        check_has_record(hook, diagnostics);
        check_self_mutability(hook, diagnostics);
    }
    check_parameters(hook, block, diagnostics);
    check_old_exists(hook, diagnostics);
}

/// Rejects unknown actions: the hook would never run.
fn check_targets_exist(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let unknown = hook.targets().filter(|(_, it)| it.action.is_none());
    for (phase, target) in unknown {
        let name = target.ident.unraw().to_string();
        let remotes = || block.methods.iter().map(|it| it.ident.unraw().to_string());
        let known: Vec<String> = ["create", "update", "destroy"]
            .map(str::to_owned)
            .into_iter()
            .chain(remotes())
            .collect();
        let message = match nearest(&name, known.iter().map(String::as_str)) {
            _ if name == "save" => "`save` creates or updates; write `create, update`".to_owned(),
            _ if READS.contains(&name.as_str()) => format!(
                "`{name}` only reads, and no hooks run {} it; write `create`, `update`, `destroy`, or a remote method of this block",
                preposition(phase)
            ),
            _ if super::has_method(&name, block) => {
                format!("`{name}` is not remote; write `pub fn {name}`, or name a remote method")
            }
            Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown action `{name}`; write `create`, `update`, `destroy`, or a remote method of this block"
            ),
        };
        diagnostics.add(target.ident, message);
    }
}

fn preposition(phase: Phase) -> &'static str {
    match phase {
        Phase::Before => "before",
        Phase::After => "after",
    }
}

/// Rejects an action that is also the name of a remote method of the block.
fn check_targets_unambiguous(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let is_record_action = |on: &Option<HookAction>| {
        matches!(
            on,
            Some(HookAction::Create | HookAction::Update | HookAction::Destroy)
        )
    };
    for (_, target) in hook
        .targets()
        .filter(|(_, it)| is_record_action(&it.action))
    {
        let name = target.ident.unraw().to_string();
        if super::is_remote_method(&name, block) {
            let message = format!(
                "`{name}` is ambiguous: it is both a core action and a remote method of this block; rename the method"
            );
            diagnostics.add(target.ident, message);
        }
    }
}

fn check_duplicate_targets(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    for (_, targets) in &hook.phases {
        for (at, target) in targets.iter().enumerate() {
            let is_same = |other: &HookTarget<'_>| other.ident.unraw() == target.ident.unraw();
            if targets[..at].iter().any(is_same) {
                let message = format!("duplicate action `{}`; remove one", target.ident);
                diagnostics.add(target.ident, message);
            }
        }
    }
}

/// Rejects `self` on a hook of a method that has no record.
fn check_has_record(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let Some(receiver) = hook.item.sig.receiver() else {
        return;
    };
    let mut targets = hook.targets();
    let without =
        |on: &Option<HookAction>| matches!(on, Some(HookAction::Method(_, Receiver::None)));
    if let Some((_, target)) = targets.find(|(_, it)| without(&it.action)) {
        let message = format!(
            "`{}` has no `self`, so this hook has no record; remove `self`, or write a separate hook for `{0}`",
            target.ident
        );
        diagnostics.add(receiver, message);
    }
}

/// Rejects `&mut self` if a change of the record would be lost.
fn check_self_mutability(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let receiver = hook.item.sig.receiver().map(|receiver| &receiver.kind);
    let Some(ReceiverKind::Reference(_, _, Some(mutable))) = receiver else {
        return;
    };
    let reason = |(phase, target): (Phase, &HookTarget<'_>)| match &target.action {
        _ if phase == Phase::After => Some("a committed record can't be changed".to_owned()),
        Some(HookAction::Destroy) => Some("a destroyed record can't be changed".to_owned()),
        Some(HookAction::Method(_, Receiver::Ref)) => {
            Some(format!("`{}` only reads the record", target.ident))
        }
        _ => None,
    };
    if let Some(reason) = hook.targets().find_map(reason) {
        let message = format!("{reason}; write `&self`");
        diagnostics.add(mutable, message);
    }
}

/// Requires that each parameter is the context or the stored record.
fn check_parameters(hook: &Hook<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    let (mut contexts, mut olds) = (0, 0);
    for parameter in typed_params(hook.item) {
        if let Some(condition) = cfg_attributes(&parameter.attrs).first() {
            let message =
                "a parameter can't have #[cfg(…)]; write two methods with #[cfg(…)] instead";
            diagnostics.add(condition, message);
            continue;
        }
        let count = match HookParam::of(parameter) {
            Some(HookParam::Context(_)) => &mut contexts,
            Some(HookParam::Old(_)) => &mut olds,
            None => {
                diagnostics.add(
                    parameter,
                    parameter_message(
                        "a hook has no payload that this parameter could be read from",
                        hook,
                    ),
                );
                continue;
            }
        };
        *count += 1;
        if *count > 1 {
            let message = parameter_message(
                "a hook takes the stored record and the context at most once",
                hook,
            );
            diagnostics.add(parameter, message);
            continue;
        }
        check_reference(parameter, diagnostics);
        check_old_is_borrowed(parameter, hook, block, diagnostics);
    }
}

fn parameter_message(why: &str, hook: &Hook<'_>) -> String {
    format!("{why}; use parameters from `{}`", expected_signature(hook))
}

/// The signature with all parameters that the hook can have.
fn expected_signature(hook: &Hook<'_>) -> String {
    let on = |is: fn(&HookAction) -> bool| {
        hook.targets()
            .any(|(_, it)| it.action.as_ref().is_some_and(is))
    };
    let is_after = hook.phases.iter().any(|(phase, _)| *phase == Phase::After);
    let this = if on(|on| matches!(on, HookAction::Method(_, Receiver::None))) {
        ""
    } else if is_after
        || on(|on| {
            matches!(
                on,
                HookAction::Destroy | HookAction::Method(_, Receiver::Ref)
            )
        })
    {
        "&self, "
    } else {
        "&mut self, "
    };
    let old = if on(|on| !has_old_record(on)) {
        "Option<&Self>"
    } else {
        "&Self"
    };
    format!("fn {}({this}old: {old}, context: &Context)", hook.ident)
}

fn check_reference(parameter: &PatType, diagnostics: &mut Diagnostics) {
    let Type::Reference(reference) = ungrouped(&parameter.ty) else {
        return;
    };
    let named = reference.lifetime.as_ref();
    if let Some(mutable) = &reference.mutability {
        let message = "a hook can change only `self`; remove `mut`";
        diagnostics.add(mutable, message);
    } else if let Some(lifetime) = named.filter(|lifetime| lifetime.ident != "_") {
        diagnostics.add(
            lifetime,
            "the reference lives as long as the call; remove the lifetime",
        );
    }
}

/// Rejects a stored record that is taken by value.
fn check_old_is_borrowed(
    parameter: &PatType,
    hook: &Hook<'_>,
    block: &Block<'_>,
    diagnostics: &mut Diagnostics,
) {
    let ty = ungrouped(&parameter.ty).to_token_stream().to_string();
    let this = block.item.self_ty.to_token_stream().to_string();
    if ty == "Self" || ty == this {
        let message = parameter_message("a hook can't take ownership of the stored record", hook);
        diagnostics.add(&parameter.ty, message);
    }
}

/// Whether a stored record exists for this action.
fn has_old_record(on: &HookAction) -> bool {
    matches!(
        on,
        HookAction::Update | HookAction::Destroy | HookAction::Method(_, Receiver::Mut)
    )
}

/// Rejects `old: &Self` for an action without a stored record.
fn check_old_exists(hook: &Hook<'_>, diagnostics: &mut Diagnostics) {
    let required = hook.given.iter().find_map(|given| match given {
        HookParam::Old(OldRecord::Required(parameter)) => Some(parameter),
        _ => None,
    });
    let without = |on: &Option<HookAction>| on.as_ref().is_some_and(|on| !has_old_record(on));
    let target = hook.targets().find(|(_, it)| without(&it.action));
    if let (Some(parameter), Some((_, target))) = (required, target) {
        let message = format!(
            "{}; write `old: Option<&Self>`",
            no_old_reason(target.ident)
        );
        diagnostics.add(parameter, message);
    }
}

fn no_old_reason(action: &Ident) -> String {
    if action == "create" {
        "`create` has no `old` record".to_owned()
    } else {
        format!("`{action}` has no `old` record, because it changes no record")
    }
}
