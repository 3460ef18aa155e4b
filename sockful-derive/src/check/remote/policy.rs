//! What a policy may decide, and what its signature must be.

use super::signature::{Called, qualifiers_mean_something, self_is_borrowed};
use crate::attributes::{nearest, of_hooks};
use crate::diagnostics::Diagnostics;
use crate::model::{Block, Grant, Policy, Takes, bare, conditions, has_keyword, typed};
use syn::ext::IdentExt;
use syn::{Ident, PatType, ReceiverKind, ReturnType, Type, TypeReference};

const POLICY: Called = Called {
    what: "a policy",
    by: "the server",
    borrow: "write `&self`",
};

/// What every resource has to decide upon beside its remote methods.
const GRANTS: [&str; 4] = ["read", "create", "update", "destroy"];

/// What only reads, which is decided by `read`.
const READS: &[&str] = &["get", "find", "all", "count", "subscribe", "unsubscribe"];

pub(super) fn fits(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    grants_exist(policy, block, diagnostics);
    grants_mean_one_thing(policy, block, diagnostics);
    grants_are_decided_once(policy, block, diagnostics);
    reading_stands_alone(policy, diagnostics);
    it_is_no_hook(policy, diagnostics);
    qualifiers_mean_something(&policy.item.sig, POLICY, diagnostics);
    it_waits_for_nothing(policy, diagnostics);
    if self_is_borrowed(&policy.item.sig, POLICY, diagnostics) {
        self_only_is_looked_at(policy, diagnostics);
        self_is_there(policy, diagnostics);
    }
    parameters_fit(policy, diagnostics);
    it_returns_something(policy, diagnostics);
}

/// A policy of what is never done would leave open what was meant.
fn grants_exist(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for granted in policy.grants.iter().filter(|it| it.grant.is_none()) {
        let name = granted.spelt.unraw().to_string();
        let remotes = block.methods.iter().map(|it| it.ident.unraw().to_string());
        let known: Vec<String> = GRANTS
            .map(str::to_owned)
            .into_iter()
            .chain(remotes)
            .collect();
        let message = match nearest(&name, known.iter().map(String::as_str)) {
            _ if name == "save" => "`save` creates or updates; write `create, update`".to_owned(),
            _ if READS.contains(&name.as_str()) => {
                format!("what `{name}` shows is decided by `read`; write that")
            }
            _ if super::is_private(&name, block) => {
                format!("`{name}` is not remote; write `pub fn {name}`, or name what is")
            }
            Some(near) => format!("unknown action `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown action `{name}`; write `read`, `create`, `update`, `destroy`, or a remote method of this block"
            ),
        };
        diagnostics.add(granted.spelt, message);
    }
}

/// Whoever meant the method would have left it open to all.
fn grants_mean_one_thing(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for granted in &policy.grants {
        let name = granted.spelt.unraw().to_string();
        if GRANTS.contains(&name.as_str()) && super::is_method_too(&name, block) {
            let message = format!(
                "`{name}` is decided for every resource, and is a remote method of this block as well; rename the method"
            );
            diagnostics.add(granted.spelt, message);
        }
    }
}

/// Of two answers it would have to be known which one counts.
fn grants_are_decided_once(policy: &Policy<'_>, block: &Block<'_>, diagnostics: &mut Diagnostics) {
    for (at, granted) in policy.grants.iter().enumerate() {
        let spelt = granted.spelt;
        let is_same = |other: &Ident| other.unraw() == spelt.unraw();
        if policy.grants[..at].iter().any(|it| is_same(it.spelt)) {
            let message = format!("`{spelt}` is named twice; once is enough");
            diagnostics.add(spelt, message);
            continue;
        }
        let earlier = block.policies.iter();
        let mut earlier = earlier.take_while(|it| !std::ptr::eq(*it, policy));
        // Of two conditional ones perhaps one is left.
        let is_conditional = |it: &Policy<'_>| !conditions(&it.item.attrs).is_empty();
        let other = earlier.find(|it| {
            it.grants.iter().any(|it| is_same(it.spelt))
                && !(is_conditional(it) && is_conditional(policy))
        });
        if let Some(other) = other {
            let message = format!(
                "`{}` decides `{spelt}` already; one method decides each action, so join them",
                other.ident
            );
            diagnostics.add(spelt, message);
        }
    }
}

/// What is seen is said by conditions, all else by yes or no.
fn reading_stands_alone(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let is_reading = |grant: &Option<Grant>| *grant == Some(Grant::Read);
    let mut others = policy.grants.iter().filter(|it| !is_reading(&it.grant));
    if policy.is_of_reading()
        && let Some(other) = others.next()
    {
        let message = format!(
            "`read` is decided by conditions, `{}` by yes or no; write two methods",
            other.spelt
        );
        diagnostics.add(other.spelt, message);
    }
}

/// A hook may do what it likes, and a policy must not.
fn it_is_no_hook(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let mut attributes = policy.item.attrs.iter();
    if let Some(attribute) = attributes.find(|it| of_hooks(it).is_some()) {
        let message = format!(
            "`{}` is a policy, and a hook is not; write two methods",
            policy.ident
        );
        diagnostics.add(attribute, message);
    }
}

/// It is asked of every record, and decides by what it is given.
fn it_waits_for_nothing(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    if let Some(keyword) = &policy.item.sig.asyncness {
        let message = "a policy is of the record and the user, and waits for nothing else; remove `async`, or write a #[before(…)] hook";
        diagnostics.add(keyword, message);
    }
}

fn self_only_is_looked_at(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let receiver = policy.item.sig.receiver().map(|receiver| &receiver.kind);
    if let Some(ReceiverKind::Reference(_, _, Some(mutable))) = receiver {
        diagnostics.add(mutable, "a policy changes nothing; write `&self`");
    }
}

/// Conditions are of all records, and a method of the resource as a whole is called on none.
fn self_is_there(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    let Some(receiver) = policy.item.sig.receiver() else {
        return;
    };
    let without = |grant: &Option<Grant>| match grant {
        Some(Grant::Remote(_, takes)) => *takes == Takes::Nothing,
        _ => false,
    };
    let mut grants = policy.grants.iter();
    if policy.is_of_reading() {
        let message = format!(
            "which records are seen is said by conditions on all of them; write `{}`",
            fitting(policy)
        );
        diagnostics.add(receiver, message);
    } else if let Some(granted) = grants.find(|it| without(&it.grant)) {
        let message = format!(
            "`{}` has no `self`, so there is no record here; leave `self` out, or write a policy of its own for `{0}`",
            granted.spelt
        );
        diagnostics.add(receiver, message);
    }
}

/// Nothing but the user is given, by reference.
fn parameters_fit(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    for (at, parameter) in typed(policy.item).enumerate() {
        if let Some(condition) = conditions(&parameter.attrs).first() {
            let message =
                "a parameter can't be conditional; write #[cfg(…)] on two methods instead";
            diagnostics.add(condition, message);
        } else if at > 0 {
            let message = format!(
                "a policy is given the user and nothing else; write `{}`",
                fitting(policy)
            );
            diagnostics.add(parameter, message);
        } else {
            user_is_one_type(policy, parameter, diagnostics);
        }
    }
}

/// A server has users of one type.
fn user_is_one_type(policy: &Policy<'_>, parameter: &PatType, diagnostics: &mut Diagnostics) {
    let ty = bare(&parameter.ty);
    if has_keyword(ty, "impl") {
        let message = "the type of the users must be known; write one type instead of `impl`";
        diagnostics.add(ty, message);
    } else if let Type::Reference(reference) = ty {
        reference_is_plain(policy, reference, diagnostics);
    }
}

fn reference_is_plain(
    policy: &Policy<'_>,
    reference: &TypeReference,
    diagnostics: &mut Diagnostics,
) {
    // A lifetime that the method declares itself is told where it does so.
    let is_told = !policy.item.sig.generics.params.is_empty();
    let named = reference.lifetime.as_ref();
    if let Some(mutable) = &reference.mutability {
        diagnostics.add(mutable, "a policy changes nothing; remove `mut`");
    } else if let Some(lifetime) = named.filter(|it| it.ident != "_" && !is_told) {
        let message = "what is given lives as long as the call; remove this";
        diagnostics.add(lifetime, message);
    }
}

fn it_returns_something(policy: &Policy<'_>, diagnostics: &mut Diagnostics) {
    match &policy.item.sig.output {
        ReturnType::Default => {
            let message = format!("a policy decides something; write `{}`", fitting(policy));
            diagnostics.add(policy.ident, message);
        }
        ReturnType::Type(_, ty) if has_keyword(ty, "impl") => {
            let message = format!("a policy returns one type; write `{}`", fitting(policy));
            diagnostics.add(ty, message);
        }
        ReturnType::Type(..) => {}
    }
}

/// The signature that fits.
fn fitting(policy: &Policy<'_>) -> String {
    let ident = policy.ident;
    if policy.is_of_reading() {
        format!("fn {ident}(who: &User) -> Filter<Self>")
    } else if policy.has_self {
        format!("fn {ident}(&self, who: &User) -> bool")
    } else {
        format!("fn {ident}(who: &User) -> bool")
    }
}
