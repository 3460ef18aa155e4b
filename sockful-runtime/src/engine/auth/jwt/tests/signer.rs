//! Creates signed tokens and JWK sets.

use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER as CRYPTO;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use data_encoding::{BASE64, BASE64URL_NOPAD};

/// A key that signs tokens.
pub(super) struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    kid: Option<&'static str>,
}

impl Signer {
    pub(super) fn new(algorithm: Algorithm, key: EncodingKey) -> Self {
        Self {
            algorithm,
            key,
            kid: None,
        }
    }

    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self::new(Algorithm::HS256, EncodingKey::from_secret(secret))
    }

    pub(super) fn rsa(algorithm: Algorithm) -> Self {
        let key = EncodingKey::from_rsa_pem(include_bytes!("rsa.pem"));
        Self::new(algorithm, key.expect("it is good"))
    }

    pub(super) fn ec() -> Self {
        let key = EncodingKey::from_ec_pem(include_bytes!("ec.pem"));
        Self::new(Algorithm::ES256, key.expect("it is good"))
    }

    pub(super) fn ed() -> Self {
        let key = EncodingKey::from_ed_pem(include_bytes!("ed.pem"));
        Self::new(Algorithm::EdDSA, key.expect("it is good"))
    }

    /// Signs with the second Ed25519 key.
    pub(super) fn other() -> Self {
        let key = EncodingKey::from_ed_pem(include_bytes!("other.pem"));
        Self::new(Algorithm::EdDSA, key.expect("it is good"))
    }

    /// Sets the `kid`.
    pub(super) fn called(self, kid: &'static str) -> Self {
        Self {
            kid: Some(kid),
            ..self
        }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let mut header = json!({"typ": "JWT", "alg": self.algorithm});
        if let Some(kid) = self.kid {
            header["kid"] = kid.into();
        }
        self.sign_text(&header, &claims.to_string())
    }

    pub(super) fn sign_text(&self, header: &Value, claims: &str) -> String {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let signed = format!("{}.{}", encode(&header.to_string()), encode(claims));
        let by = (CRYPTO.signer_factory)(&self.algorithm, &self.key).expect("it is good");
        let signature = BASE64URL_NOPAD.encode(&by.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// The claims of a valid token that expires in a minute, overridden by others.
pub(super) fn claims(now: u64, other: Value) -> Value {
    let mut claims = json!({"sub": "ann", "exp": now / 1_000 + 60});
    let Value::Object(other) = other else {
        panic!("claims are an object")
    };
    for (name, value) in other {
        claims[name] = value;
    }
    claims
}

/// The public key in a PEM file as a JWK, with further members.
pub(super) fn jwk(pem: &str, further: Value) -> Value {
    let der = der(pem);
    let part = |range: std::ops::Range<usize>| BASE64URL_NOPAD.encode(&der[range]);
    let end = der.len();
    // In each of these formats the numbers are at the end, after the algorithm identifier.
    let mut jwk = match end {
        44 => json!({"kty": "OKP", "crv": "Ed25519", "x": part(12..44)}),
        91 => json!({"kty": "EC", "crv": "P-256", "x": part(27..59), "y": part(59..91)}),
        _ => json!({"kty": "RSA", "n": part(end - 261..end - 5), "e": part(end - 3..end)}),
    };
    let Value::Object(further) = further else {
        panic!("members are an object")
    };
    for (name, value) in further {
        jwk[name] = value;
    }
    jwk
}

pub(super) fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// The content of a PEM file.
fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    BASE64
        .decode(lines.collect::<String>().as_bytes())
        .expect("it is good")
}
