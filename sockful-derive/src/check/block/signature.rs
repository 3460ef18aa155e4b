//! Checks the signature of a remote method.

use crate::diagnostics::Diagnostics;
use crate::model::{
    Method, borrows, cfg_attributes, contains_keyword, payload_attributes, typed_params, ungrouped,
};
use syn::{Pat, PatType, ReceiverKind, ReturnType, Safety, Signature, Type};

/// The wording of messages about a method.
#[derive(Clone, Copy)]
pub(super) struct Callable {
    /// The kind of method, such as `a remote method`.
    pub(super) what: &'static str,
    /// The caller of the method, such as `frames`.
    pub(super) by: &'static str,
    /// The hint for its `self` parameter.
    pub(super) borrow: &'static str,
}

/// The hint for a method that may change the record.
pub(super) const SELF_HINT: &str = "write `&mut self` to change the record, or `&self` to read it";

const REMOTE: Callable = Callable {
    what: "a remote method",
    by: "clients",
    borrow: SELF_HINT,
};

pub(super) fn check(method: &Method<'_>, diagnostics: &mut Diagnostics) {
    check_qualifiers(&method.item.sig, REMOTE, diagnostics);
    check_self_is_borrowed(&method.item.sig, REMOTE, diagnostics);
    for parameter in typed_params(method.item) {
        if check_parameter_name(parameter, diagnostics)
            && check_parameter_is_owned(parameter, diagnostics)
        {
            check_parameter_cfg(parameter, diagnostics);
        }
    }
    check_output(method, diagnostics);
}

/// Rejects generics and qualifiers, which a caller over the network cannot choose or uphold.
pub(super) fn check_qualifiers(
    signature: &Signature,
    called: Callable,
    diagnostics: &mut Diagnostics,
) {
    let Callable { what, by, .. } = called;
    if let Safety::Unsafe(keyword) = &signature.safety {
        let message = format!(
            "{what} can't be `unsafe`, because its callers can't uphold a safety contract; remove `unsafe`"
        );
        diagnostics.add(keyword, message);
    }
    if let Some(keyword) = &signature.constness {
        let message = format!("{what} can't be `const`; remove `const`");
        diagnostics.add(keyword, message);
    }
    if let Some(abi) = &signature.abi {
        let message =
            format!("{what} can't be `extern`, because it is called only by {by}; remove `extern`");
        diagnostics.add(abi, message);
    }
    if !signature.generics.params.is_empty() {
        let message = format!("{what} can't be generic; write concrete types and elide lifetimes");
        diagnostics.add(&signature.generics.params, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        let message = format!("{what} can't have a `where` clause; remove it");
        diagnostics.add(clause, message);
    }
}

/// Requires that `self` is borrowed: the record stays in the store.
pub(super) fn check_self_is_borrowed(
    signature: &Signature,
    called: Callable,
    diagnostics: &mut Diagnostics,
) -> bool {
    let Some(receiver) = signature.receiver() else {
        return true;
    };
    let Callable { what, borrow, .. } = called;
    match &receiver.kind {
        ReceiverKind::Reference(_, None, _) => return true,
        ReceiverKind::Reference(_, Some(lifetime), _) => {
            let message = format!("`self` of {what} can't have a named lifetime; remove it");
            diagnostics.add(lifetime, message);
        }
        ReceiverKind::Typed(_, ty) => {
            let message = format!("{what} can't take `self` as another type; {borrow}");
            diagnostics.add(ty, message);
        }
        _ => {
            let message = format!("{what} can't take ownership of the record; {borrow}");
            diagnostics.add(receiver.self_token, message);
        }
    }
    false
}

/// Requires a name, which is the name of the property in the payload.
fn check_parameter_name(parameter: &PatType, diagnostics: &mut Diagnostics) -> bool {
    match &*parameter.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => return true,
        // The whole payload needs no name.
        _ if payload_attributes(&parameter.attrs).next().is_some() => return true,
        // A borrowed parameter is the context, which clients do not send.
        Pat::Wild(_) if matches!(ungrouped(&parameter.ty), Type::Reference(_)) => return true,
        pattern => {
            let message = "a parameter is a property of the payload and can't be a pattern; write `name: Type`";
            diagnostics.add(pattern, message);
        }
    }
    false
}

/// Requires an owned type, except for the context.
fn check_parameter_is_owned(parameter: &PatType, diagnostics: &mut Diagnostics) -> bool {
    let own = "write an owned type, such as `String`";
    match ungrouped(&parameter.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            let message = format!("a remote method can borrow only `&Context`; {own}");
            diagnostics.add(reference, message);
        }
        Type::Reference(reference) => {
            let Some(lifetime) = reference
                .lifetime
                .as_ref()
                .filter(|lifetime| lifetime.ident != "_")
            else {
                return check_context_attributes(parameter, diagnostics);
            };
            diagnostics.add(
                lifetime,
                "the context can't have a named lifetime; write `&Context`",
            );
        }
        ty if contains_keyword(ty, "impl") => {
            diagnostics.add(
                ty,
                "a parameter can't be `impl Trait`; write a concrete type",
            );
        }
        ty if is_context(parameter, ty) => {
            diagnostics.add(ty, "the context must be borrowed; write `&Context`");
        }
        ty if borrows(ty) => diagnostics.add(
            ty,
            format!("a parameter can't borrow from the payload; {own}"),
        ),
        _ => return true,
    }
    false
}

/// Whether a parameter is the context by value. A payload may have a type of the same name, so the name
/// of the parameter counts unless the path names the crate.
fn is_context(parameter: &PatType, ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let is_name = |name: &str| {
        matches!(
            name.trim_start_matches('_'),
            "" | "c" | "cx" | "ctx" | "context"
        )
    };
    let segments: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|it| it.ident.to_string())
        .collect();
    match segments.as_slice() {
        [name] if name == "Context" => match &*parameter.pat {
            Pat::Ident(pattern) => is_name(&pattern.ident.to_string()),
            Pat::Wild(_) => true,
            _ => false,
        },
        [name, last] => name == "sockful" && last == "Context",
        _ => false,
    }
}

/// Rejects rules and defaults on the context.
fn check_context_attributes(parameter: &PatType, diagnostics: &mut Diagnostics) -> bool {
    let mut attributes = parameter.attrs.iter();
    let attribute = attributes.find(|attribute| {
        ["resource", "payload"]
            .iter()
            .any(|name| attribute.path().is_ident(name))
    });
    if let Some(attribute) = attribute {
        diagnostics.add(
            attribute,
            "the context is not a property of the payload; remove this attribute",
        );
    }
    attribute.is_none()
}

/// Rejects conditional parameters, which would change the payload of the method.
fn check_parameter_cfg(parameter: &PatType, diagnostics: &mut Diagnostics) {
    if let Some(condition) = cfg_attributes(&parameter.attrs).first() {
        diagnostics.add(
            condition,
            "a parameter can't have #[cfg(…)]; write two methods with #[cfg(…)] instead",
        );
    }
}

/// Rejects `impl Trait`: the description needs the type of the result.
fn check_output(method: &Method<'_>, diagnostics: &mut Diagnostics) {
    let ReturnType::Type(_, ty) = &method.item.sig.output else {
        return;
    };
    if contains_keyword(ty, "impl") {
        diagnostics.add(ty, "a result can't be `impl Trait`; write a concrete type");
    }
}
