//! What the compiler tells users of the macros, and what it must accept.
//!
//! Messages are compared as the pinned compiler writes them: `TRYBUILD=overwrite` takes them over
//! after a change, and the diff is to be read.

#[test]
fn one_mistake_gives_one_error_in_plain_words_and_twins_compile() {
    let cases = trybuild::TestCases::new();
    for of in ["derive", "remote", "resources"] {
        cases.pass(format!("ui/{of}/pass/*.rs"));
        cases.compile_fail(format!("ui/{of}/fail/*.rs"));
    }
}

#[test]
fn no_message_tells_of_what_is_inside() {
    let mut messages = 0;
    for of in ["derive", "remote", "resources"] {
        for file in std::fs::read_dir(format!("ui/{of}/fail")).expect("a folder") {
            let path = file.expect("a file").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "stderr")
            {
                let message = std::fs::read_to_string(&path).expect("a text");
                for inner in [
                    "__private",
                    "__must",
                    "sockful_runtime::",
                    "sockful_derive::",
                ] {
                    assert!(!message.contains(inner), "`{inner}` in {}", path.display());
                }
                messages += 1;
            }
        }
    }
    assert!(messages > 40, "{messages}");
}
