//! Digests that clients store, so that they can compare texts without receiving them.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The number of bytes of the SHA-256 that are used.
const LEN: usize = 16;

/// Returns the first 128 bits of the SHA-256 of `text`, in hexadecimal digits.
///
/// Clients store it, so it may not depend on the version of the compiler or of this library.
pub(crate) fn digest(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text)[..LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_sha256_prefix() {
        assert_eq!(digest(""), "e3b0c44298fc1c149afbf4c8996fb924");
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223");
    }
}
