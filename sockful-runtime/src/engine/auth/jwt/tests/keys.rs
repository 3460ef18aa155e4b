//! Tests of which keys are accepted, and which key verifies a token.

use super::*;

const RSA: &str = include_str!("rsa.pub.pem");
const EC: &str = include_str!("ec.pub.pem");
const ED: &str = include_str!("ed.pub.pem");
const OTHER: &str = include_str!("other.pub.pem");
const SMALL: &str = include_str!("small.pub.pem");

fn good() -> Value {
    claims(NOW, json!({}))
}

fn message<T>(made: Result<T>) -> String {
    let error = made.err().expect("it is refused");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.to_string()
}

#[test]
fn each_key_type_verifies_its_own_signatures() {
    let cases = [
        (Jwt::rs256_pem(RSA), Signer::rsa(Algorithm::RS256)),
        (Jwt::es256_pem(EC), Signer::ec()),
        (Jwt::eddsa_pem(ED), Signer::ed()),
    ];
    for (jwt, signer) in cases {
        let jwt = jwt.expect("it is good");
        assert!(read(&jwt, &signer.sign(&good())).is_ok());
        let other = Signer::other().sign(&good());
        assert!(read(&jwt, &other).is_err());
    }
    let forged = Signer::other().sign(&good());
    let refused =
        read(&Jwt::eddsa_pem(ED).expect("it is good"), &forged).expect_err("it is refused");
    assert_eq!(refused, TokenError::Signature);
}

#[test]
fn short_hs256_secret_is_rejected() {
    let short = message(Jwt::hs256([7; 31]));
    assert_eq!(
        short,
        "the HS256 secret has 31 bytes; use at least 32 random bytes"
    );
    assert!(Jwt::hs256([7; 32]).is_ok());
}

#[test]
fn pem_must_be_a_public_key_of_the_right_type() {
    let private = include_str!("rsa.pem");
    for pem in ["", "-----BEGIN PUBLIC KEY-----", private, SMALL, EC, ED] {
        let message = message(Jwt::rs256_pem(pem));
        assert!(message.starts_with("not a public RSA key"), "{message}");
    }
    for pem in [include_str!("ec.pem"), RSA, ED] {
        message(Jwt::es256_pem(pem));
    }
    for pem in [include_str!("ed.pem"), RSA, EC] {
        message(Jwt::eddsa_pem(pem));
    }
}

#[test]
fn public_key_is_not_accepted_as_hmac_secret() {
    // A server that trusts the header would verify this with HS256 and the public key as the
    // secret.
    let jwt = Jwt::rs256_pem(RSA).expect("it is good");
    let forged = Signer::hs256(RSA.as_bytes()).sign(&good());
    assert_eq!(
        read(&jwt, &forged).expect_err("it is refused"),
        TokenError::VerificationKey
    );
    let set = Jwt::jwks(set(&[jwk(RSA, json!({"kid": "a"}))])).expect("it is good");
    let forged = Signer::hs256(RSA.as_bytes()).called("a").sign(&good());
    assert_eq!(
        read(&set, &forged).expect_err("it is refused"),
        TokenError::VerificationKey
    );
}

#[test]
fn algorithm_is_fixed_by_the_key_not_the_header() {
    let jwt = Jwt::rs256_pem(RSA).expect("it is good");
    let other = Signer::rsa(Algorithm::RS512).sign(&good());
    assert_eq!(
        read(&jwt, &other).expect_err("it is refused"),
        TokenError::VerificationKey
    );
    let claimed = json!({"alg": "RS256"});
    let lie = Signer::rsa(Algorithm::RS512).sign_text(&claimed, &good().to_string());
    assert_eq!(
        read(&jwt, &lie).expect_err("it is refused"),
        TokenError::Signature
    );
}

#[test]
fn jwks_selects_keys_of_every_type_by_kid() {
    let jwt = Jwt::jwks(set(&[
        jwk(RSA, json!({"kid": "r", "use": "sig"})),
        jwk(RSA, json!({"kid": "p", "alg": "PS384"})),
        jwk(EC, json!({"kid": "c", "key_ops": ["verify"]})),
        jwk(ED, json!({"kid": "d", "alg": "EdDSA", "x5t": "…"})),
    ]))
    .expect("it is good");
    let signers = [
        Signer::rsa(Algorithm::RS256).called("r"),
        Signer::rsa(Algorithm::PS384).called("p"),
        Signer::ec().called("c"),
        Signer::ed().called("d"),
    ];
    for signer in signers {
        assert!(read(&jwt, &signer.sign(&good())).is_ok());
        let unknown = signer.called("x").sign(&good());
        assert_eq!(
            read(&jwt, &unknown).expect_err("it is refused"),
            TokenError::VerificationKey
        );
    }
}

#[test]
fn token_without_kid_needs_one_key_of_its_algorithm() {
    let two_kinds = [jwk(EC, json!({"kid": "c"})), jwk(ED, json!({"kid": "d"}))];
    let jwt = Jwt::jwks(set(&two_kinds)).expect("it is good");
    assert!(read(&jwt, &Signer::ed().sign(&good())).is_ok());
    let one_kind = [
        jwk(OTHER, json!({"kid": "o"})),
        jwk(ED, json!({"kid": "d"})),
    ];
    let jwt = Jwt::jwks(set(&one_kind)).expect("it is good");
    let refused = read(&jwt, &Signer::ed().sign(&good())).expect_err("it is refused");
    assert_eq!(refused, TokenError::VerificationKey);
}

#[test]
fn signature_by_key_of_another_kid_is_rejected() {
    let keys = [
        jwk(OTHER, json!({"kid": "o"})),
        jwk(ED, json!({"kid": "d"})),
    ];
    let jwt = Jwt::jwks(set(&keys)).expect("it is good");
    let forged = Signer::other().called("d").sign(&good());
    assert_eq!(
        read(&jwt, &forged).expect_err("it is refused"),
        TokenError::Signature
    );
}

#[test]
fn unusable_jwks_keys_are_skipped() {
    let unusable = [
        json!(7),
        json!({}),
        json!({"kty": "oct", "kid": "s", "alg": "HS256", "k": "YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgb2s"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        jwk(RSA, json!({"use": "enc"})),
        jwk(RSA, json!({"key_ops": ["encrypt"]})),
        jwk(RSA, json!({"alg": "HS256"})),
        jwk(RSA, json!({"alg": "ES256"})),
        jwk(RSA, json!({"alg": "RSA-OAEP"})),
        jwk(RSA, json!({"e": "AQ"})),
        jwk(RSA, json!({"n": "AQAB"})),
        jwk(RSA, json!({"n": ""})),
        jwk(RSA, json!({"kid": 7})),
        jwk(EC, json!({"x": "AA"})),
        jwk(EC, json!({"crv": "P-521"})),
        jwk(EC, json!({"crv": "P-384"})),
        jwk(
            EC,
            json!({"y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        ),
        jwk(ED, json!({"x": "AA"})),
        jwk(ED, json!({"crv": "Ed448"})),
    ];
    for key in &unusable {
        let refused = message(Jwt::jwks(set(std::slice::from_ref(key))));
        assert!(
            refused.starts_with("the JWK set has no supported key"),
            "{refused}: {key}"
        );
    }
    let mut keys = unusable.to_vec();
    keys.push(jwk(ED, json!({"kid": "d"})));
    let jwt = Jwt::jwks(set(&keys)).expect("it is good");
    assert!(read(&jwt, &Signer::ed().called("d").sign(&good())).is_ok());
}

#[test]
fn invalid_and_empty_jwks_are_rejected() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, ED] {
        assert!(message(Jwt::jwks(text)).starts_with("not a JWK set"));
    }
    let empty = message(Jwt::jwks(set(&[])));
    assert!(
        empty.starts_with("the JWK set has no supported key"),
        "{empty}"
    );
}

#[test]
fn replace_updates_clones_and_keeps_keys_on_error() {
    let jwt = Jwt::jwks(set(&[jwk(ED, json!({"kid": "d"}))])).expect("it is good");
    let clone = jwt.clone();
    let (old, new) = (Signer::ed().called("d"), Signer::other().called("o"));
    let is_believed = |signer: &Signer| read(&clone, &signer.sign(&good())).is_ok();
    assert_eq!((is_believed(&old), is_believed(&new)), (true, false));
    message(jwt.replace("{}"));
    assert_eq!((is_believed(&old), is_believed(&new)), (true, false));
    jwt.replace(set(&[jwk(OTHER, json!({"kid": "o"}))]))
        .expect("it is good");
    assert_eq!((is_believed(&old), is_believed(&new)), (false, true));
}

/// Two issuers whose keys have the same `kid`.
fn two() -> [Jwt; 2] {
    [("https://a.example", ED), ("https://b.example", OTHER)].map(|(issuer, pem)| {
        let keys = set(&[jwk(pem, json!({"kid": "1"}))]);
        Jwt::jwks(keys).expect("it is good").issuer(issuer)
    })
}

#[test]
fn issuer_keys_verify_only_their_own_tokens() {
    let issuers = Issuers::new(two()).expect("it is good");
    let key = |signer: Signer, issuer: Value| {
        let claims = claims(Clock::default().now(), json!({ "iss": issuer }));
        let token = signer.called("1").sign(&claims);
        let identity = issuers.identity::<User>(&Credentials::of_token(token, None));
        identity.ok().map(|identity| identity.key)
    };
    let (a, b) = ("https://a.example", "https://b.example");
    assert_eq!(
        key(Signer::ed(), json!(a)).as_deref(),
        Some("https://a.example ann")
    );
    assert_eq!(
        key(Signer::other(), json!(b)).as_deref(),
        Some("https://b.example ann")
    );
    assert_eq!(key(Signer::ed(), json!(b)), None);
    assert_eq!(key(Signer::other(), json!(a)), None);
    assert_eq!(key(Signer::ed(), json!("https://c.example")), None);
    assert_eq!(key(Signer::ed(), json!([a, b])), None);
    assert_eq!(key(Signer::ed(), json!(null)), None);
}

#[test]
fn issuer_names_must_be_unique() {
    let [a, b] = two();
    message(Issuers::new([]));
    message(Issuers::new([
        a.clone(),
        Jwt::hs256(SECRET).expect("it is good"),
    ]));
    message(Issuers::new([a.clone(), b.issuer("https://a.example")]));
    message(Issuers::new([a.issuer("https://a.example x")]));
}
