use super::Config;
use serde_json::{Value, json};
use std::time::Duration;

/// The reference of all settings.
const REFERENCE: &str = include_str!("../../../../docs/reference/configuration.md");

fn config(set: fn(&mut Config)) -> Config {
    let mut config = Config::default();
    set(&mut config);
    config
}

#[test]
fn validate_names_setting_and_value() {
    assert!(Config::default().validate().is_ok());
    let year = "must be longer than zero and at most a year";
    let origin = "not an origin; write one such as `https://app.example.com`";
    let wildcard = "`*` replaces one label at the front of a host, as in `https://*.example.com`";
    let host = "not a host name; write one without a port, such as `api.example.com`";
    #[rustfmt::skip]
    let wrong = [
        (config(|it| it.connection.max_frame = 0), "`connection.max_frame` = 0", "must be at least 1"),
        (config(|it| it.connection.max_batch = 0), "`connection.max_batch` = 0", "must be at least 1"),
        (config(|it| it.connection.max_connections = 1 << 40), "`connection.max_connections` = 1099511627776", "must be at most 4294967295"),
        (config(|it| it.connection.ping_interval = Duration::from_secs(40_000_000)), "`connection.ping_interval` = 40000000s", year),
        (config(|it| it.connection.write_timeout = Duration::ZERO), "`connection.write_timeout` = 0ns", year),
        (config(|it| it.request.request_burst = 0), "`request.request_burst` = 0", "must be at least 1"),
        (config(|it| it.live.fold_after = 0), "`live.fold_after` = 0", "must be at least 1"),
        (config(|it| it.store.max_keys = 0), "`store.max_keys` = 0", "must be at least 1"),
        (config(|it| it.store.key_retention = Duration::ZERO), "`store.key_retention` = 0ns", year),
        (config(|it| it.http.max_header_bytes = 100), "`http.max_header_bytes` = 100", "must be at least 8192"),
        (config(|it| it.access.allowed_origins.push("app.example.com".to_owned())), "`access.allowed_origins` = \"app.example.com\"", origin),
        (config(|it| it.access.allowed_origins.push("https://*".to_owned())), "`access.allowed_origins` = \"https://*\"", wildcard),
        (config(|it| it.access.hosts.push("example.com:80".to_owned())), "`access.hosts` = \"example.com:80\"", host),
    ];
    for (config, setting, rule) in wrong {
        let error = config.validate().expect_err(setting);
        assert_eq!(
            error.to_string(),
            format!("invalid setting {setting}: {rule}")
        );
    }
}

#[test]
fn deserialize_fills_missing_settings() {
    let config = json!({
        "connection": {"max_frame": 1024, "ping_interval": 250},
        "store": {"log_retention": "1h 30m"},
        "access": {"allowed_origins": ["https://app.example.com"], "public_schema": true},
    });
    let config: Config = serde_json::from_value(config).expect("valid settings");
    let mut expected = Config::default()
        .max_frame(1024)
        .log_retention(Duration::from_secs(90 * 60))
        .allowed_origins(["https://app.example.com"])
        .public_schema(true);
    expected.connection.ping_interval = Duration::from_millis(250);
    assert_eq!(format!("{config:?}"), format!("{expected:?}"));
}

#[test]
fn deserialize_rejects_unknown_and_invalid_settings() {
    let wrong = [
        (json!({"max_frame": 1}), "unknown field `max_frame`"),
        (
            json!({"connection": {"max_fram": 1}}),
            "unknown field `max_fram`",
        ),
        (json!({"live": {"fold_after": -1}}), "invalid value"),
        (json!({"live": {"fold_after": "many"}}), "invalid type"),
        (
            json!({"request": {"request_timeout": "30"}}),
            "invalid duration `30`",
        ),
        (
            json!({"request": {"request_timeout": -30}}),
            "must not be negative",
        ),
        (
            json!({"request": {"request_timeout": true}}),
            "a duration: a number of milliseconds",
        ),
    ];
    for (config, expected) in wrong {
        let error = serde_json::from_value::<Config>(config).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn setters_set_the_setting_of_their_name() {
    let wait = Duration::from_secs(7);
    let config = Config::default()
        .max_frame(1)
        .max_connections(2)
        .max_connections_per_address(3)
        .shutdown_timeout(wait)
        .max_reply(4)
        .max_page(5)
        .max_request_rate(6)
        .request_timeout(wait)
        .max_subscriptions(7)
        .fold_after(8)
        .http_enabled(false)
        .explorer(!cfg!(debug_assertions))
        .allowed_origins(["https://app.example.com"])
        .loopback_origins(!cfg!(debug_assertions))
        .hosts(["app.example.com"])
        .public_schema(true)
        .max_visited(9)
        .log_retention(wait)
        .key_retention(wait);
    let expected: Config = serde_json::from_value(json!({
        "connection": {
            "max_frame": 1, "max_connections": 2, "max_connections_per_address": 3,
            "shutdown_timeout": "7s",
        },
        "request": {"max_reply": 4, "max_page": 5, "max_request_rate": 6, "request_timeout": "7s"},
        "live": {"max_subscriptions": 7, "fold_after": 8},
        "http": {"enabled": false, "explorer": !cfg!(debug_assertions)},
        "access": {
            "allowed_origins": ["https://app.example.com"], "loopback_origins": !cfg!(debug_assertions),
            "hosts": ["app.example.com"], "public_schema": true,
        },
        "store": {"max_visited": 9, "log_retention": "7s", "key_retention": "7s"},
    }))
    .expect("valid settings");
    assert_eq!(format!("{config:?}"), format!("{expected:?}"));
}

/// The settings in the tables of the reference, each with the code of its default.
fn settings_in_reference() -> Vec<(&'static str, &'static str)> {
    let rows = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| {
        let mut code = row.split('`');
        Some((code.next()?, code.nth(1)?))
    });
    cells.filter(|(name, _)| name.contains('.')).collect()
}

#[test]
fn reference_has_the_defaults_of_all_settings() {
    let mut in_reference = settings_in_reference();
    in_reference.sort_unstable();
    let names: Vec<_> = in_reference.iter().map(|(name, _)| *name).collect();

    // Two defaults depend on the build, and the reference names those with debug assertions first.
    let expected = Config::default().explorer(true).loopback_origins(true);
    let expected = format!("{expected:#?}");
    let mut group = "";
    let mut settings = Vec::new();
    for line in expected.lines() {
        let indent = line.len() - line.trim_start().len();
        match (indent, line.trim_start().split_once(": ")) {
            (4, Some((name, _))) => group = name,
            (8, Some((name, _))) => settings.push(format!("{group}.{name}")),
            _ => {}
        }
    }
    settings.sort_unstable();
    assert_eq!(names, settings);

    let mut defaults = json!({});
    for (name, default) in in_reference {
        let (group, name) = name.split_once('.').expect("a group and a name");
        let default: Value = serde_json::from_str(default).expect("a default in JSON");
        defaults[group][name] = default;
    }
    let config: Config = serde_json::from_value(defaults).expect("settings of a server");
    assert_eq!(format!("{config:#?}"), expected);
}
