//! Bounds on the stubs of methods whose feature is off. No type implements these traits, so calling
//! such a method is a compile error that names the feature.

/// The feature `tls`, which is off.
#[cfg(not(feature = "tls"))]
#[diagnostic::on_unimplemented(
    message = "this method needs the feature `tls` of sockful",
    label = "the feature `tls` is off",
    note = "add \"tls\" to the features of `sockful` in Cargo.toml"
)]
pub trait TlsFeature {}

/// The feature `tower`, which is off.
#[cfg(not(feature = "tower"))]
#[diagnostic::on_unimplemented(
    message = "this method needs the feature `tower` of sockful",
    label = "the feature `tower` is off",
    note = "add \"tower\" to the features of `sockful` in Cargo.toml"
)]
pub trait TowerFeature {}
