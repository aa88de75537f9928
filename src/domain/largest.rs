//! The largest JSON of an account, with the longest texts: the limits on its parts are checked against it.

use super::{
    address::{Address, Label, Line, Place, PostalCode},
    email::EmailAddress,
    event::Snapshot,
    ids::{AddressId, Epoch, PasskeyId, SessionId, UserId},
    phone::Phone,
    profile::{Locale, Name, Profile},
    session::{AuthenticationMethod, DeviceName, OpenedSession, Session, UserAgent},
    sign_in_methods::{
        Passkey, PasskeyName, ProviderLabel, ProviderLink, ProviderName, RegisteredPasskey, SignInMethods,
    },
    time::Timestamp,
};
use crate::limits::{ANSWER_BYTES, MESSAGE_BYTES, PASSKEYS, PROVIDERS};
use serde::Serialize;

/// The longest text of an address: eight groups of four digits.
const IP: &str = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

/// The most addresses that an account with `sessions` live sessions can have, so that a snapshot of it, which
/// holds all of both, fits into one answer beside the call's id.
pub fn most_addresses(sessions: usize) -> usize {
    let now = Timestamp::new(chrono::DateTime::UNIX_EPOCH);
    let rest = bytes(&snapshot(now, vec![], vec![]));
    // The answer echoes the call's id, which can be as long as a client's message; the envelope takes the rest.
    let room = ANSWER_BYTES.saturating_sub(2 * MESSAGE_BYTES);
    let taken = sessions.saturating_mul(bytes(&session(now)) + 1).saturating_add(rest);
    room.saturating_sub(taken) / (bytes(&address(now)) + 1)
}

fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}

fn snapshot(now: Timestamp, addresses: Vec<Address>, sessions: Vec<Session>) -> Snapshot {
    let sign_in_methods = sign_in_methods(now);
    Snapshot { epoch: Epoch::new(), profile: profile(now), addresses, sessions, sign_in_methods }
}

fn sign_in_methods(now: Timestamp) -> SignInMethods {
    let registered =
        RegisteredPasskey { id: PasskeyId::new(), name: PasskeyName::largest(), created_at: now, backed_up: false };
    let link = ProviderLink {
        provider: ProviderName::largest(),
        label: ProviderLabel::largest(),
        email: Some(EmailAddress::largest()),
        linked_at: now,
    };
    SignInMethods {
        password: false,
        totp: false,
        recovery_codes_left: Some(i64::MAX),
        passkeys: vec![Passkey { registered, last_used_at: Some(now) }; PASSKEYS],
        providers: vec![link; PROVIDERS],
        revision: i64::MAX,
    }
}

fn profile(now: Timestamp) -> Profile {
    Profile {
        id: UserId::new(),
        email: EmailAddress::largest(),
        first_name: Name::largest(),
        last_name: Some(Name::largest()),
        company_name: Some(Name::largest()),
        phone: Some(Phone::largest()),
        locale: Locale::En,
        is_business_customer: false,
        pending_email: Some(EmailAddress::largest()),
        revision: i64::MAX,
        created_at: now,
        updated_at: now,
    }
}

fn address(now: Timestamp) -> Address {
    Address {
        id: AddressId::new(),
        label: Label::largest(),
        first_name: Name::largest(),
        last_name: Some(Name::largest()),
        company: Some(Name::largest()),
        address_line_1: Line::largest(),
        address_line_2: Some(Line::largest()),
        city: Place::largest(),
        state: Some(Place::largest()),
        postal_code: Some(PostalCode::largest()),
        country: Place::largest(),
        phone: Some(Phone::largest()),
        is_primary: false,
        revision: i64::MAX,
        created_at: now,
        updated_at: now,
    }
}

fn session(now: Timestamp) -> Session {
    Session {
        opened: OpenedSession {
            id: SessionId::new(),
            device_name: Some(DeviceName::largest()),
            user_agent: Some(UserAgent::largest()),
            ip: IP.to_owned(),
            methods: AuthenticationMethod::NAMES
                .iter()
                .filter_map(|name| AuthenticationMethod::from_name(name))
                .collect(),
            created_at: now,
        },
        last_seen_at: now,
        proven_at: now,
        expires_at: now,
        current: false,
        connected: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::event::AddressesChanged, limits::EVENTS_AT_ONCE};

    #[test]
    fn the_most_addresses_and_sessions_make_a_snapshot_that_fits_and_one_more_would_not() {
        let now = Timestamp::from_unix(0).unwrap();
        for sessions in [1, 50, 1000] {
            let size = |addresses| bytes(&snapshot(now, vec![address(now); addresses], vec![session(now); sessions]));
            let most = most_addresses(sessions);
            let room = ANSWER_BYTES - 2 * MESSAGE_BYTES;
            assert!(size(most) <= room && size(most + 1) > room - 10_000, "{most}");
        }
        assert!(most_addresses(1000) > 100, "every number of sessions leaves room");
        assert_eq!(most_addresses(usize::MAX), 0);
    }

    #[test]
    fn a_read_of_the_log_is_bounded() {
        // Two addresses change when the primary moves: the largest entry that one can repeat.
        let now = Timestamp::from_unix(0).unwrap();
        let entry = bytes(&AddressesChanged { upserted: vec![address(now); 2], deleted: vec![] });
        let most = entry * usize::try_from(EVENTS_AT_ONCE).unwrap();
        assert!(most <= 1024 * 1024, "{entry} bytes an entry");
    }
}
