//! Checks `#[payload]` and the parameters next to it.

use crate::diagnostics::Diagnostics;
use crate::model::{Method, payload_attributes, typed_params, ungrouped};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Meta, Pat, PatType, Type};

/// Requires that a parameter which takes the whole payload is the only one.
pub(super) fn check(method: &Method<'_>, diagnostics: &mut Diagnostics) {
    check_not_on_method(method, diagnostics);
    check_not_on_self(method, diagnostics);
    let is_owned = |parameter: &&PatType| !matches!(ungrouped(&parameter.ty), Type::Reference(_));
    let parameters: Vec<&PatType> = typed_params(method.item).filter(is_owned).collect();
    for parameter in &parameters {
        check_attribute(parameter, diagnostics);
        check_no_other_attributes(parameter, diagnostics);
    }
    let mut payload_attributes_of = parameters
        .iter()
        .filter_map(|it| Some((*it, payload_attribute(it)?)));
    let Some((first, attribute)) = payload_attributes_of.next() else {
        return;
    };
    let mut is_alone = true;
    for (_, again) in payload_attributes_of {
        is_alone = false;
        let first = name(first);
        let message = format!("`{first}` already takes the whole payload; remove one of them");
        diagnostics.add(again, message);
    }
    let other = parameters.iter().find(|it| payload_attribute(it).is_none());
    if let (true, Some(other)) = (is_alone, other) {
        let (first, other) = (name(first), name(other));
        let message = format!(
            "`{first}` takes the whole payload, so `{other}` can't be a parameter; make `{other}` a field of the payload type, or remove this attribute"
        );
        diagnostics.add(attribute, message);
    }
}

fn payload_attribute(parameter: &PatType) -> Option<&Attribute> {
    payload_attributes(&parameter.attrs).next()
}

/// The name of a parameter in messages.
fn name(parameter: &PatType) -> String {
    match &*parameter.pat {
        Pat::Ident(pattern) => pattern.ident.unraw().to_string(),
        pattern => pattern.to_token_stream().to_string(),
    }
}

/// Rejects `#[payload]` on a method: the attribute marks one parameter.
fn check_not_on_method(method: &Method<'_>, diagnostics: &mut Diagnostics) {
    for attribute in payload_attributes(&method.item.attrs) {
        let message = "`payload` applies to a parameter, not to a remote method";
        diagnostics.add(attribute, message);
    }
}

/// Rejects attributes on `self`, which is the record and not part of the payload.
fn check_not_on_self(method: &Method<'_>, diagnostics: &mut Diagnostics) {
    let Some(receiver) = method.item.sig.receiver() else {
        return;
    };
    let mut attributes = receiver.attrs.iter();
    let is_ours = |it: &&Attribute| it.path().is_ident("resource") || it.path().is_ident("payload");
    if let Some(attribute) = attributes.find(is_ours) {
        diagnostics.add(
            attribute,
            "`self` is the record, not part of the payload; remove this attribute",
        );
    }
}

/// Requires that the attribute is written once, without arguments, path or condition.
fn check_attribute(parameter: &PatType, diagnostics: &mut Diagnostics) {
    for (at, attribute) in payload_attributes(&parameter.attrs).enumerate() {
        let follows = "`payload` takes no value; remove what follows it";
        match &attribute.meta {
            _ if attribute.path().is_ident("cfg_attr") => diagnostics.add(
                attribute,
                "`payload` can't be inside `cfg_attr`; write two methods with #[cfg(…)] instead",
            ),
            _ if !attribute.path().is_ident("payload") => {
                diagnostics.add(attribute.path(), "write `#[payload]` without a path");
            }
            _ if at > 0 => {
                diagnostics.add(attribute, "duplicate attribute `payload`; remove one");
            }
            Meta::Path(_) => {}
            Meta::List(list) if list.tokens.is_empty() => diagnostics.add(attribute, follows),
            Meta::List(list) => diagnostics.add(&list.tokens, follows),
            Meta::NameValue(pair) => diagnostics.add(&pair.value, follows),
        }
    }
}

/// Rejects rules and defaults, which belong to the fields of the payload's type.
fn check_no_other_attributes(parameter: &PatType, diagnostics: &mut Diagnostics) {
    let mut attributes = parameter.attrs.iter();
    let attribute = attributes.find(|attribute| attribute.path().is_ident("resource"));
    if let (Some(_), Some(attribute)) = (payload_attribute(parameter), attribute) {
        let message = "a #[payload] parameter takes no attributes, because its type defines the rules; remove this attribute";
        diagnostics.add(attribute, message);
    }
}
