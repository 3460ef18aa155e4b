//! Compiles the Rust examples of the documents, and runs those that are not marked `no_run`.
//!
//! `repository.rs` checks that every document with such examples is listed.

/// Makes the examples of documents doctests of this crate.
macro_rules! documents {
    ($($name:ident: $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../docs/", $path))]
            pub mod $name {}
        )*
    };
}

documents! {
    getting_started: "getting-started.md",
    resources: "guide/resources.md",
    methods: "guide/methods.md",
    relations: "guide/relations.md",
    validation: "guide/validation.md",
    authentication: "guide/authentication.md",
    authorization: "guide/authorization.md",
    queries: "guide/queries.md",
    live_queries: "guide/live-queries.md",
    transactions_and_hooks: "guide/transactions-and-hooks.md",
    errors: "guide/errors.md",
    testing: "guide/testing.md",
    stores: "guide/stores.md",
    deployment: "guide/deployment.md",
    limits: "guide/limits.md",
    configuration: "reference/configuration.md",
    command_line: "reference/command-line.md",
    author_field: "cookbook/author-field.md",
    many_to_many: "cookbook/many-to-many.md",
    unique_per_parent: "cookbook/unique-per-parent.md",
    counters: "cookbook/counters.md",
    infinite_scroll: "cookbook/infinite-scroll.md",
    uploads: "cookbook/uploads.md",
    scheduled_jobs: "cookbook/scheduled-jobs.md",
    webhooks: "cookbook/webhooks.md",
    password_sign_in: "cookbook/password-sign-in.md",
    cookie_sessions: "cookbook/cookie-sessions.md",
    reverse_proxies: "cookbook/reverse-proxies.md",
}
