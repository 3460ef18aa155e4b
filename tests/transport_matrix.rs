//! Runs tests that use a WebSocket and an in-memory store again over HTTP and with an SQLite store.

/// Lists the tests of each module that run over HTTP and with an SQLite store, and after `but` those that
/// need a WebSocket and run with an SQLite store only.
macro_rules! cases {
    ($($topic:ident :: $name:ident { $($case:ident)* } but { $($socket:ident)* })*) => {
        $(mod $name {
            mod over_http {
                use crate::$topic::$name as own;

                $(#[test]
                fn $case() {
                    crate::support::with_http_clients(own::$case);
                })*
            }

            mod sqlite_file {
                use crate::$topic::$name as own;

                $(#[test]
                fn $case() {
                    crate::support::with_sqlite_stores(own::$case);
                })*
                $(#[test]
                fn $socket() {
                    crate::support::with_sqlite_stores(own::$socket);
                })*
            }
        })*

        #[test]
        fn every_test_of_a_listed_module_is_included() {
            $(assert_eq!(
                left_out(include_str!(concat!(stringify!($topic), "/", stringify!($name), ".rs")), &[$(stringify!($case),)* $(stringify!($socket),)*]),
                Vec::<&str>::new(),
            );)*
        }
    };
}

cases! {
    writes::create_and_get {
        create_returns_the_record_with_defaults
        omitted_id_becomes_a_uuid_v7
        create_of_an_existing_id_is_a_conflict
        integer_id_is_required
        integer_id_is_a_number_everywhere
        absent_record_is_not_found
        get_of_several_ids_keeps_order_and_gives_null
        get_of_more_than_1000_ids_names_the_limit
        invalid_id_among_several_has_its_index
        all_is_an_alias_of_find
        reply_has_the_seq_of_its_snapshot
        request_sees_effects_of_all_earlier_replies
        renamed_id_and_properties_are_used_everywhere
        missing_id_is_reported_as_required
        unserved_action_is_unknown_and_not_described
    } but {}
    writes::serializability {
        positions_by_count_have_no_gaps
    } but {
        hook_that_counts_never_double_books
        hook_that_finds_never_double_books
        hook_that_finds_one_never_double_books
        method_that_counts_never_double_books
        method_that_finds_never_double_books
        of_two_calls_that_count_both_one_sees_other
        count_over_children_depends_on_the_children
        list_over_a_parent_depends_on_the_parent
    }
    queries::pagination {
        limit_and_skip_truncate_a_list
        truncated_list_has_a_cursor_and_complete_has_none
        pages_are_stable_during_inserts_and_destroys
        invalid_or_foreign_cursor_is_rejected
        cursor_is_small_when_the_sorted_value_is_long
        resource_may_set_its_own_page_sizes
    } but {
        sort_keys_apply_in_the_order_written
        cursor_pages_return_each_record_once_in_any_order
        select_returns_named_properties_in_order
        page_size_defaults_to_100_and_is_at_most_1000
    }
    queries::relations {
        parent_condition_matches_its_children
        null_parent_meets_only_negations
        child_condition_matches_its_parents
        conditions_reach_through_two_relations
        relation_conditions_combine_with_others
        relation_routes_accept_relation_conditions
        unknown_name_in_relation_condition_is_rejected
        malformed_relation_condition_is_rejected
        related_records_count_towards_limits
    } but {
        live_windows_and_counts_refuse_relations
    }
    queries::operands {
        filters_accept_every_spelling_that_create_accepts
        times_and_decimals_are_sorted_by_value
        operands_invalid_for_the_type_are_rejected
    } but {
        live_filters_accept_every_spelling
    }
    queries::filters_and_order {
        property_value_is_an_equality_condition
        null_equals_only_null_and_missing_values
        null_filter_is_valid_for_non_null_properties
        ne_nin_and_not_are_exact_complements
        comparisons_and_prefixes_are_false_on_null
        strings_compare_bytewise
        minus_zero_equals_zero_and_false_is_less_than_true
        or_and_not_filters_can_be_nested
        lists_are_sorted_with_the_id_as_tie_breaker
        null_sorts_first_and_last_in_reverse
        invalid_query_is_rejected_with_its_path
        private_property_is_rejected_anywhere_in_a_query
        count_rejects_other_query_clauses
        query_has_at_most_64_terms
        conditions_nest_at_most_5_deep
        in_accepts_at_most_1000_values
    } but {}
    writes::update_save_destroy {
        update_changes_only_given_properties
        update_with_null_clears_an_optional_property
        update_with_null_of_required_property_is_invalid
        unchanged_write_makes_no_commit
        commits_are_numbered_without_gaps
        failed_write_takes_no_seq
        save_creates_an_absent_record
        save_replaces_writable_properties_only
        destroy_returns_the_last_state
        save_accepts_unchanged_read_only_properties
    } but {}
    validation::whole_numbers {
        whole_numbers_are_integers_in_every_spelling
        fractions_and_out_of_range_integers_are_rejected
    } but {
        options_accept_whole_numbers
    }
    validation::nested_properties {
        nested_faults_have_the_rules_of_top_level_ones
        properties_known_or_allowed_by_a_type_are_valid
    } but {}
    validation::property_values {
        every_payload_fault_is_reported
        message_of_a_single_fault_names_the_property
        unknown_property_is_rejected_by_every_action
        private_property_is_indistinguishable_from_unknown
        private_property_is_never_sent
        read_only_property_cannot_be_set
        wrong_type_is_reported_with_its_property
        missing_required_property_is_reported
        nul_character_is_rejected_in_every_text
        id_of_wrong_form_is_rejected_by_every_action
        id_of_256_bytes_is_valid_and_compared_bytewise
        inexact_integer_is_rejected
        exact_integers_round_trip
        text_of_every_kind_round_trips
    } but {
        duplicate_key_is_invalid_and_named
        empty_id_is_rejected_by_every_action
        escaped_id_equals_the_plain_id
        number_beyond_all_floats_is_rejected
    }
    methods::raw_payload {
        raw_payload_is_the_payload_without_the_id
        raw_payload_faults_are_reported_by_path
        raw_payload_schema_matches_the_server
        unsendable_payload_type_is_rejected_at_start
    } but {}
    description::defaults {
        computed_default_leaves_description_unchanged
        only_constant_defaults_are_described
    } but {}
    writes::unique_values {
        taken_value_is_a_conflict_naming_the_property
        value_is_free_after_update_or_destroy
        null_may_repeat_and_values_compare_bytewise
        unique_value_has_at_most_1024_bytes
        taken_private_value_is_not_named
    } but {
        concurrent_claims_of_one_value_have_one_winner
    }
    writes::timestamps_and_rev {
        timestamps_and_rev_ignore_unchanged_writes
        server_properties_cannot_be_set_by_clients
        write_with_stale_rev_is_a_conflict
        recreated_record_has_a_new_rev
        if_rev_of_an_absent_record_depends_on_the_action
        reply_has_the_rev_of_its_record
    } but {
        if_rev_is_rejected_where_it_has_no_effect
    }
    methods::remote_methods {
        mutating_method_stores_the_record_in_its_commit
        argument_with_default_may_be_omitted
        reading_method_changes_nothing
        method_without_self_takes_arguments_by_name
        every_argument_fault_is_reported
        method_can_read_the_caller_address
        undeclared_method_is_not_callable
        method_may_return_a_custom_error_code
        internal_error_has_an_id_and_hides_its_cause
        panicking_method_changes_nothing_and_unlocks
        method_breaking_a_rule_stores_nothing
        infinity_is_never_stored
    } but {}
    relations::children {
        child_routes_create_read_list_update_destroy
        child_is_not_found_through_another_parent
        child_routes_require_an_existing_parent
        child_list_accepts_filters_pages_and_selection
        parent_is_reached_from_the_child
        child_moves_to_another_existing_parent
        child_is_saved_under_another_existing_parent
        if_rev_works_through_the_parent
    } but {}
    relations::include {
        related_records_are_included_on_both_sides
        truncated_included_list_has_a_cursor
        invalid_include_is_rejected_with_its_path
    } but {}
    relations::cascade {
        destroy_cascades_over_any_depth_in_one_commit
        restrict_blocks_destroy_and_detach_allows_it
        resource_can_be_its_own_parent
        destroy_beyond_max_cascade_is_rejected
    } but {}
    validation::rules {
        rule_bounds_are_enforced_exactly
        rule_faults_follow_the_property_order
        rule_faults_join_type_and_unknown_faults
        conditional_rule_applies_to_the_resulting_record
    } but {}
    validation::bigint {
        bigints_are_decimal_strings_both_ways
        bigint_in_other_spelling_is_rejected
        bigints_are_compared_by_equality_only
        non_finite_number_is_never_stored_at_any_depth
        nested_inexact_integers_are_rejected
        results_with_inexact_integers_are_internal_errors
    } but {
        minus_zero_equals_zero
    }
    writes::idempotency_keys {
        retry_returns_the_first_reply_without_effect
        every_write_is_remembered_with_its_seq
        failed_request_can_be_retried_with_its_key
        key_is_bound_to_one_request
        expired_key_is_rejected
    } but {
        retry_during_the_first_run_waits_for_it
        key_is_accepted_only_by_writes
        retry_after_a_cut_at_any_byte_applies_once
    }
    writes::batch_commit {
        batch_is_one_commit_with_results_in_order
        rejected_write_undoes_the_whole_batch
        batch_fault_has_the_position_of_its_write
        batch_has_at_most_100_writes
        record_created_and_destroyed_makes_no_commit
    } but {
        batch_runs_after_earlier_requests
    }
}

/// Returns the tests in a file that are in neither list.
fn left_out<'a>(file: &'a str, listed: &[&str]) -> Vec<&'a str> {
    let tests = file.split("#[tokio::test").skip(1);
    let names = tests.filter_map(|test| {
        let (_, rest) = test.split_once("async fn ")?;
        rest.split('(').next()
    });
    names.filter(|name| !listed.contains(name)).collect()
}
