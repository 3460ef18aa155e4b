//! Expands the table of policies.

use super::tokens::{ends, mixed, replace_self};
use crate::model::{
    Block, Paths, Policy, PolicyAction, PolicyTarget, cfg_attributes, typed_params,
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{PatType, ReturnType};

/// Expands the table with a row for each policy, if there are any.
pub(super) fn table(block: &Block<'_>, this: &TokenStream) -> Option<TokenStream> {
    let (private, paths) = (&block.paths.private, &block.paths);
    let policies = &block.policies;
    let rows = policies.iter().map(|policy| row(policy, paths, this));
    (!policies.is_empty()).then(
        || quote_spanned!(mixed()=> const POLICIES: &'static [#private::Policy] = &[#(#rows),*];),
    )
}

fn row(policy: &Policy<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let conditions = cfg_attributes(&policy.item.attrs);
    let name = policy.ident.unraw().to_string();
    let on = policy
        .targets
        .iter()
        .filter_map(|it| action_token(it, paths));
    let decide = decide(policy, paths, this);
    quote_spanned! {mixed()=>
        #(#conditions)*
        #private::Policy { name: #name, on: &[#(#on),*], decide: #decide }
    }
}

fn action_token(target: &PolicyTarget<'_>, paths: &Paths) -> Option<TokenStream> {
    let private = &paths.private;
    Some(match target.action.as_ref()? {
        PolicyAction::Read => quote_spanned!(mixed()=> #private::Grant::Read),
        PolicyAction::Create => quote_spanned!(mixed()=> #private::Grant::Create),
        PolicyAction::Update => quote_spanned!(mixed()=> #private::Grant::Update),
        PolicyAction::Destroy => quote_spanned!(mixed()=> #private::Grant::Destroy),
        PolicyAction::Method(name, _) => quote_spanned!(mixed()=> #private::Grant::Remote(#name)),
    })
}

/// Expands the function that calls the policy. Type errors are reported at the user's types.
fn decide(policy: &Policy<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let (private, ident) = (&paths.private, policy.ident);
    let parameter = typed_params(policy.item).next();
    let user = parameter.map(|parameter| user(parameter, policy, paths, this));
    let record = policy.has_self.then(|| {
        let bounds = &paths.bounds;
        quote_spanned!(mixed()=> let record = #bounds::RecordAccess::<#this>::FUNCTIONS.subject(subject)?;)
    });
    let receiver = record.as_ref().map(|_| quote_spanned!(mixed()=> &record,));
    let argument = parameter.map(|_| quote_spanned!(mixed()=> user));
    let call = quote_spanned!(mixed()=> <#this>::#ident(#receiver #argument));
    let result = result(policy, &call, this);
    let (kind, given) = match (policy.has_self, parameter) {
        (true, _) => (quote!(Record), quote_spanned!(mixed()=> subject)),
        (false, Some(_)) => (kind_without_record(policy), quote_spanned!(mixed()=> user)),
        (false, None) => (kind_without_record(policy), quote_spanned!(mixed()=> _)),
    };
    quote_spanned!(mixed()=> #private::PolicyFn::#kind(|#given| { #user #record #result }))
}

/// The kind of a policy that takes no record.
fn kind_without_record(policy: &Policy<'_>) -> TokenStream {
    if policy.decides_read() {
        quote!(Read)
    } else {
        quote!(User)
    }
}

/// Expands the conversion of the user to the type of the parameter.
fn user(
    parameter: &PatType,
    policy: &Policy<'_>,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let bounds = &paths.bounds;
    let user = if policy.has_self {
        quote_spanned!(mixed()=> subject.user())
    } else {
        quote_spanned!(mixed()=> user)
    };
    let ty = replace_self(&parameter.ty, this);
    let (first, last) = ends(&ty);
    let (at_type, kind) = (Paths::bounds_at(first), quote_spanned!(last=> KIND));
    let kind = quote_spanned!(first=> #at_type::ArgKind::<#ty>::#kind);
    quote_spanned!(mixed()=> let user = #bounds::policy_arg::<#ty>(#user, #kind)?;)
}

/// Expands the conversion of the method's result.
fn result(policy: &Policy<'_>, call: &TokenStream, this: &TokenStream) -> TokenStream {
    let returned = match &policy.item.sig.output {
        ReturnType::Type(_, ty) => replace_self(ty, this),
        ReturnType::Default => quote_spanned!(mixed()=> ()),
    };
    let bounds = Paths::bounds_at(ends(&returned).0);
    if policy.decides_read() {
        quote_spanned!(mixed()=> #bounds::read_policy_output::<#this, #returned>(#call))
    } else {
        quote_spanned!(mixed()=> #bounds::policy_output::<#returned>(#call))
    }
}
