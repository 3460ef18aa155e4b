//! Expands the table of hooks.

use super::tokens::{ends, mixed, parenthesize, replace_self};
use crate::attributes::Phase;
use crate::model::{
    Block, Hook, HookAction, HookParam, OldRecord, Paths, Receiver, cfg_attributes,
};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ReturnType;
use syn::ext::IdentExt;

/// Expands the table with a row for each hook and phase, if there are any.
pub(super) fn table(block: &Block<'_>, this: &TokenStream) -> Option<TokenStream> {
    let (private, paths) = (&block.paths.private, &block.paths);
    let rows: Vec<_> = block
        .hooks
        .iter()
        .flat_map(|hook| rows(hook, paths, this))
        .collect();
    (!rows.is_empty())
        .then(|| quote_spanned!(mixed()=> const HOOKS: &'static [#private::Hook] = &[#(#rows),*];))
}

/// Imports a fallback for a type that is not a resource, so that this is reported only once.
pub(super) fn no_records_import(block: &Block<'_>) -> Option<TokenStream> {
    let bounds = &block.paths.bounds;
    let is_needed = !block.hooks.is_empty() || block.policies.iter().any(|it| it.has_self);
    is_needed.then(|| quote_spanned!(mixed()=> use #bounds::NoRecordAccess as _;))
}

fn rows(hook: &Hook<'_>, paths: &Paths, this: &TokenStream) -> Vec<TokenStream> {
    let private = &paths.private;
    let conditions = cfg_attributes(&hook.item.attrs);
    let name = hook.ident.unraw().to_string();
    let body = body(hook, paths, this);
    // A future that is not `Send` is reported at the method's name.
    let at_name = hook.ident.span().resolved_at(mixed());
    let private_at_name = Paths::private_at(at_name);
    let rows = hook.phases.iter().map(|(phase, targets)| {
        let phase = match phase {
            Phase::Before => quote!(Before),
            Phase::After => quote!(After),
        };
        let on = targets.iter().filter_map(|target| target.action.as_ref());
        let on = on.map(|on| match on {
            HookAction::Create => quote_spanned!(mixed()=> #private::HookAction::Create),
            HookAction::Update => quote_spanned!(mixed()=> #private::HookAction::Update),
            HookAction::Destroy => quote_spanned!(mixed()=> #private::HookAction::Destroy),
            HookAction::Method(name, _) => {
                quote_spanned!(mixed()=> #private::HookAction::Remote(#name))
            }
        });
        let run = quote_spanned!(at_name=> #private_at_name::Box::pin(async move #body));
        quote_spanned! {mixed()=>
            #(#conditions)*
            #private::Hook {
                name: #name,
                phase: #private::HookPhase::#phase,
                on: &[#(#on),*],
                run: |call| #run,
            }
        }
    });
    rows.collect()
}

fn body(hook: &Hook<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let bounds = &paths.bounds;
    let record = match hook.receiver {
        Receiver::None => None,
        Receiver::Ref => Some(quote_spanned!(mixed()=> let record = records.record(call)?;)),
        Receiver::Mut => Some(quote_spanned!(mixed()=> let mut record = records.record(call)?;)),
    };
    let old = hook.given.iter().find_map(|given| match given {
        HookParam::Context(_) => None,
        HookParam::Old(OldRecord::Required(_)) => {
            Some(quote_spanned!(mixed()=> let old = records.stored(call)?;))
        }
        HookParam::Old(OldRecord::Optional(_)) => {
            Some(quote_spanned!(mixed()=> let old = records.old(call)?;))
        }
    });
    let records = (record.is_some() || old.is_some()).then(
        || quote_spanned!(mixed()=> let records = #bounds::RecordAccess::<#this>::FUNCTIONS;),
    );
    let outcome = outcome(hook, paths, this);
    let end = match hook.receiver {
        Receiver::Mut => quote_spanned!(mixed()=> #outcome?; records.replace(call, &record)),
        Receiver::None | Receiver::Ref => outcome,
    };
    quote_spanned!(mixed()=> { #records #record #old #end })
}

/// Expands the call of the hook and the conversion of its result.
fn outcome(hook: &Hook<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let (ident, bounds) = (hook.ident, &paths.bounds);
    let receiver = match hook.receiver {
        Receiver::None => None,
        Receiver::Ref => Some(quote_spanned!(mixed()=> &record,)),
        Receiver::Mut => Some(quote_spanned!(mixed()=> &mut record,)),
    };
    let given = hook.given.iter().map(|given| match given {
        HookParam::Context(ty) => {
            let ty = replace_self(ty, this);
            quote_spanned!(mixed()=> #bounds::hook_arg::<#ty>(call.context()))
        }
        // A type that is not the record is reported at the type.
        HookParam::Old(OldRecord::Required(parameter)) => {
            let (first, last) = ends(&parameter.ty.to_token_stream());
            let old = quote_spanned!(last=> old);
            quote_spanned!(first=> &#old)
        }
        HookParam::Old(OldRecord::Optional(parameter)) => {
            let (first, last) = ends(&parameter.ty.to_token_stream());
            let old = parenthesize(quote_spanned!(last=> &old), last);
            let private = Paths::private_at(first);
            quote_spanned!(first=> #private::Option::as_ref #old)
        }
    });
    let awaited = hook.item.sig.asyncness;
    let awaited = awaited.map(|_| quote_spanned!(mixed()=> .await));
    // An unsupported result is reported at its type.
    let returned = match &hook.item.sig.output {
        ReturnType::Type(_, ty) => ty.to_token_stream(),
        ReturnType::Default => ident.to_token_stream(),
    };
    let (first, last) = ends(&returned);
    let bounds = Paths::bounds_at(first);
    let returned = quote_spanned!(mixed()=> (<#this>::#ident(#receiver #(#given),*) #awaited));
    let split = parenthesize(
        quote_spanned!(last=> #bounds::Returned #returned.into_result()),
        last,
    );
    quote_spanned!(first=> #bounds::hook_output #split)
}
