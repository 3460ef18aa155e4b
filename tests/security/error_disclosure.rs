//! How failures are reported: the cause in the log, an id in log and reply, secrets nowhere.

mod causes;
mod failing_store;
mod secrets;
