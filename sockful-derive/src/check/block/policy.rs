//! Checks a policy: the actions it names and its signature.

use super::signature::{Callable, check_qualifiers, check_self_is_borrowed};
use crate::attributes::{hook_attribute, nearest};
use crate::diagnostics::Diagnostics;
use crate::model::{
    Block, Policy, PolicyAction, Receiver, cfg_attributes, contains_keyword, typed_params,
    ungrouped,
};
use syn::ext::IdentExt;
use syn::{Ident, PatType, ReceiverKind, ReturnType, Type, TypeReference};

const POLICY: Callable = Callable {
    what: "a policy",
    by: "the server",
    borrow: "write `&self`",
};

/// The actions of every resource that a policy can authorize.
const ACTIONS: [&str; 4] = ["read", "create", "update", "destroy"];

/// The actions that `read` authorizes.
const READS: &[&str] = &["get", "find", "all", "count", "subscribe", "unsubscribe"];

pub(super) fn check(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    check_targets_exist(policy, block, diagnostics);
    check_targets_unambiguous(policy, block, diagnostics);
    check_duplicate_targets(policy, block, diagnostics);
    check_read_is_alone(policy, diagnostics);
    check_is_not_hook(policy, diagnostics);
    check_qualifiers(&policy.item.sig, POLICY, diagnostics);
    check_not_async(policy, diagnostics);
    if check_self_is_borrowed(&policy.item.sig, POLICY, diagnostics) {
        check_self_is_shared(policy, diagnostics);
        check_has_record(policy, diagnostics);
    }
    check_parameters(policy, diagnostics);
    check_output(policy, diagnostics);
}

/// Rejects unknown actions: the intended one would have no policy.
fn check_targets_exist(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for target in policy.targets.iter().filter(|it| it.action.is_none()) {
        let name = target.ident.unraw().to_string();
        let remotes = block.methods.iter().map(|it| it.ident.unraw().to_string());
        let known: Vec<String> = ACTIONS
            .map(str::to_owned)
            .into_iter()
            .chain(remotes)
            .collect();
        let message = match nearest(&name, known.iter().map(String::as_str)) {
            _ if name == "save" => "`save` creates or updates; write `create, update`".to_owned(),
            _ if READS.contains(&name.as_str()) => {
                format!("`{name}` is decided by the policy `read`; write `read`")
            }
            _ if super::has_method(&name, block) => {
                format!("`{name}` is not remote; write `pub fn {name}`, or name a remote method")
            }
            Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown action `{name}`; write `read`, `create`, `update`, `destroy`, or a remote method of this block"
            ),
        };
        diagnostics.add(target.ident, message);
    }
}

/// Rejects an action that is also the name of a remote method of the block.
fn check_targets_unambiguous(
    policy: &Policy<'_>,
    block: &Block<'_>,
    diagnostics: &mut Diagnostics,
) {
    for target in &policy.targets {
        let name = target.ident.unraw().to_string();
        if ACTIONS.contains(&name.as_str()) && super::is_remote_method(&name, block) {
            let message = format!(
                "`{name}` is ambiguous: it is both a policy target of every resource and a remote method of this block; rename the method"
            );
            diagnostics.add(target.ident, message);
        }
    }
}

/// Requires that one method authorizes each action.
fn check_duplicate_targets(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for (at, target) in policy.targets.iter().enumerate() {
        let ident = target.ident;
        let is_same = |other: &Ident| other.unraw() == ident.unraw();
        if policy.targets[..at].iter().any(|it| is_same(it.ident)) {
            let message = format!("duplicate action `{ident}`; remove one");
            diagnostics.add(ident, message);
            continue;
        }
        let earlier = block.policies.iter();
        let mut earlier = earlier.take_while(|it| !std::ptr::eq(*it, policy));
        // Of two conditional methods at most one may be compiled.
        let is_conditional = |it: &Policy<'_>| !cfg_attributes(&it.item.attrs).is_empty();
        let other = earlier.find(|it| {
            it.targets.iter().any(|it| is_same(it.ident))
                && !(is_conditional(it) && is_conditional(policy))
        });
        if let Some(other) = other {
            let message = format!(
                "`{}` already decides `{ident}`; merge the two policies, because each action has one",
                other.ident
            );
            diagnostics.add(ident, message);
        }
    }
}

/// Requires that `read` is alone: it returns a filter, the other actions a decision.
fn check_read_is_alone(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let is_reading = |action: &Option<PolicyAction>| *action == Some(PolicyAction::Read);
    let mut other_targets = policy.targets.iter().filter(|it| !is_reading(&it.action));
    if policy.decides_read()
        && let Some(other) = other_targets.next()
    {
        let message = format!(
            "`read` returns a filter and `{}` returns `bool`; write two policies",
            other.ident
        );
        diagnostics.add(other.ident, message);
    }
}

/// Rejects hook attributes: a hook has side effects, a policy has none.
fn check_is_not_hook(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let mut attributes = policy.item.attrs.iter();
    if let Some(attribute) = attributes.find(|it| hook_attribute(it).is_some()) {
        let message = format!(
            "`{}` is a policy and can't be a hook; write two methods",
            policy.ident
        );
        diagnostics.add(attribute, message);
    }
}

/// Rejects `async`: a policy is called for every record.
fn check_not_async(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    if let Some(keyword) = &policy.item.sig.asyncness {
        let message = "a policy can't be `async`, because it depends only on the record and the user; remove `async`, or write a #[before(…)] hook";
        diagnostics.add(keyword, message);
    }
}

fn check_self_is_shared(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let receiver = policy.item.sig.receiver().map(|receiver| &receiver.kind);
    if let Some(ReceiverKind::Reference(_, _, Some(mutable))) = receiver {
        diagnostics.add(mutable, "a policy can't change the record; write `&self`");
    }
}

/// Rejects `self` if there is no record.
fn check_has_record(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let Some(receiver) = policy.item.sig.receiver() else {
        return;
    };
    let without = |action: &Option<PolicyAction>| match action {
        Some(PolicyAction::Method(_, receiver_kind)) => *receiver_kind == Receiver::None,
        _ => false,
    };
    let mut targets = policy.targets.iter();
    if policy.decides_read() {
        let message = format!(
            "`read` returns a filter over all records and takes no `self`; write `{}`",
            expected_signature(policy)
        );
        diagnostics.add(receiver, message);
    } else if let Some(target) = targets.find(|it| without(&it.action)) {
        let message = format!(
            "`{}` has no `self`, so this policy has no record; remove `self`, or write a separate policy for `{0}`",
            target.ident
        );
        diagnostics.add(receiver, message);
    }
}

/// Requires that the only parameter is the user, by reference.
fn check_parameters(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    for (at, parameter) in typed_params(policy.item).enumerate() {
        if let Some(condition) = cfg_attributes(&parameter.attrs).first() {
            let message =
                "a parameter can't have #[cfg(…)]; write two methods with #[cfg(…)] instead";
            diagnostics.add(condition, message);
        } else if at > 0 {
            let message = format!(
                "the only parameter of a policy is the user; write `{}`",
                expected_signature(policy)
            );
            diagnostics.add(parameter, message);
        } else {
            check_user_type(policy, parameter, diagnostics);
        }
    }
}

/// Requires a concrete type: a server has users of one type.
fn check_user_type(policy: &Policy<'_>, parameter: &PatType, diagnostics: &mut Diagnostics) {
    let ty = ungrouped(&parameter.ty);
    if contains_keyword(ty, "impl") {
        let message = "the user type of a policy can't be `impl Trait`; write a concrete type";
        diagnostics.add(ty, message);
    } else if let Type::Reference(reference) = ty {
        check_reference(policy, reference, diagnostics);
    }
}

fn check_reference(policy: &Policy<'_>, reference: &TypeReference, diagnostics: &mut Diagnostics) {
    // A lifetime that the method declares is reported at its declaration.
    let is_reported = !policy.item.sig.generics.params.is_empty();
    let named = reference.lifetime.as_ref();
    if let Some(mutable) = &reference.mutability {
        diagnostics.add(mutable, "a policy can't change the user; remove `mut`");
    } else if let Some(lifetime) = named.filter(|it| it.ident != "_" && !is_reported) {
        let message = "the reference lives as long as the call; remove the lifetime";
        diagnostics.add(lifetime, message);
    }
}

fn check_output(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    match &policy.item.sig.output {
        ReturnType::Default => {
            let message = format!(
                "a policy must return a value; write `{}`",
                expected_signature(policy)
            );
            diagnostics.add(policy.ident, message);
        }
        ReturnType::Type(_, ty) if contains_keyword(ty, "impl") => {
            let message = format!(
                "a policy can't return `impl Trait`; write `{}`",
                expected_signature(policy)
            );
            diagnostics.add(ty, message);
        }
        ReturnType::Type(..) => {}
    }
}

/// The expected signature.
fn expected_signature(policy: &Policy<'_>) -> String {
    let ident = policy.ident;
    if policy.decides_read() {
        format!("fn {ident}(who: &User) -> Filter<Self>")
    } else if policy.has_self {
        format!("fn {ident}(&self, who: &User) -> bool")
    } else {
        format!("fn {ident}(who: &User) -> bool")
    }
}
