//! Accounts as `marbelle user` prints them for people.

use super::table::{Fields, Table, or_dash};
use crate::domain::{session::Session, user::User};

/// One line per account.
pub(super) fn users(users: &[User]) -> Table<7> {
    let heading = ["ID", "E-MAIL", "NAME", "STATE", "SESSIONS", "LAST SEEN", "CREATED"];
    Table::new(
        heading,
        users.iter().map(|user| {
            [
                user.profile.id.to_string(),
                user.profile.email.as_str().to_owned(),
                name(user),
                state(user).to_owned(),
                user.sessions.to_string(),
                or_dash(user.last_seen_at),
                user.profile.created_at.to_string(),
            ]
        }),
    )
}

/// All details of one account.
pub(super) fn user(user: &User, sessions: &[Session]) -> String {
    let (profile, ways) = (&user.profile, &user.sign_in_methods);
    let yes = |there: bool| if there { "yes" } else { "no" }.to_owned();
    let passkeys = ways.passkeys.iter().map(|passkey| passkey.registered.name.as_str()).collect::<Vec<_>>();
    let providers = ways.providers.iter().map(|link| link.label.as_str()).collect::<Vec<_>>();
    let second_factor = match ways.recovery_codes_left {
        Some(left) => format!("yes, recovery codes left: {left}"),
        None => "no".to_owned(),
    };
    let fields = Fields(vec![
        ("Id", profile.id.to_string()),
        ("External id", or_dash(user.external_id.as_ref())),
        ("E-mail", profile.email.as_str().to_owned()),
        ("Pending e-mail", or_dash(profile.pending_email.as_ref().map(|email| email.as_str()))),
        ("Name", name(user)),
        ("Company", or_dash(profile.company_name.as_ref())),
        ("Phone", or_dash(profile.phone.as_ref().map(|phone| phone.as_str()))),
        ("Language", profile.locale.as_str().to_owned()),
        ("State", user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled since {at}"))),
        ("Created", profile.created_at.to_string()),
        ("Profile changed", profile.updated_at.to_string()),
        ("Last seen", or_dash(user.last_seen_at)),
        ("Password", yes(ways.password)),
        ("Second factor", second_factor),
        ("Passkeys", or_dash(Some(passkeys.join(", ")).filter(|names| !names.is_empty()))),
        ("Providers", or_dash(Some(providers.join(", ")).filter(|names| !names.is_empty()))),
    ]);
    let heading = ["SESSION", "DEVICE", "ADDRESS", "LAST SEEN", "CONNECTED"];
    let table = Table::new(
        heading,
        sessions.iter().map(|session| {
            let opened = &session.opened;
            let user_agent = opened.user_agent.as_ref().map(ToString::to_string);
            [
                opened.id.to_string(),
                or_dash(opened.device_name.as_ref().map(ToString::to_string).or(user_agent)),
                opened.ip.clone(),
                session.last_seen_at.to_string(),
                yes(session.connected),
            ]
        }),
    );
    if sessions.is_empty() { fields.to_string() } else { format!("{fields}\n{table}") }
}

fn name(user: &User) -> String {
    match &user.profile.last_name {
        Some(last) => format!("{} {last}", user.profile.first_name),
        None => user.profile.first_name.to_string(),
    }
}

fn state(user: &User) -> &'static str {
    if user.disabled_at.is_some() { "disabled" } else { "active" }
}
