//! Attacks published in advisories for other projects. Each row has the advisory, the input, and the
//! test that sends it. Tests that exist in another topic are not repeated here.
//!
//! | advisory | what was sent | test |
//! |---|---|---|
//! | RUSTSEC-2023-0065 | a handshake that is huge, or drips | `http::malformed_requests::endless_header_is_rejected`, `protocol::handshake::dripping_handshake_times_out` |
//! | RUSTSEC-2022-0035 | a header that announces more than there is memory | `security::abusive_clients::frame_announcing_2_to_the_62_bytes_gets_1009`, [`frames`] |
//! | RUSTSEC-2020-0043 | requests by who reads no reply | `security::abusive_clients::client_that_never_reads_is_throttled_then_closed` |
//! | CVE-2026-48779, CVE-2026-42786 | fragments without end | `security::abusive_clients::endless_empty_fragments_close_with_1008` |
//! | fastwebsockets #140 | fragments that are too much together | `limits::message_size::oversized_fragmented_message_closes_with_1009` |
//! | CVE-2026-44545, CVE-2016-10542 | a message over a limit that was set and not passed on | `limits::message_size::configured_max_frame_is_enforced` |
//! | CVE-2026-45736 | a close with a reason | `security::abusive_clients::close_frame_is_answered_and_connection_ends`, [`frames`] |
//! | CVE-2024-37890 | 2,000 headers | `http::malformed_requests::two_thousand_headers_are_431` |
//! | CVE-2021-32640, GHSA-5v72-xg48-5rpm | lists of subprotocols and extensions made to be slow | [`handshake`] |
//! | CVE-2022-21676, CVE-2022-41940, CVE-2023-31125 | upgrades that are none | [`handshake`] |
//! | CVE-2020-28481, CVE-2026-27191 | origins that look like another | [`handshake`] |
//! | engineioxide #731 | a handshake that is never finished | `protocol::handshake::handshake_that_never_begins_times_out` |
//! | CVE-2026-33151 | the beginning of a message, and no end | [`frames`] |
//! | CVE-2020-36048, CVE-2020-36049 | much of little | [`frames`] |
//! | CVE-2026-32689 | a list of empty lists, and nothing but space | [`frames`] |
//! | engineioxide 0.17.4 | what no client would send | `protocol::fuzz_corpus` |
//! | CVE-2023-32695, CVE-2023-30591 | names that are no strings | [`names`] |
//! | CVE-2024-38355, CVE-2025-68130, CVE-2026-54335 | names that mean something to the language | [`names`] |
//! | CVE-2022-2421 | what stands for something else | [`names`] |
//! | trpc #1575, CVE-2025-43855 | ids of every kind, and credentials that are none | `protocol::frames::ack_id_of_wrong_form_is_a_bad_frame`, [`names`] |
//! | GHSA-5hq7-j5wq-p227, GHSA-qpv8-4pjq-qqh7, GHSA-p5m3-27vh-52j4 | operators nobody has heard of | [`queries`] |
//! | RUSTSEC-2022-0037, RUSTSEC-2022-0038 | conditions in conditions | `limits::message_size::too_deep_message_is_rejected_and_connection_stays`, [`queries`] |
//! | Phoenix 1.8.9 | a million subscriptions | [`queries`] |
//! | reth #210 | one message that is many requests | `writes::batch_commit::batch_has_at_most_100_writes` |
//! | feathers #1707 | what makes the application fail | `security::error_disclosure` |
//! | CVE-2024-38351, CVE-2026-44166 | properties that are not the client's to set | `validation::property_values::private_property_is_indistinguishable_from_unknown` |
//! | CVE-2017-16031 | the token of another | `live::consistency::resume_tokens` |

mod frames;
mod handshake;
mod names;
mod queries;
