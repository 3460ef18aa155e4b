//! Simple formats that need no library.

/// Labels of letters, digits and inner hyphens, separated by dots (RFC 1123).
pub(crate) fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A plus sign and up to fifteen digits, which begin with a country code (E.164).
pub(crate) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `#rgb` or `#rrggbb`.
pub(crate) fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostname_limits_are_63_per_label_and_253_total() {
        let label = "a".repeat(63);
        assert!(is_hostname(&label) && !is_hostname(&format!("{label}a")));
        let all = [&*label, &label, &label, &"a".repeat(61)].join(".");
        assert_eq!(all.len(), 253);
        assert!(is_hostname(&all) && !is_hostname(&format!("{all}a")));
    }
}
