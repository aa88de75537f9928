//! Bounds between settings.

use super::tests::{Place, at_fault};

#[test]
fn an_account_at_its_limits_fits_into_one_answer() {
    let place = Place::new();
    let message = |env: &[(&str, &str)]| place.load(env).unwrap_err().to_string();
    let refused = message(&[("LIMITS__MAX_ADDRESSES", "1000")]);
    let most = refused.strip_prefix("MARBELLE_LIMITS__MAX_ADDRESSES (environment): must be at most ").expect(&refused);
    let (most, rest) = most.split_once(' ').unwrap();
    assert!(rest.starts_with("while MARBELLE_LIMITS__SESSIONS_PER_USER is 50"), "{rest}");
    let (most, over) = (most.to_owned(), (most.parse::<usize>().unwrap() + 1).to_string());
    assert!(place.load(&[("LIMITS__MAX_ADDRESSES", &most)]).is_ok());
    assert_eq!(at_fault(&[("LIMITS__MAX_ADDRESSES", &over)]), ["LIMITS__MAX_ADDRESSES"]);
    // More sessions leave room for fewer addresses; with the default limits there is always room.
    let sessions = ("LIMITS__SESSIONS_PER_USER", "1000");
    assert_eq!(at_fault(&[("LIMITS__MAX_ADDRESSES", &most), sessions]), ["LIMITS__MAX_ADDRESSES"]);
    assert!(place.load(&[sessions]).is_ok());
}

#[test]
fn the_claims_of_access_tokens_are_bounded() {
    let (longest, longer) = ("x".repeat(255), "x".repeat(256));
    let url = format!("https://{}", "x".repeat(256));
    for name in ["TOKEN_ISSUER", "TOKEN_AUDIENCE"] {
        assert_eq!(at_fault(&[(name, &longest)]), [""; 0]);
        assert_eq!(at_fault(&[(name, &longer)]), [name]);
    }
    assert_eq!(at_fault(&[("FRONTEND_URL", &url)]), ["FRONTEND_URL"]);
}

#[test]
fn a_link_does_not_outlive_its_registration() {
    assert_eq!(at_fault(&[("LIFETIMES__ONE_TIME_TOKEN", "7d")]), [""; 0]);
    assert_eq!(at_fault(&[("LIFETIMES__ONE_TIME_TOKEN", "8d")]), ["LIFETIMES__ONE_TIME_TOKEN"]);
}
