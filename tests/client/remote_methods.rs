//! Remote methods, called through the generated trait.

use super::resources::{Beast, BeastRemotes, Order, beast, local};
use sockful::ErrorKind;
use std::time::Duration;

#[tokio::test]
async fn method_is_called_through_the_generated_trait() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("there is none");
    assert_eq!(beasts.feed("bob", 3).await.expect("it eats"), 13);
    assert_eq!(
        beasts.describe("bob").await.expect("it is there"),
        "bob is a dragon"
    );
    let order = Order { meat: 2, herbs: 5 };
    assert_eq!(beasts.serve("bob", order).await.expect("it eats"), 20);
    beasts
        .sing("bob", Some("a lullaby".to_owned()))
        .await
        .expect("it listens");
    let bob = beasts.get("bob").await.expect("it is there");
    assert_eq!((bob.life, bob.mood.as_deref()), (20, Some("a lullaby")));
    beasts.sing("bob", None).await.expect("it listens");
    assert_eq!(beasts.get("bob").await.expect("it is there").mood, None);
    let sum = beasts.add(u128::MAX - 1, 1).await.expect("a number");
    assert_eq!(sum, u128::MAX.to_string());
    // A method of the client has the name, and stands before.
    assert_eq!(
        BeastRemotes::live(&beasts, "bob").await.expect("it lives"),
        20
    );
}

#[tokio::test]
async fn method_error_has_its_code() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let error = beasts.tire("bob").await.expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("there is none");
    let error = beasts.tire("bob").await.expect_err("it sleeps");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Custom, "too_tired")
    );
    assert_eq!(error.to_string(), "bob sleeps");
}

#[tokio::test]
async fn method_call_accepts_request_options() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let rev = beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("there is none")
        .rev;
    let fed = beasts
        .feed("bob", 1)
        .if_rev(rev)
        .reply()
        .await
        .expect("it is there");
    assert!(fed.rev > Some(rev));
    let error = beasts
        .feed("bob", 1)
        .if_rev(rev)
        .await
        .expect_err("it moved");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let stuck = beasts.feed_at("bob", "nobody opens it".to_owned());
    let error = stuck
        .timeout(Duration::from_millis(20))
        .await
        .expect_err("it waits");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // The server has given it up as well: the next one is not held up by it.
    assert_eq!(beasts.feed("bob", 1).await.expect("it eats"), 12);
}
