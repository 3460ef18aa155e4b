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
        .expect("the record is created");
    assert_eq!(beasts.feed("bob", 3).await.expect("the call succeeds"), 13);
    assert_eq!(
        beasts.describe("bob").await.expect("the record exists"),
        "bob is a dragon"
    );
    let order = Order { meat: 2, herbs: 5 };
    assert_eq!(
        beasts.serve("bob", order).await.expect("the call succeeds"),
        20
    );
    beasts
        .sing("bob", Some("a lullaby".to_owned()))
        .await
        .expect("the server listens");
    let bob = beasts.get("bob").await.expect("the record exists");
    assert_eq!((bob.life, bob.mood.as_deref()), (20, Some("a lullaby")));
    beasts.sing("bob", None).await.expect("the server listens");
    assert_eq!(
        beasts.get("bob").await.expect("the record exists").mood,
        None
    );
    let sum = beasts.add(u128::MAX - 1, 1).await.expect("a number");
    assert_eq!(sum, u128::MAX.to_string());
    // An inherent method of the client has the same name and takes precedence.
    assert_eq!(
        BeastRemotes::live(&beasts, "bob")
            .await
            .expect("the call succeeds"),
        20
    );
}

#[tokio::test]
async fn method_error_has_its_code() {
    let (_server, client) = local().await;
    let beasts = client.records::<Beast>();
    let error = beasts
        .tire("bob")
        .await
        .expect_err("the record does not exist");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    beasts
        .create(beast("bob", "dragon"))
        .await
        .expect("the record is created");
    let error = beasts.tire("bob").await.expect_err("the method fails");
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
        .expect("the record is created")
        .rev;
    let fed = beasts
        .feed("bob", 1)
        .if_rev(rev)
        .reply()
        .await
        .expect("the record exists");
    assert!(fed.rev > Some(rev));
    let error = beasts
        .feed("bob", 1)
        .if_rev(rev)
        .await
        .expect_err("the record has changed");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let stuck = beasts.feed_at("bob", "never released".to_owned());
    let error = stuck
        .timeout(Duration::from_millis(20))
        .await
        .expect_err("the call times out");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    // The server cancels the call too, so the next call does not wait for it.
    assert_eq!(beasts.feed("bob", 1).await.expect("the call succeeds"), 12);
}
