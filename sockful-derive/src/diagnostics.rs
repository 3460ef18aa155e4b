//! Collects the errors of one macro call, so that the compiler reports all of them at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;
use syn::Error;

/// The errors found so far.
///
/// Call [`finish`](Self::finish) before it is dropped; otherwise the errors are lost.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    errors: Vec<Error>,
    finished: bool,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an error that spans all of `node`.
    pub(crate) fn add(&mut self, node: impl ToTokens, message: impl Display) {
        self.errors.push(Error::new_spanned(node, message));
    }

    /// Adds an error of a parser.
    pub(crate) fn push(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Returns the value, or adds the error.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Converts the errors to `compile_error!` calls; `None` if there are none.
    pub(crate) fn finish(mut self) -> Option<TokenStream> {
        self.finished = true;
        let errors = self.errors.drain(..).map(Error::into_compile_error);
        errors.reduce(|mut all, error| {
            all.extend(error);
            all
        })
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let lost = !self.finished && !std::thread::panicking();
        debug_assert!(!lost, "diagnostics were collected but not emitted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;
    use syn::Ident;

    #[test]
    fn finish_reports_every_error() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.add(Ident::new("one", Span::call_site()), "first");
        diagnostics.push(Error::new(Span::call_site(), "second"));
        let errors = diagnostics
            .finish()
            .map(|tokens| tokens.to_string())
            .unwrap_or_default();
        assert_eq!(errors.matches("compile_error").count(), 2, "{errors}");
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "not emitted")]
    fn drop_without_finish_panics() {
        Diagnostics::new().add(Ident::new("one", Span::call_site()), "first");
    }
}
