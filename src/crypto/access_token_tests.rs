use super::*;
use crate::{crypto::keys::KeySettings, crypto::keys::Keys};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::encode;

const ISSUER: &str = "https://shop.example";
const LIFETIME: Duration = Duration::from_secs(600);

fn keys(dir: &tempfile::TempDir, verify_keys: Vec<String>) -> Keys {
    let settings = KeySettings { signing_key: None, verify_keys, token_secrets: vec![] };
    Keys::load(&settings, dir.path()).unwrap()
}

struct Scene {
    clock: Clock,
    keys: Keys,
    tokens: AccessTokens,
    user: UserId,
    session: SessionId,
}

fn scene() -> Scene {
    let clock = Clock::adjustable();
    let keys = keys(&tempfile::tempdir().unwrap(), vec![]);
    let tokens = AccessTokens::new(&keys, ISSUER, "marbelle", LIFETIME, clock.clone());
    Scene { clock, keys, tokens, user: UserId::new(), session: SessionId::new() }
}

impl Scene {
    fn claims(&self) -> Value {
        let now = self.clock.now().unix();
        json!({
            "iss": ISSUER, "aud": "marbelle", "sub": self.user, "sid": self.session, "ver": 3,
            "iat": now, "exp": now + 60, "jti": Uuid::new_v4(),
        })
    }

    fn signed(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.tokens.signing).unwrap()
    }

    fn refuses(&self, token: &str) -> bool {
        self.tokens.verify(token) == Err(TokenError::Invalid)
    }
}

#[test]
fn an_issued_token_identifies_its_caller_until_it_expires() {
    let Scene { clock, tokens, user, session, .. } = scene();
    let (token, expires) = tokens.issue(Caller { user, session, version: 3 });
    assert!(expires <= clock.now().after(LIFETIME) && expires > clock.now().after(LIFETIME - Duration::from_secs(2)));
    let claims = Claims { user, session, version: 3, expires };
    assert_eq!(tokens.verify(&token), Ok(claims));
    assert_eq!(tokens.verify(&token), Ok(claims), "from the cache");
    assert_eq!(tokens.verified.len(), 1);
    clock.advance(expires.since(clock.now()));
    assert_eq!(tokens.verify(&token), Err(TokenError::Expired), "cached or not");
    assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
    assert_eq!(tokens.verified.len(), 0);
}

#[test]
fn a_token_with_the_longest_issuer_and_audience_is_accepted() {
    let scene = scene();
    // The settings allow 255 bytes, each of which may need an escape.
    let longest = "\"".repeat(255);
    let tokens = AccessTokens::new(&scene.keys, &longest, &longest, LIFETIME, scene.clock);
    let (token, expires) = tokens.issue(Caller { user: scene.user, session: scene.session, version: 3 });
    let claims = Claims { user: scene.user, session: scene.session, version: 3, expires };
    assert_eq!(tokens.verify(&token), Ok(claims), "{} bytes", token.len());
}

#[test]
fn the_form_is_that_of_rfc_9068() {
    let scene = scene();
    let (token, _) = scene.tokens.issue(Caller { user: scene.user, session: scene.session, version: 3 });
    assert!(token.len() < ACCESS_TOKEN_MAX_BYTES / 2, "{}", token.len());
    let part = |n| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
    };
    let kid = &scene.keys.signing_public().kid;
    assert_eq!(part(0), json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid }));
    let claims = part(1);
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sid", "sub", "ver"]);
    assert_eq!(scene.tokens.jwks()["keys"][0]["kid"], **kid);
}

#[test]
fn every_claim_is_required_and_checked() {
    let scene = scene();
    assert!(scene.tokens.verify(&scene.signed(&scene.tokens.header, &scene.claims())).is_ok());
    for (name, wrong) in [
        ("iss", json!("https://else.example")),
        ("aud", json!("else")),
        ("sub", json!("ann")),
        ("sid", json!(7)),
        ("iat", json!("now")),
        ("exp", json!(-1)),
        ("exp", json!("never")),
        ("exp", json!(i64::MAX)),
        ("jti", json!("x")),
    ] {
        let mut claims = scene.claims();
        claims[name] = wrong.clone();
        assert!(scene.refuses(&scene.signed(&scene.tokens.header, &claims)), "{name}: {wrong}");
        claims.as_object_mut().unwrap().remove(name);
        assert!(scene.refuses(&scene.signed(&scene.tokens.header, &claims)), "no {name}");
    }
}

#[test]
fn the_header_must_be_ours() {
    let scene = scene();
    let with = |change: fn(&mut Header)| {
        let mut header = scene.tokens.header.clone();
        change(&mut header);
        scene.signed(&header, &scene.claims())
    };
    assert!(scene.refuses(&with(|h| h.typ = Some("JWT".into()))));
    assert!(scene.refuses(&with(|h| h.typ = None)));
    assert!(scene.refuses(&with(|h| h.kid = Some("other".into()))));
    assert!(scene.refuses(&with(|h| h.kid = None)));
    assert!(scene.refuses(&with(|h| h.crit = Some(vec!["b64".into()]))));
}

#[test]
fn other_algorithms_are_refused() {
    let scene = scene();
    let public = scene.keys.signing_public();
    let mut header = scene.tokens.header.clone();
    header.alg = Algorithm::HS256;
    for secret in [&public.bytes()[..], public.jwk()["x"].as_str().unwrap().as_bytes()] {
        let token = encode(&header, &scene.claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert!(scene.refuses(&token), "HS256 under the public key");
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for alg in ["none", "None", "EdDSA", "ES256"] {
        let header = json!({ "alg": alg, "typ": TYPE, "kid": public.kid });
        for signature in ["", "AAAA", &"A".repeat(86)] {
            let token = format!("{}.{}.{signature}", part(&header), part(&scene.claims()));
            assert!(scene.refuses(&token), "{alg}, signature {signature:?}");
        }
    }
}

#[test]
fn a_changed_or_overlong_token_is_refused() {
    let scene = scene();
    let (token, _) = scene.tokens.issue(Caller { user: scene.user, session: scene.session, version: 3 });
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts[1] = URL_SAFE_NO_PAD.encode(scene.claims().to_string());
    assert!(scene.refuses(&parts.join(".")));
    for text in ["", ".", "..", "a.b.c", &token[1..], &format!("{token}."), &format!("{token} "), &"é.".repeat(9)] {
        assert!(scene.refuses(text), "{text}");
    }
    let mut claims = scene.claims();
    claims["pad"] = json!("x".repeat(ACCESS_TOKEN_MAX_BYTES));
    assert!(scene.refuses(&scene.signed(&scene.tokens.header, &claims)));
    assert!(scene.tokens.verified.is_empty(), "refused tokens are not cached");
}

#[test]
fn a_rotated_key_still_verifies_and_a_removed_one_does_not() {
    let (old_dir, new_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tokens = |keys: &Keys| AccessTokens::new(keys, ISSUER, "marbelle", LIFETIME, Clock::system());
    let (token, _) =
        tokens(&keys(&old_dir, vec![])).issue(Caller { user: UserId::new(), session: SessionId::new(), version: 0 });
    let pem = std::fs::read_to_string(old_dir.path().join(crate::crypto::keys::SIGNING_KEY_FILE)).unwrap();
    let public = SigningKey::from_pkcs8_pem(&pem).unwrap().verifying_key().to_public_key_pem(LineEnding::LF).unwrap();

    let rotated = tokens(&keys(&new_dir, vec![public.clone(), public]));
    assert!(rotated.verify(&token).is_ok());
    assert_eq!(rotated.jwks()["keys"].as_array().unwrap().len(), 2, "each key once");
    assert_eq!(tokens(&keys(&new_dir, vec![])).verify(&token), Err(TokenError::Invalid));
}

#[test]
fn a_token_that_only_ends_like_a_cached_one_is_verified_itself() {
    let scene = scene();
    let (token, expires) = scene.tokens.issue(Caller { user: scene.user, session: scene.session, version: 3 });
    let claims = Claims { user: scene.user, session: scene.session, version: 3, expires };
    assert_eq!(scene.tokens.verify(&token), Ok(claims));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let mut other = scene.claims();
    other["sub"] = json!(UserId::new());
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    let (first, rest) = token.split_at(1);
    let forged = [
        format!("{header}.{other}.{signature}"),
        format!("{header}.{payload}.{}{}", "A".repeat(70), &signature[70..]),
        format!("{}{rest}", first.to_uppercase()),
        format!("x{token}"),
        rest.to_owned(),
        signature[signature.len() - 16..].to_owned(),
        signature[signature.len() - 15..].to_owned(),
        String::new(),
    ];
    for forged in forged {
        assert!(scene.refuses(&forged), "{forged}");
        assert_eq!(scene.tokens.verify(&token), Ok(claims), "the valid one stays cached");
    }
    assert_eq!(scene.tokens.verified.len(), 1, "refused tokens take no room");
}

#[test]
fn memory_is_bounded() {
    let scene = scene();
    let claims = |expires| Claims { user: scene.user, session: scene.session, version: 3, expires };
    let remember = |n: usize, expires| {
        let token = format!("{n:016}");
        let tail = *token.as_bytes().last_chunk().unwrap();
        scene.tokens.remember(tail, Verified { token: token.into(), claims: claims(expires) });
    };
    let (past, future) = (scene.clock.now(), scene.clock.now().after(LIFETIME));
    for n in 0..VERIFIED_TOKENS {
        remember(n, if n % 2 == 0 { past } else { future });
    }
    remember(VERIFIED_TOKENS, future);
    assert_eq!(scene.tokens.verified.len(), VERIFIED_TOKENS / 2 + 1, "expired ones go first");
    for n in 0..2 * VERIFIED_TOKENS {
        remember(n, future);
        assert!(scene.tokens.verified.len() <= VERIFIED_TOKENS);
    }
}

#[test]
fn a_token_for_another_backend_is_valid_there_only() {
    let Scene { clock, keys, user, session, .. } = scene();
    let backends = ["orders".to_owned(), "search".to_owned()];
    let tokens = AccessTokens::new(&keys, ISSUER, "marbelle", LIFETIME, clock.clone()).for_backends(&backends);
    let caller = Caller { user, session, version: 3 };
    assert_eq!(tokens.issue_for("marbelle", caller), None);
    assert_eq!(tokens.issue_for("elsewhere", caller), None);
    let (token, expires) = tokens.issue_for("orders", caller).unwrap();
    assert_eq!(tokens.verify_for("orders", &token), Ok(Claims { user, session, version: 3, expires }));
    assert_eq!(tokens.verify(&token), Err(TokenError::Invalid));
    for other in ["marbelle", "search", "elsewhere", ""] {
        assert_eq!(tokens.verify_for(other, &token), Err(TokenError::Invalid), "{other}");
    }
    let (own, _) = tokens.issue(caller);
    assert!(tokens.verify_for("marbelle", &own).is_ok());
    assert_eq!(tokens.verify_for("orders", &own), Err(TokenError::Invalid));
    clock.advance(LIFETIME);
    assert_eq!(tokens.verify_for("orders", &token), Err(TokenError::Expired));
}
