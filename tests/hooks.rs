//! Hooks before and after a commit.

mod after_commit;
mod before_commit;
