//! Stores: conformance, limits, migration, backup, restart.

mod backup;
mod conformance;
mod limits;
mod migration;
mod migration_check;
mod opening_and_closing;
mod renames_and_rollback;
mod reserializing_store;
mod resource_versions;
mod restored_history;
mod resume_after_restart;
mod temp_folder;
mod unwritable_folder;
