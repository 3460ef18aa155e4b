//! The errors that the check finds in damaged files.

use super::*;

fn problems(path: &Path) -> String {
    let checked = check(path, TWO.into_iter()).expect("the file can be read");
    checked.problems.join("\n")
}

#[test]
fn check_finds_every_kind_of_damage() {
    let folder = Folder::new("checked");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    for n in 1..=3 {
        wait(store.commit(commit(vec![put("bob", n)], Some(n)))).expect("the commit is accepted");
    }
    let checked = check(&path, TWO.into_iter()).expect("a file in use can be checked");
    assert_eq!(
        checked.to_string(),
        "1 records, 3 commits in the log, 3 keys: no problems"
    );
    drop(store);

    let corrupted = folder.0.join("spoilt.db");
    for (sql, found) in [
        (r#"UPDATE "record counted" SET sent = '{}'"#, "no `id`"),
        (
            r#"UPDATE "record counted" SET rev = 2"#,
            "`bob` differs from its last state in the log",
        ),
        (
            r#"INSERT INTO "record counted" SELECT 'eve', rev, replace(sent, 'bob', 'eve'), kept FROM "record counted""#,
            "counted: 2 records are stored, but the log has 1",
        ),
        (
            r#"DELETE FROM "record counted""#,
            "`bob` differs from its last state in the log",
        ),
        (
            "DELETE FROM sockful_log WHERE seq = 2",
            "lacks the commits before number 3",
        ),
        (
            "UPDATE sockful_log SET entry = replace(entry, 'life', 'lice') WHERE seq = 2",
            "cannot read commit 2",
        ),
        (
            "UPDATE sockful_log SET entry = json_set(entry, '$.changes[0].before.rev', 7) WHERE seq = 2",
            "commit 2 does not follow from the commit",
        ),
        (
            "UPDATE sockful_log SET entry = json_set(entry, '$.changes[0].before', json_extract(entry, '$.changes[0].after')) WHERE seq = 1",
            "commit 1 does not follow from the commit",
        ),
        (
            "UPDATE sockful_completions SET entry = '' WHERE seq = 1",
            "cannot read the response of commit 1",
        ),
        (
            "UPDATE sockful_resources SET description = replace(description, 'life', 'lice')",
            "counted: the stored records have different properties",
        ),
    ] {
        drop(std::fs::remove_file(&corrupted));
        std::fs::copy(&path, &corrupted).expect("a copy");
        let file = Connection::open(&corrupted).expect("a file");
        file.execute_batch(sql).expect("the statement runs");
        drop(file);
        let problems = problems(&corrupted);
        assert!(problems.contains(found), "{sql}: {problems}");
    }
}

#[test]
fn check_finds_misplaced_index_entries() {
    let folder = Folder::new("index");
    let path = folder.0.join("data.db");
    let store = opened(&path, &Config::default());
    let model = sample::model();
    for id in ["ann", "bob"] {
        let given = format!(r#"{{"id":"{id}","name":"{id}"}}"#);
        let put = Operation::Put {
            resource: 1,
            record: sample::record(&model, &given),
            expect: Expect::Absent,
        };
        wait(store.commit(commit(vec![put], None))).expect("the commit is accepted");
    }
    drop(store);
    assert_eq!(problems(&path), "");
    let file = Connection::open(&path).expect("a file");
    let corrupt = r#"UPDATE "record indexed" SET "key name" = (SELECT "key name" FROM "record indexed" WHERE id = 'ann')"#;
    assert_eq!(file.execute(corrupt, []).expect("a table"), 2);
    assert_eq!(
        problems(&path),
        "indexed: `bob` has a wrong entry in the index of `name`\nindexed: `ann` has a duplicate value in the unique property `name`"
    );
}
