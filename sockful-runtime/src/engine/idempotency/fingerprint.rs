//! Fingerprints that distinguish different requests with the same key.

use sha1::{Digest, Sha1};

/// Hashes a request. The result is the same on every server and in every version.
///
/// Of the options only `if_rev` is included: a timeout or trace does not change what a request
/// does, and a retry has its own trace. The payload is included as text, because a retry sends
/// the same text. The fingerprint protects clients from their own mistakes, for which 128 bits of a
/// hash suffice.
pub(crate) fn fingerprint(
    resource: &str,
    action: &str,
    payload: &str,
    if_rev: Option<u64>,
) -> u128 {
    let mut hash = Sha1::new();
    for part in [resource, action, payload] {
        // The length makes the encoding of the parts unambiguous.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    if let Some(rev) = if_rev {
        hash.update(rev.to_be_bytes());
    }
    let first = hash.finalize().into_iter().take(16);
    first.fold(0, |bits, byte| bits << 8 | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_is_stable_across_versions() {
        let known = fingerprint("creature", "update", r#"{"id":"bob"}"#, Some(7));
        assert_eq!(format!("{known:032x}"), "81cdfb0e4342822b56b73659ecce0984");
    }

    #[test]
    fn fingerprints_of_different_requests_differ() {
        let all = [
            fingerprint("a", "b", "{}", None),
            fingerprint("ab", "", "{}", None),
            fingerprint("", "ab", "{}", None),
            fingerprint("a", "b", "{ }", None),
            fingerprint("a", "b", "{}", Some(0)),
            fingerprint("a", "b", "{}", Some(1)),
        ];
        for (nth, one) in all.iter().enumerate() {
            assert!(!all[..nth].contains(one), "{nth}");
        }
    }
}
