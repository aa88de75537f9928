use super::*;

const DJANGO: &str = include_str!("../../../tests/import/vectors/django_hashes.jsonl");

/// Made by passlib 1.7, argon2-cffi and bcrypt of PyPI, and libxcrypt's `crypt`; `$7$C6…` is by the author of scrypt.
const OTHERS: [(&str, &str); 13] = [
    ("other systems", "$pbkdf2$1000$dA4hBCCkNKa0VupdixHCmA$biTgN9QAj4m13SpMopDzXFX9M18"),
    ("other systems", "$pbkdf2-sha256$1000$by0lJETo/R/DGGPMeU8phQ$ZtkMFFjlh.GnJy6uxUTKGj5raZLAkBQe4nE5c3Ynoos"),
    (
        "other systems",
        "$pbkdf2-sha512$1000$NOY85zynlNI655yzttY6pw$ITZmiGJOH1NiaihYW99ImG5JeFOxv0AhrCLZPOoHEWbQXQo0YuYdbBE0OvvcIrzG\
         GhMaiGGwTtAD0MNENmKXyA",
    ),
    ("other systems", "$pbkdf2-sha256$i=2000,l=32$E/+6r8XCttCH4xj/dRAqMw$0m+5v8QFkDINgQbfHo3jxQs9/WJQZh7RtknaPt9V5cw"),
    ("other systems", "$scrypt$ln=10,r=8,p=1$wpjTGgNAqJWScu59j9G6Nw$bFqXuyBTg7Z/yycNRe1Kv7ZWk2AlivBS8fk27SYPjBM"),
    ("other systems", "$7$86..../....saltsaltsalt$RUpu/NQBL0qQbkdrpMSBUOCbOQgD4dBmgDNzTbdu900"),
    ("pleaseletmein", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"),
    (
        "other systems",
        "$argon2i$v=19$m=1024,t=2,p=2$aznshFKc3syiOo1qZyglXA$/qbKJVOu6JY81PPg/C5jWf13yQJTz5WH2PrsGi04rRo",
    ),
    (
        "other systems",
        "$argon2d$v=19$m=1024,t=2,p=2$qFVbSPxmwunVfOshPZvwlA$TBG9KSSiWPHHP0S277QdonMxk3akOP0EUv3sbUvanrU",
    ),
    (
        "other systems",
        "$argon2id$v=19$m=1024,t=2,p=2$Ma+PWLdbgAAkTR0zilqmVg$QFs6P6V5NCYo8fBTughgqNXFKt8pxeDv7CmlnZxL2kY",
    ),
    ("other systems", "$2a$05$F/HioTGilymT8QxguVwIF.LJA36Q0F1ZObhHZDLBu3pDynCImsnEi"),
    ("other systems", "$2b$05$/fAcWOzdU3KIRM/jaMdRgOIbzRokqOjtpIz3g6Vub9G9cUWcp8IaS"),
    ("other systems", "$2y$05$g3/yNlG9QJ7yv8790c/8AuqRsJXiBWNkgocK4ryYOgqdVTKH55tn."),
];

fn assert_verifies(password: &str, stored: &str) {
    let hash = LegacyHash::parse(stored).unwrap_or_else(|error| panic!("{stored}: {error}"));
    assert!(hash.is_of(password), "{stored}");
    assert!(!hash.is_of(&format!("x{password}")), "{stored}");
    assert_eq!(hash.cost().to_string().parse(), Ok(hash.cost()), "{stored}");
}

#[test]
fn hashes_of_django_verify_the_typed_password() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in DJANGO.lines() {
        let [kind, password, stored]: [String; 3] = serde_json::from_str(line).unwrap();
        assert_verifies(&password, &stored);
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 6);
}

#[test]
fn hashes_of_other_systems_verify() {
    for (password, stored) in OTHERS {
        assert_verifies(password, stored);
    }
}

#[test]
fn bcrypt_uses_the_first_72_bytes() {
    let salt = "$2b$05$/fAcWOzdU3KIRM/jaMdRgO";
    let mut hash = LegacyHash::parse(&format!("{salt}IbzRokqOjtpIz3g6Vub9G9cUWcp8IaS")).unwrap();
    let mut digest = vec![0; 23];
    assert!(hash.compute("é".repeat(40).as_bytes(), &mut digest));
    hash.digest = digest;
    assert!(hash.is_of(&"é".repeat(36)) && hash.is_of(&"é".repeat(100)));
    assert!(!hash.is_of(&"é".repeat(35)));
}

#[test]
fn invalid_and_too_costly_hashes_are_refused() {
    let salt = "c2FsdHNhbHRzYWx0";
    let digest = "3H7AWjMuM6nFoRXL6ATDRi0Bie9+7e35b7CugHcnI+U=";
    let unpadded = digest.trim_end_matches('=');
    let cases = [
        ("", Unusable::NoPassword),
        ("!GLB2UCMnEH0CQ0rld6d8e767SpDFm3zTg17ItT8S", Unusable::NoPassword),
        ("md5$vzWlwa894dbcg4Hkk59BmL$fc67a36278b0b16220577c47386b6f98", Unusable::Unknown),
        ("pbkdf2_sha256$oops", Unusable::Unknown),
        ("pbkdf2_sha256$1000$salt$", Unusable::Unknown),
        ("pbkdf2_sha256$1000$salt$c2hvcnQ=", Unusable::Unknown),
        (&format!("pbkdf2_sha256$-1$salt${digest}"), Unusable::Unknown),
        (&format!("pbkdf2_sha256$0$salt${digest}"), Unusable::TooCostly),
        (&format!("pbkdf2_sha256$4000000000$salt${digest}"), Unusable::TooCostly),
        (&format!("pbkdf2_sha1$1000$salt${digest}"), Unusable::Unknown),
        (&format!("scrypt$16384$salt$8$5${}", "A".repeat(600)), Unusable::Unknown),
        (&format!("scrypt$16383$salt$8$5${digest}"), Unusable::Unknown),
        (&format!("scrypt$1048576$salt$8$1${digest}"), Unusable::TooCostly),
        (&format!("scrypt$16384$salt$8$4000000${digest}"), Unusable::TooCostly),
        (&format!("$scrypt$ln=63,r=4294967295,p=4294967295${salt}${unpadded}"), Unusable::TooCostly),
        (&format!("$scrypt$ln=200,r=8,p=1${salt}${unpadded}"), Unusable::Unknown),
        (&format!("$argon2id$v=19$m=1048576,t=1,p=1${salt}${unpadded}"), Unusable::TooCostly),
        (&format!("$argon2id$v=19$m=131072,t=9,p=1${salt}${unpadded}"), Unusable::TooCostly),
        (&format!("$argon2id$v=19$m=1024,t=2,p=100${salt}${unpadded}"), Unusable::TooCostly),
        ("$2b$31$/fAcWOzdU3KIRM/jaMdRgOIbzRokqOjtpIz3g6Vub9G9cUWcp8IaS", Unusable::TooCostly),
        ("$2x$05$/fAcWOzdU3KIRM/jaMdRgOIbzRokqOjtpIz3g6Vub9G9cUWcp8IaS", Unusable::Unknown),
        ("$2b$05$/fAcWOzdU3KIRM/jaMdRgOIbzRokqOjtpIz3g6Vub9G9cUWcp8Iaé", Unusable::Unknown),
        ("$7$C6", Unusable::Unknown),
    ];
    for (stored, expected) in cases {
        assert_eq!(LegacyHash::parse(stored).err(), Some(expected), "{stored}");
    }
}

#[test]
fn a_decoy_costs_what_it_stands_for_and_never_matches() {
    for (password, stored) in OTHERS {
        let hash = LegacyHash::parse(stored).unwrap();
        let decoy = LegacyHash::decoy(hash.cost());
        assert_eq!(decoy.cost(), hash.cost());
        let mut computed = vec![0; decoy.digest.len()];
        assert!(decoy.compute(password.as_bytes(), &mut computed), "{stored}: the work is done");
        assert!(!decoy.is_of(password));
    }
}

proptest::proptest! {
    #[test]
    fn any_stored_text_is_parsed_or_refused(stored in "(\\$?(2b|7|scrypt|pbkdf2_sha256|pbkdf2-sha256|argon2id|bcrypt)\\$)?.{0,90}") {
        let _ = LegacyHash::parse(&stored);
    }
}
