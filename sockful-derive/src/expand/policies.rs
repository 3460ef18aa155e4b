//! The rows of policies.

use super::tokens::{ends, mixed};
use crate::model::{Block, Grant, Granted, Paths, Policy, conditions};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;

/// The table of the block's policies, where it has any: one row a policy.
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
    let conditions = conditions(&policy.item.attrs);
    let name = policy.ident.unraw().to_string();
    let on = policy.grants.iter().filter_map(|it| grant(it, paths));
    let judge = judge(policy, paths, this);
    quote_spanned! {mixed()=>
        #(#conditions)*
        #private::Policy { name: #name, on: &[#(#on),*], judge: #judge }
    }
}

fn grant(granted: &Granted<'_>, paths: &Paths) -> Option<TokenStream> {
    let private = &paths.private;
    Some(match granted.grant.as_ref()? {
        Grant::Read => quote_spanned!(mixed()=> #private::Grant::Read),
        Grant::Create => quote_spanned!(mixed()=> #private::Grant::Create),
        Grant::Update => quote_spanned!(mixed()=> #private::Grant::Update),
        Grant::Destroy => quote_spanned!(mixed()=> #private::Grant::Destroy),
        Grant::Remote(name, _) => quote_spanned!(mixed()=> #private::Grant::Remote(#name)),
    })
}

/// How it decides. A signature that does not fit is told at the method's name.
fn judge(policy: &Policy<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let (private, ident) = (&paths.private, policy.ident);
    let (first, _) = ends(&ident.to_token_stream());
    let (must, method) = (
        Paths::must_at(first),
        quote_spanned!(first=> <#this>::#ident),
    );
    if policy.is_of_reading() {
        let seen = quote_spanned!(first=> #must::sight::<#this, _>(#method, who));
        quote_spanned!(mixed()=> #private::Judge::Read(|who| #seen))
    } else if policy.has_self {
        let records = &paths.must;
        let records = quote_spanned!(mixed()=> #records::Records::<#this>::OF);
        let may = quote_spanned!(first=> #must::permits::<#this, _>(#method, &#records, judged));
        quote_spanned!(mixed()=> #private::Judge::Record(|judged| #may))
    } else {
        let may = quote_spanned!(first=> #must::admits::<_>(#method, who));
        quote_spanned!(mixed()=> #private::Judge::User(|who| #may))
    }
}
