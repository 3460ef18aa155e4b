//! Reports of internal errors: the log has the cause, the log and the reply have an id, and neither has secrets.

mod causes;
mod failing_store;
mod secrets;
