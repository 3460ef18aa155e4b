//! The layers of the crates of this workspace.

use super::rules::Layers;

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
        exceptions: &[],
        is_enforced: false,
    },
];
