//! The layers of the crates of this workspace.

use super::rules::{Exception, Layers};

/// The crates whose imports are checked.
pub(crate) const PACKAGES: &[Layers] = &[
    Layers {
        package: "sockful-derive",
        folders: &[
            "diagnostics",
            "names",
            "attributes",
            "model",
            "check",
            "expand",
            "macros",
        ],
        exceptions: &[],
        is_enforced: true,
    },
    Layers {
        package: "sockful-runtime",
        folders: &[
            "core",
            "model",
            "query",
            "protocol",
            "store",
            "live",
            "engine",
            "spec",
            "dispatch",
            "transport",
            "server",
            "macro_support",
            "client",
            "testing",
        ],
        exceptions: &[
            Exception {
                from: "engine/call/context.rs",
                to: "engine/app.rs",
                reason: "the app's table holds functions over the call's context, which refers to the app",
            },
            Exception {
                from: "engine/peer.rs",
                to: "engine/app.rs",
                reason: "the context reaches the app through its peer",
            },
        ],
        is_enforced: true,
    },
];
