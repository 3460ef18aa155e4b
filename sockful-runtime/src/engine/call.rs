//! One call of a remote method, hook or action: its context, transaction and writes.

pub(crate) mod after_hooks;
pub(crate) mod commit;
pub(crate) mod context;
pub(crate) mod delivery_scope;
pub(crate) mod destroy;
pub(crate) mod events;
pub mod hook;
pub(crate) mod include;
pub mod method;
pub mod methods;
pub(crate) mod outcome;
pub(crate) mod records;
pub(crate) mod stage;
pub(crate) mod transaction;
pub(crate) mod write;
