//! What is told of a failure, to whom: the cause to the log, an id to both, and a secret to nobody.

mod causes;
mod failing_store;
mod secrets;
