//! The compiler names the feature that an item needs. Only features that are off are tested, so run
//! this with `cargo test --package sockful`.
//!
//! `TRYBUILD=overwrite` updates the expected messages after a change. Review the diff.

use std::process::Command;

/// The compiler that wrote the expected messages.
const COMPILER: &str = "rustc 1.95.";

const FEATURES: [(&str, bool); 7] = [
    ("client", cfg!(feature = "client")),
    ("garde", cfg!(feature = "garde")),
    ("jwt", cfg!(feature = "jwt")),
    ("sqlite", cfg!(feature = "sqlite")),
    ("store-conformance", cfg!(feature = "store-conformance")),
    ("tls", cfg!(feature = "tls")),
    ("tower", cfg!(feature = "tower")),
];

#[test]
fn message_names_the_disabled_feature() {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.expect("rustc runs").stdout;
    let disabled = FEATURES.iter().filter(|(_, is_enabled)| !is_enabled);
    let cases = trybuild::TestCases::new();
    for (feature, _) in disabled {
        let case = format!("tests/disabled_features/{feature}");
        // Absent only while `TRYBUILD=overwrite` writes the first one.
        if let Ok(message) = std::fs::read_to_string(format!("{case}.stderr")) {
            let names = [format!("`{feature}`"), format!("\"{feature}\"")];
            let is_named = names.iter().any(|name| message.contains(name));
            assert!(is_named, "{case}: {message}");
        }
        if version.starts_with(COMPILER.as_bytes()) {
            cases.compile_fail(format!("{case}.rs"));
        }
    }
}
