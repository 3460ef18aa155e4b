//! The number of row reads and writes of a commit, counted by `SQLite`.

use super::*;
use crate::store::plan;
use crate::store::sqlite::file::open_writer;
use crate::store::sqlite::tables::table::{SqliteTable, StatementRuns};
use crate::store::sqlite::write::transaction::BatchTransaction;

struct TestFile {
    connection: Connection,
    tables: Vec<SqliteTable>,
    seq: u64,
    _folder: Folder,
}

impl TestFile {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let connection = open_writer(&folder.0.join("data.db")).expect("a new file");
        let tables = TWO.map(SqliteTable::new);
        for table in &tables {
            table.create(&connection).expect("a table");
        }
        Self {
            connection,
            tables: tables.into(),
            seq: 0,
            _folder: folder,
        }
    }

    /// Applies a commit, and returns how often the statements of each table ran for it.
    fn take(&mut self, commit: Commit) -> [StatementRuns; 2] {
        let before = self.runs();
        self.seq += 1;
        let transaction = BatchTransaction::new(&self.connection, &self.tables);
        transaction.take(commit, self.seq, 0).expect("no conflict");
        let after = self.runs();
        [0, 1].map(|at| StatementRuns {
            selects: after[at].selects - before[at].selects,
            puts: after[at].puts - before[at].puts,
            deletes: after[at].deletes - before[at].deletes,
        })
    }

    fn runs(&self) -> [StatementRuns; 2] {
        [0, 1].map(|at| self.tables[at].runs(&self.connection))
    }
}

fn runs(selects: i32, puts: i32, deletes: i32) -> StatementRuns {
    StatementRuns {
        selects,
        puts,
        deletes,
    }
}

fn counted(life: u64, expect: Expect) -> Operation {
    Operation::Put {
        resource: 0,
        record: sample::counted("bob", life),
        expect,
    }
}

fn named(id: &str, name: &str) -> Operation {
    let json = format!(r#"{{"id":"{id}","name":"{name}"}}"#);
    Operation::Put {
        resource: 1,
        record: sample::record(&sample::model(), &json),
        expect: Expect::Any,
    }
}

#[test]
fn write_with_key_and_event_reads_its_row_once() {
    let mut file = TestFile::new("row-reads");
    // The response contains the record in each case.
    let create = commit(vec![counted(1, Expect::Absent)], Some(1));
    assert_eq!(file.take(create)[0], runs(1, 1, 0));
    let update = commit(vec![counted(2, Expect::Rev(1))], Some(2));
    assert_eq!(file.take(update)[0], runs(1, 1, 0));
    let emit = Operation::Emit {
        resource: 0,
        id: "bob".into(),
        event: 0,
        data: "1".into(),
    };
    let update_and_emit = commit(vec![counted(3, Expect::Any), emit], Some(3));
    assert_eq!(file.take(update_and_emit)[0], runs(1, 1, 0));
    let destroy = Operation::Delete {
        resource: 0,
        id: "bob".into(),
        expect: Expect::Rev(3),
    };
    assert_eq!(file.take(commit(vec![destroy], Some(4)))[0], runs(1, 0, 1));
}

#[test]
fn two_writes_and_an_assert_read_three_rows() {
    let mut file = TestFile::new("row-reads-of-two");
    file.take(commit(vec![put("bob", 1), put("eve", 2)], None));
    let assert = Operation::Assert {
        resource: 0,
        id: "eve".into(),
        expect: Expect::Rev(1),
    };
    let operations = vec![
        counted(2, Expect::Rev(1)),
        put("ann", 3),
        assert,
        named("a", "Ann"),
    ];
    let taken = file.take(commit(operations, None));
    assert_eq!(taken, [runs(3, 2, 0), runs(1, 1, 0)]);
}

#[test]
fn unique_check_reads_the_index_only() {
    let mut file = TestFile::new("row-reads-of-unique");
    file.take(commit(vec![named("a", "Ann")], None));
    // The record's own row has the value, which is found in the index.
    let taken = file.take(commit(vec![named("a", "Ann")], None));
    assert_eq!(taken[1], runs(1, 1, 0));
    let (connection, table) = (&file.connection, &file.tables[1]);
    let plan = table.holder_plan(connection, 1);
    assert!(plan.contains("USING COVERING INDEX"), "{plan}");
    let ann = Scalar::Text("Ann".into());
    let holds = |counts: fn(&str) -> bool| table.has_holder(connection, 1, &ann, counts);
    assert!(holds(|id| id == "a").expect("a search"));
    assert!(!holds(|id| id != "a").expect("a search"));
}

#[test]
fn counts_up_to_any_limit_share_one_statement() {
    let file = TestFile::new("counts");
    let table = &file.tables[1];
    let indexed = table.indexed[0];
    let life = |life: f64| plan::holders(indexed, &Scalar::Number(life));
    for most in 1_u8..=9 {
        for source in [plan::EVERYTHING, life(f64::from(most))] {
            let count = table.count(&file.connection, &source, most.into());
            assert_eq!(count.expect("a count"), 0);
        }
    }
    for source in [plan::EVERYTHING, life(0.0)] {
        assert_eq!(table.count_runs(&file.connection, &source), 9);
    }
}
