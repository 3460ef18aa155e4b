//! What tells a request from another with the same key.

use sha1::{Digest, Sha1};

/// The same for the same request, on every server and in every version of it.
///
/// Of the options only `if_rev` counts: what a request does is the same however long it may take
/// and whoever traces it, and a retry has a trace of its own. The payload counts as it is written,
/// since a retry sends the same text. It guards clients against mistakes of their own, for which
/// 128 bits of a hash are plenty.
pub(crate) fn fingerprint(
    resource: &str,
    action: &str,
    payload: &str,
    if_rev: Option<u64>,
) -> u128 {
    let mut hash = Sha1::new();
    for part in [resource, action, payload] {
        // With its length, so that no two lists of parts read alike.
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
