//! Tests of JWT verification with tokens that are signed here.

mod keys;
mod signer;

use super::*;
use crate::core::error::ErrorKind;
use crate::engine::auth::authenticator::Authenticator;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Value, json};
use signer::{Signer, claims, jwk, set};

/// The current time of the tests, in milliseconds since 1970.
const NOW: u64 = 1_790_000_000_000;
const SECRET: &[u8] = b"a secret of thirty-two bytes, ok";

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct User {
    sub: String,
    #[serde(default)]
    admin: bool,
}

fn jwt() -> Jwt {
    Jwt::hs256(SECRET)
        .expect("it is good")
        .leeway(Duration::ZERO)
}

fn read(jwt: &Jwt, token: &str) -> Result<Accepted, TokenError> {
    let (accepted, _) = jwt.read::<User>(&SignedToken::parse(token)?, NOW)?;
    Ok(accepted)
}

/// Verifies a token with the default claims, overridden by these.
fn verified(jwt: &Jwt, other: Value) -> Result<Accepted, TokenError> {
    read(jwt, &Signer::hs256(SECRET).sign(&claims(NOW, other)))
}

fn refused(jwt: &Jwt, other: Value) -> TokenError {
    verified(jwt, other).expect_err("it is refused")
}

/// The identity for a token, at the current time.
fn identity(jwt: &Jwt, token: &str) -> Result<Identity<User>> {
    jwt.identity(&Credentials::of_token(token.to_owned(), None))
}

fn seconds(from_now: i64) -> Value {
    json!(i64::try_from(NOW).expect("it is good") / 1_000 + from_now)
}

#[test]
fn valid_token_yields_subject_expiry_and_claims() {
    let now = Clock::default().now();
    let token = Signer::hs256(SECRET).sign(&claims(now, json!({"sub": "ann", "admin": true})));
    let identity = identity(&jwt(), &token).expect("it is good");
    let ann = User {
        sub: "ann".to_owned(),
        admin: true,
    };
    assert_eq!((identity.key.as_str(), identity.user), ("ann", ann));
    assert_eq!(identity.expires, from_millis((now / 1_000 + 60) * 1_000));
}

#[test]
fn token_is_valid_until_expiry_plus_leeway() {
    let expires = |jwt, exp| verified(&jwt, json!({ "exp": exp })).map(|accepted| accepted.expires);
    assert_eq!(expires(jwt(), seconds(1)), Ok(NOW + 1_000));
    assert_eq!(expires(jwt(), seconds(0)), Err(TokenError::Expired));
    let patient = || jwt().leeway(Duration::from_secs(30));
    assert_eq!(expires(patient(), seconds(-29)), Ok(NOW + 1_000));
    assert_eq!(expires(patient(), seconds(-30)), Err(TokenError::Expired));
}

#[test]
fn exp_claim_is_required_and_numeric() {
    assert_eq!(refused(&jwt(), json!({"exp": null})), TokenError::Expired);
    assert_eq!(refused(&jwt(), json!({"exp": -5})), TokenError::Expired);
    assert_eq!(refused(&jwt(), json!({"exp": "never"})), TokenError::Claims);
    let far = verified(&jwt(), json!({"exp": 1e300})).expect("it is good");
    assert_eq!(far.expires, crate::core::json::MAX_EXACT);
    let fraction = verified(&jwt(), json!({"exp": 1_790_000_000.25})).expect("it is good");
    assert_eq!(fraction.expires, NOW + 250);
}

#[test]
fn token_before_nbf_is_rejected() {
    assert!(verified(&jwt(), json!({"nbf": seconds(0)})).is_ok());
    assert_eq!(
        refused(&jwt(), json!({"nbf": seconds(1)})),
        TokenError::Early
    );
    assert_eq!(refused(&jwt(), json!({"nbf": "later"})), TokenError::Claims);
    let patient = jwt().leeway(Duration::from_secs(30));
    assert!(verified(&patient, json!({"nbf": seconds(30)})).is_ok());
    let early = refused(&patient, json!({"nbf": seconds(31)}));
    assert_eq!(early, TokenError::Early);
}

#[test]
fn configured_issuer_must_match_exactly() {
    let jwt = jwt().issuer("https://id.example.com");
    assert!(verified(&jwt, json!({"iss": "https://id.example.com"})).is_ok());
    for other in ["https://id.example.com.evil.com", "https://id.example", ""] {
        assert_eq!(refused(&jwt, json!({"iss": other})), TokenError::Issuer);
    }
    assert_eq!(refused(&jwt, json!({})), TokenError::Issuer);
    let among = json!({"iss": ["https://evil.com", "https://id.example.com"]});
    assert_eq!(refused(&jwt, among), TokenError::Claims);
}

#[test]
fn configured_audience_is_required() {
    let jwt = jwt().audience("app").audience("app-2");
    assert!(verified(&jwt, json!({"aud": "app"})).is_ok());
    assert!(verified(&jwt, json!({"aud": ["other", "app-2"]})).is_ok());
    for other in [json!("other"), json!([]), json!(null), json!("ap")] {
        assert_eq!(refused(&jwt, json!({"aud": other})), TokenError::Audience);
    }
    assert_eq!(refused(&jwt, json!({"aud": 7})), TokenError::Claims);
}

#[test]
fn token_with_audience_needs_configured_audience() {
    for aud in [json!("app"), json!(["app"]), json!([]), json!("")] {
        assert_eq!(refused(&jwt(), json!({"aud": aud})), TokenError::Audience);
    }
}

#[test]
fn sub_claim_is_required() {
    assert_eq!(refused(&jwt(), json!({"sub": null})), TokenError::Subject);
    assert_eq!(refused(&jwt(), json!({"sub": ""})), TokenError::Subject);
    assert_eq!(refused(&jwt(), json!({"sub": 7})), TokenError::Claims);
}

#[test]
fn duplicate_claims_are_rejected() {
    let end = NOW / 1_000 + 60;
    let twice = format!(r#"{{"sub":"ann","sub":"bob","exp":{end}}}"#);
    let token = Signer::hs256(SECRET).sign_text(&json!({"alg": "HS256"}), &twice);
    assert_eq!(
        read(&jwt(), &token).expect_err("it is refused"),
        TokenError::Claims
    );
}

#[test]
fn claims_must_deserialize_into_the_user_type() {
    let refused = refused(&jwt(), json!({"admin": "yes"}));
    assert_eq!(refused, TokenError::User);
}

#[test]
fn unsigned_token_is_rejected() {
    let claims = claims(NOW, json!({}));
    for alg in ["none", "None", "NONE", ""] {
        let text = Signer::hs256(SECRET).sign_text(&json!({"alg": alg}), &claims.to_string());
        assert_eq!(
            read(&jwt(), &text).expect_err("it is refused"),
            TokenError::Unreadable
        );
        let (signed, _) = text.rsplit_once('.').expect("it is good");
        let unsigned = format!("{signed}.");
        assert_eq!(
            read(&jwt(), &unsigned).expect_err("it is refused"),
            TokenError::Unreadable
        );
    }
    let token = Signer::hs256(SECRET).sign(&claims);
    let (signed, _) = token.rsplit_once('.').expect("it is good");
    let unsigned = format!("{signed}.");
    assert_eq!(
        read(&jwt(), &unsigned).expect_err("it is refused"),
        TokenError::Signature
    );
}

#[test]
fn signature_of_other_claims_is_rejected() {
    let sign = |sub| Signer::hs256(SECRET).sign(&claims(NOW, json!({ "sub": sub })));
    let (ann, bob) = (sign("ann"), sign("bob"));
    let (signed, _) = ann.rsplit_once('.').expect("it is good");
    let (_, signature) = bob.rsplit_once('.').expect("it is good");
    let mixed = format!("{signed}.{signature}");
    assert_eq!(
        read(&jwt(), &mixed).expect_err("it is refused"),
        TokenError::Signature
    );
    let other = Signer::hs256(b"another secret of thirty-two bytes");
    let forged = other.sign(&claims(NOW, json!({})));
    assert_eq!(
        read(&jwt(), &forged).expect_err("it is refused"),
        TokenError::Signature
    );
}

#[test]
fn critical_header_is_rejected() {
    let header = json!({"alg": "HS256", "crit": ["b64"], "b64": false});
    let token = Signer::hs256(SECRET).sign_text(&header, &claims(NOW, json!({})).to_string());
    assert_eq!(
        read(&jwt(), &token).expect_err("it is refused"),
        TokenError::Critical
    );
}

#[test]
fn oversized_token_is_rejected_before_parsing() {
    let long = "a".repeat(8 * 1024 + 1);
    assert_eq!(SignedToken::parse(&long).err(), Some(TokenError::TooLong));
    let longest = "a".repeat(8 * 1024);
    assert_eq!(
        SignedToken::parse(&longest).err(),
        Some(TokenError::Unreadable)
    );
}

#[test]
fn malformed_token_is_rejected() {
    let good = Signer::hs256(SECRET).sign(&claims(NOW, json!({})));
    let padded = format!("{good}=");
    let longer = format!("{good}.{good}");
    for text in ["", ".", "..", "...", "a.b.c", "é.é.é", &*padded, &*longer] {
        let refused = read(&jwt(), text).expect_err("it is refused");
        assert_eq!(refused, TokenError::Unreadable, "{text}");
    }
}

#[test]
fn client_error_hides_the_rejection_reason() {
    let now = Clock::default().now();
    let sign = |other| Signer::hs256(SECRET).sign(&claims(now, other));
    let cases = [
        (sign(json!({"exp": 1})), "the token has expired"),
        (sign(json!({"aud": "s3cret"})), "the token is not valid"),
        (sign(json!({"admin": "s3cret"})), "the token is not valid"),
        ("s3cret".to_owned(), "the token is not valid"),
    ];
    for (token, message) in cases {
        let error = identity(&jwt(), &token).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(format!("{error:?}"), format!("unauthenticated: {message}"));
    }
    let nothing = Credentials::of_handshake(hyper::HeaderMap::new(), None);
    let error = jwt().identity::<User>(&nothing).expect_err("it is refused");
    assert_eq!(format!("{error:?}"), "unauthenticated: no token given");
}

#[test]
fn debug_hides_jwt_keys() {
    let jwt = jwt().issuer("https://id.example.com");
    let text = format!(
        "{jwt:?} {:?}",
        Issuers::new([jwt.clone()]).expect("it is good")
    );
    assert!(text.contains("https://id.example.com"), "{text}");
    let secret = String::from_utf8_lossy(SECRET);
    assert!(
        !text.contains(&*secret) && !text.contains("97, 32"),
        "{text}"
    );
}

#[tokio::test]
async fn jwt_works_as_server_authenticator() {
    let now = Clock::default().now();
    let token = Signer::hs256(SECRET).sign(&claims(now, json!({"sub": "ann"})));
    let authenticator = Authenticator::new(jwt().authenticator::<User>());
    let known = authenticator.ask(Credentials::of_token(token, None), 0);
    assert_eq!(&*known.await.expect("it is good").key, "ann");
    let refused = authenticator.ask(Credentials::of_token(String::new(), None), 0);
    let error = refused.await.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}
