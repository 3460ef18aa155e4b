//! Boundary values of rules, with a plain comparison as the oracle.

use super::*;
use proptest::prelude::*;

fn keeps(check: Check, raw: &str) -> bool {
    refusal(&Rule::new(check), raw, &TypedFaults::default()).is_none()
}

const fn int(number: i128) -> Bound {
    Bound::Int(number)
}

proptest! {
    #[test]
    fn integer_range_matches_rust_range(
        from in -20_i64..20, to in -20_i64..20, number in -25_i64..25,
    ) {
        let (least, most) = (Limit::Through(int(from.into())), int(to.into()));
        let raw = number.to_string();
        let through = Check::Range(least, Limit::Through(most));
        prop_assert_eq!(keeps(through, &raw), (from..=to).contains(&number));
        let below = Check::Range(least, Limit::Below(most));
        prop_assert_eq!(keeps(below, &raw), (from..to).contains(&number));
        let open = Check::Range(least, Limit::None);
        prop_assert_eq!(keeps(open, &raw), (from..).contains(&number));
        let only_below = Check::Range(Limit::None, Limit::Below(most));
        prop_assert_eq!(keeps(only_below, &raw), (..to).contains(&number));
    }

    #[test]
    fn float_range_matches_rust_range(
        from in -40_i32..40, to in -40_i32..40, number in -50_i32..50,
    ) {
        let float = |number: i32| f64::from(number) / 8.0;
        let (from, to, number) = (float(from), float(to), float(number));
        let check = Check::Range(Limit::Through(Bound::Float(from)), Limit::Below(Bound::Float(to)));
        let raw = serde_json::to_string(&number).expect("JSON");
        prop_assert_eq!(keeps(check, &raw), (from..to).contains(&number));
    }

    #[test]
    fn length_counts_characters_items_and_entries(count in 0_usize..6, from in 0_usize..6, to in 0_usize..6) {
        let limit = |number: usize| int(number.try_into().unwrap_or_default());
        let through = Check::Length(Limit::Through(limit(from)), Limit::Through(limit(to)));
        let below = Check::Length(Limit::Through(limit(from)), Limit::Below(limit(to)));
        let entries: std::collections::BTreeMap<_, _> = (0..count).map(|n| (n.to_string(), n)).collect();
        for value in [
            serde_json::json!("\u{1F409}".repeat(count)),
            serde_json::json!("\n".repeat(count)),
            serde_json::json!(vec!["a,b"; count]),
            serde_json::json!(entries),
        ] {
            let raw = value.to_string();
            prop_assert_eq!(keeps(through, &raw), (from..=to).contains(&count), "{}", raw);
            prop_assert_eq!(keeps(below, &raw), (from..to).contains(&count), "{}", raw);
        }
    }
}

#[test]
fn integers_are_compared_exactly() {
    let most = Check::Range(Limit::None, Limit::Through(int(9_007_199_254_740_992)));
    assert!(keeps(most, "9007199254740992") && !keeps(most, "9007199254740993"));
}

#[test]
fn null_satisfies_every_rule() {
    for check in [
        Check::Range(Limit::Through(int(1)), Limit::None),
        Check::Length(Limit::Through(int(1)), Limit::None),
        Check::Format(sockful_formats::Format::Email),
    ] {
        assert!(keeps(check, "null"), "{check:?}");
    }
}

#[test]
fn rule_message_states_the_constraint() {
    let says = |check: Check, raw: &str| {
        let message = refusal(&Rule::new(check), raw, &TypedFaults::default());
        message.expect("a violation").into_owned()
    };
    let (none, one, five) = (Limit::None, Limit::Through(int(1)), Limit::Through(int(5)));
    let below = Limit::Below(Bound::Float(2.5));
    assert_eq!(says(Check::Range(one, five), "0"), "is not from 1 to 5");
    assert_eq!(says(Check::Range(one, none), "0"), "is less than 1");
    assert_eq!(says(Check::Range(none, five), "6"), "is more than 5");
    assert_eq!(
        says(Check::Range(none, below), "2.5"),
        "is not less than 2.5"
    );
    assert_eq!(
        says(Check::Range(one, below), "3"),
        "is not at least 1 and less than 2.5"
    );
    assert_eq!(says(Check::Length(one, none), r#""""#), "is empty");
    assert_eq!(
        says(Check::Length(five, none), "[1]"),
        "has less than 5 items"
    );
    assert_eq!(
        says(Check::Length(one, five), r#""123456""#),
        "does not have 1 to 5 characters"
    );
    assert_eq!(
        says(Check::Length(none, one), r#"{"a":1,"b":2}"#),
        "has more than 1 entry"
    );
}
