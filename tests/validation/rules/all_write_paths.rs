//! Rules apply to every path by which a record or an argument arrives.

use super::{Book, BookPatch, LIBRARY, NewBook, faults, library};
use serde_json::json;
use sockful::{ErrorKind, Result, Server};

#[tokio::test]
async fn method_cannot_store_a_record_breaking_a_rule() {
    let (_server, mut client) = library().await;
    client
        .ok("book", "add", json!({"id": "emma", "copies": 10}))
        .await;
    let head = client.head().await;
    let reported = faults(&mut client, "add", json!({"id": "emma", "copies": 1})).await;
    assert_eq!(reported, [["copies", "range", "is not from 0 to 20"]]);
    assert_eq!(client.head().await, head);
}

#[tokio::test]
async fn private_property_fault_is_an_internal_error() {
    let (_server, mut client) = library().await;
    let error = client.err("book", "steal", json!({"id": "emma"})).await;
    assert_eq!(error["code"], "internal");
    assert!(!error.to_string().contains("theft"), "{error}");
}

#[tokio::test]
async fn arguments_are_validated_before_the_method_runs() {
    let (_server, mut client) = library().await;
    let head = client.head().await;
    for days in [0, 6] {
        let reported = faults(
            &mut client,
            "lend",
            json!({"id": "emma", "days": days, "to": "  "}),
        )
        .await;
        let expected = [
            ["days", "range", "is not from 1 to 5"],
            ["to", "length", "is empty"],
        ];
        assert_eq!(reported, expected, "{days}");
    }
    assert_eq!(client.head().await, head);
    for days in [1, 5] {
        let lent = json!({"id": "emma", "days": days, "to": " Bob "});
        assert_eq!(client.ok("book", "lend", lent).await, "Bob");
    }
    assert_eq!(
        client
            .ok("book", "lend", json!({"id": "emma", "to": "Ann"}))
            .await,
        "Ann"
    );
}

#[tokio::test]
async fn application_writes_are_validated() -> Result<()> {
    let books = Server::new(LIBRARY).open().await?.records::<Book>();
    let new = |title: &str| NewBook {
        id: Some("emma".to_owned()),
        title: title.to_owned(),
        ..NewBook::default()
    };
    let refused = books.create(new("")).await.err().expect("a refusal");
    assert_eq!(
        (refused.kind(), refused.fields()[0].path.as_str()),
        (ErrorKind::Invalid, "title")
    );
    let book = books.create(new("Emma")).await?;
    let refused = books
        .update(
            &book.id,
            BookPatch {
                thefts: Some(4),
                ..BookPatch::default()
            },
        )
        .await;
    // Errors to application code name private properties.
    assert_eq!(
        refused.err().map(|error| error.to_string()).as_deref(),
        Some("`thefts` is more than 3")
    );
    Ok(())
}
