//! Checks from the descriptions whether a newer program can open a store.

use super::resource_versions::{
    bare, filled, first, indexed, more, numbered, renamed, sanitized, small, unfit, unique,
};
use serde_json::Value;
use sockful::compatibility::Verdict;
use sockful::{Resources, resources};

/// Returns the changes since the first version, one per line.
fn changes(now: Resources) -> (Verdict, Vec<String>) {
    let before = resources![first::Creature].stored().expect("a description");
    let before: Value = serde_json::from_str(&before).expect("a description is JSON");
    let compared = now
        .compare_stored(&before)
        .expect("the descriptions are comparable");
    let lines = compared.changes.iter().map(ToString::to_string);
    (compared.verdict, lines.collect())
}

#[test]
fn unconditional_changes_are_listed() {
    assert_eq!(
        changes(resources![first::Creature]),
        (Verdict::Same, vec![])
    );
    let lines = |expected: &[&str]| expected.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        changes(resources![indexed::Creature]).1,
        lines(&["compatible: creature kind is now indexed, which limits strings to 1,024 bytes"])
    );
    assert_eq!(
        changes(resources![renamed::Beast]).1,
        lines(&["compatible: beast was renamed from `creature`"])
    );
    let (_, lines) = changes(resources![more::Creature]);
    for line in [
        "compatible: creature species was renamed from `kind`",
        "compatible: creature species is now indexed, which limits strings to 1,024 bytes",
        "compatible: creature wings is new",
        "compatible: creature nick is new",
        "compatible: creature rev is new",
        "compatible: creature since is new",
        "compatible: creature whisper was renamed from `secret`",
    ] {
        assert!(lines.iter().any(|it| it == line), "{line}: {lines:#?}");
    }
}

#[test]
fn data_dependent_changes_are_listed_with_a_fix() {
    for (now, line) in [
        (
            resources![bare::Creature],
            "breaking: creature note was removed",
        ),
        (
            resources![unfit::Creature],
            "breaking: creature owner is new, but existing records have no value; write #[resource(default = …)]",
        ),
        (
            resources![unfit::Creature],
            "breaking: creature secret can no longer be a string",
        ),
        (
            resources![small::Creature],
            "breaking: creature life now has a narrower `maximum`: 5",
        ),
        (
            resources![numbered::Creature],
            "breaking: creature number is new and unique, but existing records would share its default",
        ),
        (
            resources![unique::Creature],
            "breaking: creature kind is now unique, but existing records may share a value",
        ),
    ] {
        let (verdict, lines) = changes(now);
        assert_eq!(verdict, Verdict::Breaking);
        assert!(
            lines.iter().any(|it| it.starts_with(line)),
            "{line}: {lines:#?}"
        );
    }
}

#[tokio::test]
async fn every_rejected_migration_was_predicted() {
    for (nth, now) in [
        resources![first::Creature],
        resources![more::Creature],
        resources![indexed::Creature],
        resources![bare::Creature],
        resources![unfit::Creature],
        resources![small::Creature],
        resources![unique::Creature],
        resources![renamed::Beast],
        resources![numbered::Creature],
    ]
    .into_iter()
    .enumerate()
    {
        let folder = filled(&format!("predicted-{nth}")).await;
        let is_open = folder.open(now).await.is_ok();
        let (verdict, lines) = changes(now);
        assert!(is_open || verdict == Verdict::Breaking, "{lines:#?}");
    }
}

#[test]
fn invalid_stored_description_is_rejected() {
    for text in [
        "{}",
        "[]",
        r#"{"stored": 7}"#,
        r#"{"stored": {"creature": {"id": 7}}}"#,
    ] {
        let older: Value = serde_json::from_str(text).expect("JSON");
        let error = resources![first::Creature].compare_stored(&older);
        let error = error.expect_err(text).to_string();
        assert!(
            error.starts_with("is not a description")
                || error.starts_with("has an invalid description of `creature`"),
            "{error}"
        );
    }
}

#[test]
fn sanitizers_and_key_forms_are_reported() {
    let (_, lines) = changes(resources![sanitized::Creature]);
    for line in [
        "compatible: creature kind is now sanitized by `trim, lowercase`, including stored values",
        "breaking: creature kind is now unique, but existing records may share a value",
        "compatible: creature secret is now sanitized by `Self::mark`, including stored values",
        "compatible: creature note is now compared by its value (`time/1`)",
    ] {
        assert!(
            lines.iter().any(|it| it.starts_with(line)),
            "{line}: {lines:#?}"
        );
    }
}
