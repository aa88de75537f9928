//! Checked against the test vectors of Web Authentication, Level 3 (§16), which `vectors.json` has in hexadecimal.

use super::*;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

struct Vector {
    name: String,
    registration: RegistrationCredential,
    assertion: AssertionCredential,
    challenges: [Vec<u8>; 2],
}

fn vectors() -> Vec<Vector> {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    all.iter().map(Vector::of).collect()
}

fn named(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

impl Vector {
    fn of(json: &Value) -> Self {
        let bytes = |name: &str| {
            let hex = json[name].as_str().unwrap();
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect::<Vec<u8>>()
        };
        let attestation_object = bytes("attestation_object");
        let data = AuthenticatorData::parse(attested_data(&attestation_object).unwrap()).unwrap();
        let id = data.credential.unwrap().id.to_vec();
        let (made, used) = (bytes("client_data_create"), bytes("client_data_get"));
        Self {
            name: json["name"].as_str().unwrap().to_owned(),
            challenges: [challenge_of(&made), challenge_of(&used)],
            registration: RegistrationCredential { id: id.clone(), client_data: made, attestation_object },
            assertion: AssertionCredential {
                id,
                client_data: used,
                authenticator_data: bytes("authenticator_data"),
                signature: bytes("signature"),
                user_handle: None,
            },
        }
    }

    fn register(&self) -> Result<NewCredential, Refused> {
        shop().verify_registration(&self.challenges[0], &self.registration)
    }

    fn sign_in(&self, stored: &NewCredential) -> Result<Assertion, Refused> {
        shop().verify_assertion(&self.challenges[1], &self.assertion, kept(stored))
    }
}

fn kept(credential: &NewCredential) -> StoredCredential<'_> {
    StoredCredential {
        user: b"ann",
        public_key: &credential.public_key,
        counter: credential.counter,
        backup_eligible: credential.backup_eligible,
    }
}

fn challenge_of(client_data: &[u8]) -> Vec<u8> {
    let data: Value = serde_json::from_slice(client_data).unwrap();
    URL_SAFE_NO_PAD.decode(data["challenge"].as_str().unwrap()).unwrap()
}

fn shop() -> RelyingParty {
    RelyingParty::new("example.org".into(), "https://example.org/account", &["https://example.org".into()])
}

#[test]
fn registrations_of_the_vectors_are_accepted_where_the_user_was_verified() {
    for vector in vectors() {
        let expected = match vector.name.as_str() {
            "ES256 Credential with Self Attestation"
            | "Packed Attestation with ES256 Credential"
            | "Packed Attestation with RS256 Credential"
            | "TPM Attestation with ES256 Credential"
            | "Android Key Attestation with ES256 Credential" => Ok(()),
            "Packed Attestation with ES512 Credential" => Err(Refused::Algorithm),
            name if name.contains("rigin\"") => Err(Refused::OtherCeremony),
            _ => Err(Refused::UserNotVerified),
        };
        assert_eq!(vector.register().map(drop), expected, "{}", vector.name);
    }
}

#[test]
fn signatures_of_the_vectors_verify_by_the_three_algorithms() {
    for Vector { name, registration, assertion, .. } in vectors() {
        let data = AuthenticatorData::parse(attested_data(&registration.attestation_object).unwrap()).unwrap();
        let key = CoseKey::parse(data.credential.unwrap().public_key);
        let signed = [&assertion.authenticator_data, digest(&SHA256, &assertion.client_data).as_ref()].concat();
        match key {
            Ok(key) => assert!(key.verifies(&signed, &assertion.signature), "{name}"),
            Err(refused) => {
                assert_eq!(refused, Refused::Algorithm, "{name}");
                assert!(["ES384", "ES512", "Ed448"].iter().any(|other| name.contains(other)), "{name}");
            }
        }
    }
}

#[test]
fn every_bit_of_an_assertion_counts() {
    let vector = named("Packed Attestation with ES256 Credential");
    let stored = vector.register().unwrap();
    assert_eq!(
        vector.sign_in(&stored),
        Ok(Assertion { counter: vector.sign_in(&stored).unwrap().counter, backed_up: false })
    );
    let parts: [fn(&mut AssertionCredential) -> &mut Vec<u8>; 3] =
        [|a| &mut a.client_data, |a| &mut a.authenticator_data, |a| &mut a.signature];
    for part in parts {
        for bit in 0..part(&mut vector.assertion.clone()).len() * 8 {
            let mut assertion = vector.assertion.clone();
            part(&mut assertion)[bit / 8] ^= 1 << (bit % 8);
            assert!(shop().verify_assertion(&vector.challenges[1], &assertion, kept(&stored)).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn an_assertion_is_for_one_ceremony_page_user_and_key() {
    let vector = named("TPM Attestation with ES256 Credential");
    let stored = vector.register().unwrap();
    let verify = |party: &RelyingParty, challenge: &[u8], assertion: &AssertionCredential, stored| {
        party.verify_assertion(challenge, assertion, stored).map(drop)
    };
    let (challenge, good) = (&vector.challenges[1], &vector.assertion);
    assert_eq!(verify(&shop(), challenge, good, kept(&stored)), Ok(()));
    assert_eq!(verify(&shop(), &vector.challenges[0], good, kept(&stored)), Err(Refused::OtherCeremony));
    assert_eq!(verify(&shop(), &[], good, kept(&stored)), Err(Refused::OtherCeremony));
    let other = RelyingParty::new("example.net".into(), "https://example.org", &["https://example.org".into()]);
    assert_eq!(verify(&other, challenge, good, kept(&stored)), Err(Refused::OtherRelyingParty));
    let elsewhere =
        RelyingParty::new("example.org".into(), "https://shop.example.org", &["https://example.net".into()]);
    assert_eq!(verify(&elsewhere, challenge, good, kept(&stored)), Err(Refused::OtherOrigin));
    let of = |handle: &[u8]| AssertionCredential { user_handle: Some(handle.to_vec()), ..good.clone() };
    assert_eq!(verify(&shop(), challenge, &of(b"ann"), kept(&stored)), Ok(()));
    assert_eq!(verify(&shop(), challenge, &of(b"bob"), kept(&stored)), Err(Refused::OtherUser));
    let another = named("Packed Attestation with ES256 Credential").register().unwrap();
    assert_eq!(verify(&shop(), challenge, good, kept(&another)), Err(Refused::Signature));
    let eligible = StoredCredential { backup_eligible: !stored.backup_eligible, ..kept(&stored) };
    assert_eq!(verify(&shop(), challenge, good, eligible), Err(Refused::BackupState));
    let ahead = StoredCredential { counter: u32::MAX, ..kept(&stored) };
    assert_eq!(verify(&shop(), challenge, good, ahead), Err(Refused::Counter));
}

#[test]
fn pages_of_the_frontend_and_of_allowed_origins_below_the_domain_are_accepted() {
    let allows = |party: &RelyingParty, origin: &str| party.origins.allow(origin, party.id());
    let listed =
        ["https://shop.example.org", "https://evilexample.org", "https://example.net", "capacitor://localhost"];
    let shop = RelyingParty::new("example.org".into(), "https://example.org/account", &listed.map(str::to_owned));
    for (origin, allowed) in [
        ("https://example.org", true),
        ("https://shop.example.org", true),
        ("https://other.example.org", false),
        ("https://evilexample.org", false),
        ("https://example.net", false),
        ("http://example.org", false),
        ("", false),
    ] {
        assert_eq!(allows(&shop, origin), allowed, "{origin}");
    }
    let development = RelyingParty::new("localhost".into(), "http://localhost:8080", &[]);
    for (origin, allowed) in [
        ("http://localhost:8080", true),
        ("http://localhost:5173", true),
        ("http://localhost", true),
        ("http://localhost.example:80", false),
        ("http://localhost:80@example.org", false),
        ("http://127.0.0.1:8080", false),
        ("https://localhost:8080", false),
    ] {
        assert_eq!(allows(&development, origin), allowed, "{origin}");
    }
}

#[test]
fn answers_of_browsers_are_parsed() {
    let registration = json!({
        "id": "AQID", "rawId": "AQID", "type": "public-key", "authenticatorAttachment": "platform",
        "clientExtensionResults": { "credProps": { "rk": true } },
        "response": { "clientDataJSON": "e30", "attestationObject": "oA", "transports": ["internal"] },
    });
    let read: RegistrationCredential = serde_json::from_value(registration.clone()).unwrap();
    assert_eq!((&read.id[..], &read.client_data[..]), (&[1, 2, 3][..], &b"{}"[..]));
    for (pointer, bad) in [
        ("/id", json!("AQIE")),
        ("/rawId", json!(null)),
        ("/type", json!("password")),
        ("/response/clientDataJSON", json!("?")),
        ("/response/attestationObject", json!(1)),
        ("/response", json!([])),
    ] {
        let mut broken = registration.clone();
        *broken.pointer_mut(pointer).unwrap() = bad;
        assert!(serde_json::from_value::<RegistrationCredential>(broken).is_err(), "{pointer}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = attested_data(&bytes);
        let _ = AuthenticatorData::parse(&bytes);
        let _ = CoseKey::parse(&bytes);
    }

    #[test]
    fn changed_attestations_do_not_panic(at in 0_usize..2000, byte in any::<u8>(), cut in 0_usize..2000) {
        for vector in vectors() {
            let mut object = vector.registration.attestation_object.clone();
            let length = object.len();
            object[at % length] = byte;
            object.truncate(length - cut % length);
            let registration = RegistrationCredential { attestation_object: object, ..vector.registration.clone() };
            let _ = shop().verify_registration(&vector.challenges[0], &registration);
        }
    }
}
