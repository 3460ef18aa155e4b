use super::*;

#[test]
fn error_codes_are_unique() {
    let mut codes: Vec<_> = CODES.iter().map(|(_, code)| code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), CODES.len());
}

#[test]
fn custom_code_is_converted_to_snake_case() {
    assert_eq!(Error::refused("Too tired!", "x").code(), "too_tired");
    assert_eq!(Error::refused("--", "x").code(), "refused");
    assert_eq!(Error::refused("--", "x").kind(), ErrorKind::Custom);
    assert_eq!(Error::refused("not_found", "x").kind(), ErrorKind::NotFound);
}

#[test]
fn any_error_preserves_errors_and_hides_others() {
    let converted =
        |result: Result<(), AnyError>| Error::from(result.expect_err("the conversion fails"));
    let own = || -> Result<(), AnyError> { Err(Error::refused("too_tired", "sleeps"))? };
    let error = converted(own());
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("too_tired", "sleeps")
    );
    let parse = || -> Result<(), AnyError> { Ok("x".parse::<i32>().map(drop)?) };
    let error = converted(parse());
    assert_eq!(error.kind(), ErrorKind::Internal);
    let source = std::error::Error::source(&error).expect("a cause");
    assert_eq!(source.to_string(), "invalid digit found in string");
}

#[test]
fn error_hides_cause_from_client() {
    let error = Error::internal("the disk is full");
    let json = serde_json::to_string(&error).expect("an error is JSON");
    assert!(
        !json.contains("disk") && !error.to_string().contains("disk"),
        "{json}"
    );
}
