//! Rules apply to every path by which a record or an argument arrives.

use super::{Book, BookPatch, LIBRARY, NewBook, faults, library};
use serde_json::json;
use sockful::{ErrorKind, Result, Server};

#[tokio::test]
async fn a_method_can_not_leave_a_record_that_breaks_a_rule() {
    let (_server, mut client) = library().await;
    client
        .ok("book", "add", json!({"id": "emma", "copies": 10}))
        .await;
    let head = client.head().await;
    let told = faults(&mut client, "add", json!({"id": "emma", "copies": 1})).await;
    assert_eq!(told, [["copies", "range", "is not from 0 to 20"]]);
    assert_eq!(client.head().await, head);
}

#[tokio::test]
async fn the_fault_of_a_private_property_is_the_servers_and_names_nothing() {
    let (_server, mut client) = library().await;
    let error = client.err("book", "steal", json!({"id": "emma"})).await;
    assert_eq!(error["code"], "internal");
    assert!(!error.to_string().contains("theft"), "{error}");
}

#[tokio::test]
async fn arguments_keep_to_their_rules_before_the_method_runs() {
    let (_server, mut client) = library().await;
    let head = client.head().await;
    for days in [0, 6] {
        let told = faults(
            &mut client,
            "lend",
            json!({"id": "emma", "days": days, "to": "  "}),
        )
        .await;
        let expected = [
            ["days", "range", "is not from 1 to 5"],
            ["to", "length", "is empty"],
        ];
        assert_eq!(told, expected, "{days}");
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
async fn rules_hold_for_the_applications_own_code_too() -> Result<()> {
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
    // To its own code the server names what is private.
    assert_eq!(
        refused.err().map(|error| error.to_string()).as_deref(),
        Some("`thefts` is more than 3")
    );
    Ok(())
}
