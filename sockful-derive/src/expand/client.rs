//! Expands the trait with which a client calls the remote methods of a block.

use super::tokens::{mixed, replace_self};
use crate::model::{Block, Method, Parameter, Paths, Receiver, cfg_attributes};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, GenericArgument, Lifetime, PathArguments, ReturnType, Type};

/// Expands `CreatureRemotes`, which every handle on the records of `Creature` implements. It has no bounds
/// on `Creature` or on the types of methods, so that their errors are reported once.
pub(super) fn remotes(block: &Block<'_>) -> Option<TokenStream> {
    let this = block.item.self_ty.to_token_stream();
    let resource = name(&block.item.self_ty).filter(|_| !block.methods.is_empty())?;
    let private = &block.paths.rooted;
    let name = format_ident!("{}Remotes", resource.unraw(), span = resource.span());
    let doc = format!("The remote methods of `{resource}`, for clients to call.");
    let methods = block
        .methods
        .iter()
        .map(|method| self::method(method, &block.paths, &this));
    Some(quote_spanned! {mixed()=>
        #private::client! {
        #[doc = #doc]
        #[allow(
            dead_code, deprecated, private_bounds, private_interfaces, unreachable_pub,
            unused_qualifications, clippy::too_many_arguments, clippy::wrong_self_convention,
        )]
        pub trait #name: #private::CallRemotes<#this> {
            #(#methods)*
        }
        #[allow(private_bounds, unused_qualifications)]
        #[automatically_derived]
        impl<__C: #private::CallRemotes<#this>> #name for __C {}
        }
    })
}

fn name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => Some(&path.path.segments.last()?.ident),
        _ => None,
    }
}

fn method(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.rooted;
    let (ident, action) = (method.ident, &method.name.text);
    let (conditions, docs) = (cfg_attributes(&method.item.attrs), docs(&method.item.attrs));
    let parameters: Vec<_> = method
        .parameters()
        .map(|parameter| (parameter, argument(parameter)))
        .collect();
    let is_taken = parameters.iter().any(|(_, argument)| argument == "id");
    let id = Ident::new(if is_taken { "of" } else { "id" }, Span::call_site());
    let (address, payload) = match method.receiver {
        Receiver::None => (
            None,
            quote_spanned!(mixed()=> #private::CallRemotes::<#this>::payload(self)),
        ),
        Receiver::Ref | Receiver::Mut => (
            Some(quote_spanned!(mixed()=> #id: impl ::core::convert::Into<Self::Id>,)),
            quote_spanned!(mixed()=> #private::CallRemotes::<#this>::payload_to(self, #id.into())),
        ),
    };
    let declared = parameters.iter().map(|(parameter, argument)| {
        let ty = replace_self(parameter.ty, this);
        if parameter.is_payload {
            quote_spanned!(mixed()=> #argument: impl #private::Argument<#ty>)
        } else {
            quote_spanned!(mixed()=> #argument: #ty)
        }
    });
    let given = parameters.iter().map(|(parameter, argument)| {
        let ty = replace_self(parameter.ty, this);
        if parameter.is_payload {
            return quote_spanned!(mixed()=> .whole::<#ty>(&#argument));
        }
        let name = &parameter.name;
        let codec = if parameter.is_wide {
            quote_spanned!(mixed()=> #private::BigIntArgument::<#ty>::CODEC)
        } else {
            quote_spanned!(mixed()=> #private::FieldCodec::<#ty>::CODEC)
        };
        quote_spanned!(mixed()=> .with(#name, &#codec, &#argument))
    });
    let result = result(method, private, this);
    // With full paths, because a remote method may have the name of a method used here.
    quote_spanned! {mixed()=>
        #(#conditions)*
        #(#docs)*
        fn #ident(&self, #address #(#declared),*) -> #private::Call<#result>
        where
            Self: #private::DecodeOutput<#result>,
        {
            use #private::NoFieldCodec as _;
            #private::CallRemotes::<#this>::send(self, #action, #payload #(#given)*)
        }
    }
}

/// The name of the argument, which is that of the parameter.
fn argument(parameter: &Parameter<'_>) -> Ident {
    let name = if parameter.is_payload {
        "payload"
    } else {
        &parameter.name
    };
    let span = Span::call_site();
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, span))
}

fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
}

/// Expands the result for a client: the `Ok` type of a `Result`, or the return type, owned if borrowed.
fn result(method: &Method<'_>, private: &TokenStream, this: &TokenStream) -> TokenStream {
    let ReturnType::Type(_, returned) = &method.item.sig.output else {
        return quote_spanned!(mixed()=> ());
    };
    let ty = in_result(returned).unwrap_or(returned);
    match ty {
        Type::Reference(reference) => {
            let ty = with_static_lifetimes(replace_self(&reference.elem, this));
            quote_spanned!(mixed()=> <#ty as #private::ToOwned>::Owned)
        }
        ty => with_static_lifetimes(replace_self(ty, this)),
    }
}

fn in_result(returned: &Type) -> Option<&Type> {
    let Type::Path(path) = returned else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == "Result" => {
            match arguments.args.first()? {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Replaces elided lifetimes by `'static`, since nothing is borrowed here.
fn with_static_lifetimes(ty: TokenStream) -> TokenStream {
    let mut lasting = TokenStream::new();
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map(ToString::to_string);
        match token {
            TokenTree::Group(group) => {
                let inside = group_with_static_lifetimes(&group);
                lasting.extend([TokenTree::Group(inside)]);
            }
            TokenTree::Punct(sign) if sign.as_char() == '\'' && next.as_deref() == Some("_") => {
                tokens.next();
                lasting.extend(Lifetime::new("'static", sign.span()).into_token_stream());
            }
            TokenTree::Punct(sign) if sign.as_char() == '&' && next.as_deref() != Some("'") => {
                let lifetime = Lifetime::new("'static", sign.span());
                lasting.extend([TokenTree::Punct(sign)]);
                lasting.extend(lifetime.into_token_stream());
            }
            token => lasting.extend([token]),
        }
    }
    lasting
}

fn group_with_static_lifetimes(group: &Group) -> Group {
    let mut inside = Group::new(group.delimiter(), with_static_lifetimes(group.stream()));
    inside.set_span(group.span());
    inside
}
