//! Attacks published in advisories for other projects. Each row has the advisory, the input, and the
//! test that sends it. Tests of other topics are not repeated here.
//!
//! | advisory | input | test |
//! |---|---|---|
//! | RUSTSEC-2023-0065 | a huge handshake, and a slow one | `http::malformed_requests::endless_header_is_rejected`, `protocol::handshake::dripping_handshake_times_out` |
//! | RUSTSEC-2022-0035 | a frame header with a length beyond the memory | `security::abusive_clients::frame_announcing_2_to_the_62_bytes_gets_1009`, [`frames`] |
//! | RUSTSEC-2020-0043 | requests of a client that reads no replies | `security::abusive_clients::client_that_never_reads_is_throttled_then_closed` |
//! | CVE-2026-48779, CVE-2026-42786 | endless fragments | `security::abusive_clients::endless_empty_fragments_close_with_1008` |
//! | fastwebsockets #140 | fragments that exceed the limit together | `limits::message_size::oversized_fragmented_message_closes_with_1009` |
//! | CVE-2026-44545, CVE-2016-10542 | a message over a configured limit | `limits::message_size::configured_max_frame_is_enforced` |
//! | CVE-2026-45736 | a close frame with a reason | `security::abusive_clients::close_frame_is_answered_and_connection_ends`, [`frames`] |
//! | CVE-2024-37890 | 2,000 headers | `http::malformed_requests::two_thousand_headers_are_431` |
//! | CVE-2021-32640, GHSA-5v72-xg48-5rpm | lists of subprotocols and extensions that are slow to parse | [`handshake`] |
//! | CVE-2022-21676, CVE-2022-41940, CVE-2023-31125 | malformed upgrade requests | [`handshake`] |
//! | CVE-2020-28481, CVE-2026-27191 | origins that resemble an allowed one | [`handshake`] |
//! | engineioxide #731 | an incomplete handshake | `protocol::handshake::handshake_that_never_begins_times_out` |
//! | CVE-2026-33151 | an incomplete message | [`frames`] |
//! | CVE-2020-36048, CVE-2020-36049 | many small fragments and values | [`frames`] |
//! | CVE-2026-32689 | a list of empty lists, and a message of white space | [`frames`] |
//! | engineioxide 0.17.4 | malformed input of every kind | `protocol::fuzz_corpus` |
//! | CVE-2023-32695, CVE-2023-30591 | names that are not strings | [`names`] |
//! | CVE-2024-38355, CVE-2025-68130, CVE-2026-54335 | names with a meaning in the language | [`names`] |
//! | CVE-2022-2421 | placeholder objects | [`names`] |
//! | trpc #1575, CVE-2025-43855 | ids of every type, and malformed credentials | `protocol::frames::ack_id_of_wrong_form_is_a_bad_frame`, [`names`] |
//! | GHSA-5hq7-j5wq-p227, GHSA-qpv8-4pjq-qqh7, GHSA-p5m3-27vh-52j4 | unknown operators | [`queries`] |
//! | RUSTSEC-2022-0037, RUSTSEC-2022-0038 | nested conditions | `limits::message_size::too_deep_message_is_rejected_and_connection_stays`, [`queries`] |
//! | Phoenix 1.8.9 | a million subscriptions | [`queries`] |
//! | reth #210 | one message with many requests | `writes::batch_commit::batch_has_at_most_100_writes` |
//! | feathers #1707 | input that makes the application fail | `security::error_disclosure` |
//! | CVE-2024-38351, CVE-2026-44166 | properties that clients cannot set | `validation::property_values::private_property_is_indistinguishable_from_unknown` |
//! | CVE-2017-16031 | the token of another subscription | `live::consistency::resume_tokens` |

mod frames;
mod handshake;
mod names;
mod queries;
