//! Limits of requests.

use super::check::{check_counts, check_durations, check_permits};
use super::duration;
use crate::core::error::Result;
use serde::Deserialize;
use std::time::Duration;

/// Limits of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RequestConfig {
    /// The maximum size of a reply in bytes. A list is cut at this size, any other reply is
    /// `too_large`. Default: 1,048,576.
    pub max_reply: usize,
    /// The largest `$limit` of a list. Default: 1,000.
    pub max_page: usize,
    /// The maximum number of requests per second of one caller, on all its connections.
    ///
    /// A list, a count, a `get` of several ids, a subscription, a remote method and `authenticate`
    /// count as 5 requests, plus one for every 100 records that they read and every 64 KiB that they
    /// parse and compare; a `commit` counts as all its writes. An unauthenticated caller is identified
    /// by its address, or by its connection if it connects from the machine itself. Default: 10,000.
    pub max_request_rate: u32,
    /// How long a request may take. Default: 30 s.
    #[serde(deserialize_with = "duration::deserialize")]
    pub request_timeout: Duration,
    /// The maximum burst of requests of one caller after an idle time. Default: 20,000.
    #[doc(hidden)]
    pub request_burst: u32,
    /// The number of consecutive requests over the rate after which the connection is closed with 1008.
    /// Default: 1,000.
    #[doc(hidden)]
    pub max_rate_limited: usize,
    /// The number of records in a list without `$limit`. Default: 100.
    #[doc(hidden)]
    pub default_page: usize,
    /// The maximum number of records that are changed or destroyed by one `destroy`, including the
    /// record itself. Default: 10,000.
    #[doc(hidden)]
    pub max_cascade: usize,
    /// The maximum number of commits with pending `#[after]` hooks. Further writes with such hooks
    /// wait. One caller has at most as many as are then left for others. Default: 1,024.
    #[doc(hidden)]
    pub max_afterwards: usize,
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self {
            max_reply: 1024 * 1024,
            max_page: 1_000,
            max_request_rate: 10_000,
            request_timeout: Duration::from_secs(30),
            request_burst: 20_000,
            max_rate_limited: 1_000,
            default_page: 100,
            max_cascade: 10_000,
            max_afterwards: 1_024,
        }
    }
}

impl RequestConfig {
    /// Checks the range of each setting.
    pub(super) fn check(&self) -> Result<()> {
        check_counts(&[
            ("request.max_reply", self.max_reply),
            ("request.max_page", self.max_page),
            ("request.max_request_rate", self.max_request_rate as usize),
            ("request.request_burst", self.request_burst as usize),
            ("request.max_rate_limited", self.max_rate_limited),
            ("request.default_page", self.default_page),
            ("request.max_cascade", self.max_cascade),
            ("request.max_afterwards", self.max_afterwards),
        ])?;
        check_permits(&[("request.max_afterwards", self.max_afterwards)])?;
        check_durations(&[("request.request_timeout", self.request_timeout)])
    }
}
