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
        fn no_case_is_left_out() {
            $(assert_eq!(
                left_out(include_str!(concat!(stringify!($topic), "/", stringify!($name), ".rs")), &[$(stringify!($case),)* $(stringify!($socket),)*]),
                Vec::<&str>::new(),
            );)*
        }
    };
}

cases! {
    writes::create_and_get {
        create_answers_with_the_stored_record_defaults_included
        an_id_that_is_not_given_is_a_fresh_uuid_of_version_7
        creating_an_id_that_exists_is_a_conflict_and_changes_nothing
        an_integer_id_must_be_given
        an_integer_id_is_a_number_wherever_it_stands
        getting_what_is_not_there_is_not_found
        get_of_several_answers_in_the_order_asked_with_null_for_none
        get_of_more_than_a_thousand_ids_names_the_limit
        a_wrong_id_among_several_is_named_by_its_place
        all_is_find
        a_reply_names_the_commit_that_it_is_a_view_of
        a_request_sees_the_effects_of_every_reply_before_it_on_any_connection
        an_id_of_another_name_and_renamed_properties_are_called_so_everywhere
        what_needs_an_id_says_so
        an_action_that_is_not_served_is_an_unknown_one_and_not_described
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
    }
    queries::pagination {
        limit_and_skip_cut_a_list
        a_list_that_was_cut_says_where_it_goes_on_and_a_whole_one_does_not
        pages_are_stable_while_others_insert_and_destroy
        a_cursor_that_is_none_or_of_another_sort_is_refused
        a_cursor_stays_small_where_what_is_sorted_by_is_long
        a_resource_may_have_pages_of_its_own
    } but {
        the_keys_of_an_order_count_in_the_order_written
        pages_by_cursor_show_everything_once_in_every_order
        select_sends_what_is_named_in_the_order_named
        a_page_is_a_hundred_unless_asked_and_a_thousand_at_most
    }
    queries::operands {
        every_spelling_that_create_takes_is_found
        times_and_decimals_are_sorted_by_value
        operands_that_the_type_does_not_take_are_refused
    } but {
        live_conditions_take_every_spelling
    }
    queries::filters_and_order {
        a_property_with_a_value_means_equality
        a_missing_or_null_value_equals_null_and_nothing_else
        null_may_be_asked_of_a_property_that_is_never_null
        ne_nin_and_not_are_exact_complements
        comparisons_and_prefixes_are_false_on_null
        texts_compare_by_their_bytes
        minus_zero_equals_zero_and_false_is_less_than_true
        or_and_and_not_nest
        lists_stand_in_the_order_asked_and_the_id_decides_among_equals
        null_sorts_first_and_last_in_the_reverse
        what_has_no_meaning_in_a_query_is_refused_by_its_path
        a_private_property_is_refused_anywhere_in_a_query
        a_count_takes_conditions_only
        a_query_has_at_most_64_terms
        conditions_nest_at_most_5_deep
        in_takes_at_most_a_thousand_values
    } but {}
    writes::update_save_destroy {
        update_changes_only_what_is_given_and_answers_with_the_whole
        update_with_null_sets_an_optional_property_to_none
        update_with_null_of_a_property_that_is_not_optional_is_invalid
        a_write_that_changes_nothing_makes_no_commit
        commits_are_numbered_densely_in_their_order
        a_write_that_fails_takes_no_number
        save_creates_what_is_not_there
        save_replaces_what_is_writable_and_leaves_the_rest
        destroy_answers_with_the_record_as_it_was
        a_record_can_be_saved_as_it_was_read_and_what_cannot_be_set_must_be_unchanged
    } but {}
    validation::whole_numbers {
        whole_numbers_are_integers_however_they_are_spelt
        fractions_and_numbers_out_of_range_are_refused
    } but {
        options_take_whole_numbers
    }
    validation::nested_properties {
        nested_faults_have_the_rules_of_top_level_ones
        what_a_type_uses_or_opts_into_is_taken
    } but {}
    validation::property_values {
        every_fault_is_told_and_not_the_first
        the_message_of_one_fault_names_it
        an_unknown_property_is_refused_by_every_action
        a_private_property_is_one_that_nobody_has_heard_of
        a_private_property_leaves_by_no_way
        a_read_only_property_is_sent_and_can_not_be_set
        a_value_of_another_type_is_named
        a_required_property_that_is_missing_is_named
        text_with_u0000_is_refused_wherever_it_stands
        an_id_of_the_wrong_form_is_refused_by_every_action
        an_id_of_256_bytes_is_taken_and_compared_byte_by_byte
        an_integer_beyond_the_exact_range_is_refused
        every_exact_integer_comes_back_as_it_went
        text_of_every_kind_comes_back_as_it_went
    } but {
        a_key_given_twice_is_invalid_and_named
        empty_id_is_refused_by_every_action
        an_id_spelt_with_escapes_is_the_same_id
        a_number_beyond_all_floats_is_refused
    }
    methods::raw_payload {
        a_payload_taken_whole_is_what_the_id_leaves
        what_is_wrong_in_a_payload_taken_whole_is_told_by_its_path
        the_schema_of_a_payload_taken_whole_says_what_the_server_takes
        a_payload_that_nobody_could_send_is_refused_at_start
    } but {}
    description::defaults {
        a_default_that_is_computed_leaves_the_description_as_it_is
        a_default_is_described_where_it_is_constant_by_its_spelling
    } but {}
    writes::unique_values {
        a_value_that_is_taken_is_a_conflict_that_names_the_property_alone
        a_value_is_free_again_where_its_record_changes_or_goes
        null_may_repeat_and_values_compare_byte_by_byte
        a_value_holds_a_thousand_and_twenty_four_bytes
        a_private_value_that_is_taken_is_not_named
    } but {
        of_many_that_claim_one_value_at_once_one_gets_it
    }
    writes::timestamps_and_rev {
        times_and_the_revision_move_only_where_something_changes
        what_the_server_keeps_is_not_set_by_clients
        a_write_with_another_revision_is_a_conflict_and_changes_nothing
        a_record_created_anew_has_a_revision_that_none_before_it_had
        a_revision_of_what_is_not_there_is_told_as_each_action_does
        a_revision_is_beside_the_result_where_the_resource_keeps_one
    } but {
        a_revision_is_invalid_wherever_it_means_nothing
    }
    methods::remote_methods {
        a_changing_method_stores_the_record_in_the_commit_that_it_names
        an_argument_with_a_default_may_be_left_out
        a_looking_method_changes_nothing
        a_method_without_self_needs_no_id_and_takes_arguments_by_name
        every_fault_of_the_arguments_is_named
        a_method_knows_who_calls
        a_method_that_is_not_declared_is_on_no_wire
        a_method_may_refuse_with_a_code_of_its_own
        a_failure_is_internal_with_an_id_and_without_its_cause
        a_method_that_panics_changes_nothing_and_the_record_is_free_again
        a_method_that_breaks_a_rule_of_the_record_is_invalid_and_stores_nothing
        an_infinity_is_never_stored
    } but {}
    relations::children {
        a_child_is_created_read_listed_changed_and_destroyed_through_its_parent
        a_child_is_not_found_through_another_parent
        a_parent_that_is_not_there_has_no_children_and_gets_none
        a_list_of_children_takes_conditions_pages_and_selections
        the_parent_is_reached_from_the_child
        a_child_moves_to_another_parent_that_is_there
        a_child_is_saved_under_another_parent_that_is_there
        a_revision_is_asked_for_through_the_parent_too
    } but {}
    relations::include {
        related_records_are_included_on_both_sides
        an_included_list_that_is_cut_says_where_it_goes_on
        what_can_not_be_included_is_named
    } but {}
    relations::cascade {
        a_parent_takes_its_children_with_it_in_one_commit_over_any_depth
        a_parent_that_children_restrict_stays_and_one_they_detach_from_goes
        a_resource_can_be_its_own_parent
        more_than_may_go_at_once_stays
    } but {}
    validation::rules {
        both_ends_of_each_rule_are_where_they_are_written
        every_fault_is_told_in_the_order_of_the_properties
        rules_are_told_together_with_what_is_of_another_type_or_unknown
        a_conditional_rule_holds_where_its_function_says_so
    } but {}
    validation::bigint {
        wide_integers_are_decimal_strings_both_ways
        a_wide_integer_has_one_spelling
        wide_integers_are_compared_by_equality_only
        a_number_that_is_not_finite_is_never_stored_however_deep_it_stands
        integers_that_not_every_client_can_hold_are_refused_inside_of_others
        results_hold_integers_that_every_client_can_hold
    } but {
        minus_zero_equals_zero
    }
    writes::idempotency_keys {
        a_retry_gets_the_first_reply_and_does_nothing
        every_write_is_remembered_with_its_number
        a_request_that_failed_left_nothing_and_runs_afresh
        a_key_is_of_one_request_only
        a_key_that_may_be_forgotten_is_refused
    } but {
        a_retry_while_the_first_is_under_way_waits_for_it
        only_what_may_do_something_takes_a_key
        a_connection_that_is_cut_at_any_byte_leaves_one_effect_after_the_retry
    }
    writes::batch_commit {
        several_writes_are_one_commit_and_each_result_comes_in_its_place
        one_write_that_is_refused_leaves_nothing_of_the_others
        what_is_wrong_with_a_write_is_told_with_its_place
        a_commit_has_at_most_a_hundred_writes
        a_record_that_a_commit_makes_and_removes_was_never_there
    } but {
        what_was_sent_before_a_commit_is_done_before_it
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
