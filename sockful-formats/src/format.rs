//! The formats by name.

use crate::{calendar, plain};
use email_address::{EmailAddress, Options};
use iri_string::types::UriStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::Uuid;

/// A well-known format of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// An email address, such as `bob@example.org`, without a display name.
    Email,
    /// A URI with a host (RFC 3986), such as `https://example.org/a?b`.
    Url,
    /// A hyphenated UUID.
    Uuid,
    /// An IP address of either version.
    Ip,
    /// An IPv4 address: four numbers separated by dots.
    Ipv4,
    /// An IPv6 address, without brackets and zone.
    Ipv6,
    /// A host name (RFC 1123), such as `example.org`.
    Hostname,
    /// A date (RFC 3339), such as `2024-02-29`.
    Date,
    /// A time of day with its offset (RFC 3339), such as `10:30:00Z`.
    Time,
    /// A date and a time with an offset (RFC 3339), such as `2024-02-29T10:30:00+01:00`.
    DateTime,
    /// A telephone number (E.164), such as `+4930123456`.
    Phone,
    /// A colour, `#rgb` or `#rrggbb`.
    Color,
}

/// The formats with their names, and the messages for a string of another format.
#[rustfmt::skip]
const TABLE: &[(Format, &str, &str)] = &[
    (Format::Email,    "email",     "is not an email address"),
    (Format::Url,      "url",       "is not a URL"),
    (Format::Uuid,     "uuid",      "is not a UUID"),
    (Format::Ip,       "ip",        "is not an IP address"),
    (Format::Ipv4,     "ipv4",      "is not an IPv4 address"),
    (Format::Ipv6,     "ipv6",      "is not an IPv6 address"),
    (Format::Hostname, "hostname",  "is not the name of a host"),
    (Format::Date,     "date",      "is not a date such as `2024-02-29`"),
    (Format::Time,     "time",      "is not a time such as `10:30:00Z`"),
    (Format::DateTime, "date-time", "is not a date and time such as `2024-02-29T10:30:00Z`"),
    (Format::Phone,    "phone",     "is not a phone number such as `+4930123456`"),
    (Format::Color,    "color",     "is not a color such as `#1e90ff`"),
];

impl Format {
    /// Returns the names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(_, name, _)| *name)
    }

    /// Returns the format with this name.
    pub fn called(name: &str) -> Option<Self> {
        let row = TABLE.iter().find(|(_, known, _)| *known == name)?;
        Some(row.0)
    }

    /// Returns the name of the format.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Returns the message for a string of another format, to be read after its path: "is not an email
    /// address".
    pub fn refusal(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        let row = TABLE.iter().find(|(format, ..)| *format == self);
        row.unwrap_or(&TABLE[0])
    }

    /// Returns whether `text` has this format.
    pub fn is_met_by(self, text: &str) -> bool {
        match self {
            Self::Email => {
                let options = Options::default()
                    .without_display_text()
                    .without_domain_literal();
                EmailAddress::parse_with_options(text, options).is_ok()
            }
            Self::Url => UriStr::new(text).is_ok_and(|uri| {
                uri.authority_components()
                    .is_some_and(|authority| !authority.host().is_empty())
            }),
            // All other spellings of a UUID have another length.
            Self::Uuid => text.len() == 36 && Uuid::try_parse(text).is_ok(),
            Self::Ip => text.parse::<IpAddr>().is_ok(),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Hostname => plain::is_hostname(text),
            Self::Date => calendar::is_date(text),
            Self::Time => calendar::is_time(text),
            Self::DateTime => calendar::is_date_time(text),
            Self::Phone => plain::is_phone(text),
            Self::Color => plain::is_color(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strings with a format, and near misses.
    #[rustfmt::skip]
    const CASES: &[(&str, &[&str], &[&str])] = &[
        ("email", &["bob@example.org", "a.b+c@x-y.example", "bob@localhost"],
            &["", "bob", "bob@", "@example.org", "bob@example.org ", "Bob <bob@example.org>", "a@b@c", "a@[127.0.0.1]"]),
        ("url", &["https://example.org", "http://[::1]:8000/a?b=c#d", "ftp://user@host/x", "https://example.org/%20"],
            &["", "example.org", "/a", "https://", "mailto:bob@example.org", "https://example.org/a b", "https://example.org/%zz", "//example.org"]),
        ("uuid", &["00000000-0000-0000-0000-000000000000", "067e6162-3b6f-4ae2-a171-2470b63dff00", "067E6162-3B6F-4AE2-A171-2470B63DFF00"],
            &["", "067e61623b6f4ae2a1712470b63dff00", "{067e6162-3b6f-4ae2-a171-2470b63dff00}", "067e6162-3b6f-4ae2-a171-2470b63dff0g", "067e6162-3b6f-4ae2-a171-2470b63dff0"]),
        ("ip", &["127.0.0.1", "::1"], &["", "127.0.0", "[::1]", "localhost"]),
        ("ipv4", &["0.0.0.0", "255.255.255.255"], &["256.0.0.1", "1.2.3", "01.2.3.4", "::1"]),
        ("ipv6", &["::", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4"], &["127.0.0.1", ":::", "::1%eth0", "g::"]),
        ("hostname", &["a", "example.org", "xn--bcher-kva.example", "a-b.c1", "1a"],
            &["", ".", "a.", "-a", "a-", "a..b", "a_b", "bücher.example", "a b"]),
        ("date", &["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
            &["", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-04-31", "2024-01-00", "24-01-01", "2024-1-01", "2024/01/01", "2024-01-01 ", "2024-01-0é"]),
        ("time", &["00:00:00Z", "23:59:59.999999999z", "10:30:00+01:00", "10:30:00-00:00", "23:59:60Z"],
            &["", "10:30Z", "10:30:00", "24:00:00Z", "10:60:00Z", "10:30:61Z", "10:30:00.Z", "10:30:00+24:00", "10:30:00+0100", "10:30:00+01:60", "12:00:60Z"]),
        ("date-time", &["2024-02-29T10:30:00Z", "2024-02-29t10:30:00.5+01:00", "1990-12-31T15:59:60-08:00"],
            &["", "2024-02-29", "2024-02-30T10:30:00Z", "2024-02-29 10:30:00Z", "2024-02-29T10:30:00", "T", "2024-02-29T"]),
        ("phone", &["+1234567", "+4930123456", "+123456789012345"], &["", "+", "+0123", "4930123456", "+49 30", "+1234567890123456", "+12345६७"]),
        ("color", &["#fff", "#1E90ff"], &["", "#", "fff", "#ff", "#ffff", "#fffffff", "#ggg", "#ffffff00"]),
    ];

    #[test]
    fn formats_accept_valid_and_reject_near_misses() {
        for (name, right, wrong) in CASES {
            let format = Format::called(name).expect(name);
            for text in *right {
                assert!(format.is_met_by(text), "{name} refuses {text:?}");
            }
            for text in *wrong {
                assert!(!format.is_met_by(text), "{name} takes {text:?}");
            }
        }
    }

    #[test]
    fn format_names_are_unique_and_all_tested() {
        let tried: Vec<_> = CASES.iter().map(|(name, ..)| *name).collect();
        assert_eq!(Format::names().collect::<Vec<_>>(), tried);
        for name in Format::names() {
            assert_eq!(Format::called(name).map(Format::name), Some(name));
        }
        assert_eq!(Format::called("emial"), None);
    }
}
