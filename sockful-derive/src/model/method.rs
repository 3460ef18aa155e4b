//! A remote method of an impl block, and its parameters.

use super::property::DefaultValue;
use super::rules::Rules;
use super::types::ungrouped;
use crate::attributes::{Attributes, Target, has_name};
use crate::diagnostics::Diagnostics;
use crate::names::{Name, camel_case};
use std::time::Duration;
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Ident, ImplItemFn, Pat, PatType, ReceiverKind, Type};

/// A remote method.
#[derive(Debug)]
pub(crate) struct Method<'a> {
    pub(crate) item: &'a ImplItemFn,
    pub(crate) ident: &'a Ident,
    pub(crate) name: Name,
    pub(crate) receiver: Receiver,
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) timeout: Option<Duration>,
}

/// The `self` parameter of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receiver {
    None,
    Ref,
    Mut,
}

/// An argument of a method.
#[derive(Debug)]
pub(crate) enum Argument<'a> {
    /// The context, with the type behind the reference.
    Borrowed { ty: &'a Type },
    /// A value from the payload.
    Owned(Parameter<'a>),
}

/// A parameter that takes a property of the payload, or the whole payload.
#[derive(Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) default: Option<DefaultValue<'a>>,
    pub(crate) rules: Rules<'a>,
    pub(crate) is_wide: bool,
    /// Whether it takes the whole payload; its name does not matter then.
    pub(crate) is_payload: bool,
}

/// The attributes of a method and its parameters, read first so that the model can borrow them.
#[derive(Debug)]
pub(super) struct MethodAttributes {
    method: Attributes,
    parameters: Vec<Attributes>,
}

impl MethodAttributes {
    pub(super) fn of(item: &ImplItemFn, diagnostics: &mut Diagnostics) -> Self {
        let method = Attributes::of(&item.attrs, Target::Method, diagnostics);
        let parameters = typed_params(item)
            .map(|parameter| Attributes::of(&parameter.attrs, Target::Parameter, diagnostics))
            .collect();
        Self { method, parameters }
    }
}

impl<'a> Method<'a> {
    pub(super) fn of(item: &'a ImplItemFn, attributes: &'a MethodAttributes) -> Self {
        let ident = &item.sig.ident;
        let derived = Name {
            text: camel_case(&ident.unraw().to_string()),
            span: ident.span(),
        };
        Self {
            item,
            ident,
            name: attributes.method.name("name").cloned().unwrap_or(derived),
            receiver: Receiver::of(item),
            arguments: typed_params(item)
                .zip(&attributes.parameters)
                .filter_map(|(it, attributes)| Argument::of(it, attributes))
                .collect(),
            timeout: attributes.method.duration("timeout"),
        }
    }

    /// The parameters that are read from the payload.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter<'a>> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Owned(parameter) => Some(parameter),
            Argument::Borrowed { .. } => None,
        })
    }
}

impl Receiver {
    pub(super) fn of(method: &ImplItemFn) -> Self {
        match method.sig.receiver().map(|receiver| &receiver.kind) {
            None => Self::None,
            Some(ReceiverKind::Reference(_, _, Some(_))) => Self::Mut,
            Some(_) => Self::Ref,
        }
    }
}

impl<'a> Argument<'a> {
    /// Classifies a parameter; `None` for one that the checks reject.
    fn of(parameter: &'a PatType, attributes: &'a Attributes) -> Option<Self> {
        if let Type::Reference(reference) = ungrouped(&parameter.ty) {
            return Some(Self::Borrowed {
                ty: &reference.elem,
            });
        }
        let is_payload = payload_attributes(&parameter.attrs).next().is_some();
        let name = match &*parameter.pat {
            Pat::Ident(pattern) => pattern.ident.unraw().to_string(),
            _ if is_payload => String::new(),
            _ => return None,
        };
        Some(Self::Owned(Parameter {
            name,
            ty: &parameter.ty,
            default: DefaultValue::of(attributes),
            rules: Rules::of(attributes),
            is_wide: attributes.has("wide"),
            is_payload,
        }))
    }
}

/// The `#[payload]` attributes.
pub(crate) fn payload_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| has_name(attribute, "payload"))
}

/// The parameters of a method except `self`.
pub(crate) fn typed_params(method: &ImplItemFn) -> impl Iterator<Item = &PatType> {
    method.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}
