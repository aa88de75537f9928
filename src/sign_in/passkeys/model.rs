//! The default names of passkeys.

use crate::domain::{session::UserAgent, sign_in_methods::PasskeyName};
use uuid::{Uuid, uuid};

/// Models of authenticators (AAGUIDs) with well-known names: those of phones, browsers and password managers, from the
/// community's list (passkey-authenticator-aaguids), and of security keys, from their manufacturers.
const MODELS: [(Uuid, &str); 27] = [
    (uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"), "Apple Passwords"),
    (uuid!("dd4ec289-e01d-41c9-bb89-70fa845d4bf2"), "iCloud Keychain"),
    (uuid!("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), "Google Password Manager"),
    (uuid!("adce0002-35bc-c60a-648b-0b25f1f05503"), "Chrome on Mac"),
    (uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96"), "Windows Hello"),
    (uuid!("9ddd1817-af5a-4672-a2b9-3e3dd95000a9"), "Windows Hello"),
    (uuid!("6028b017-b1d4-4c02-b4b3-afcdafc96bb2"), "Windows Hello"),
    (uuid!("53414d53-554e-4700-0000-000000000000"), "Samsung Pass"),
    (uuid!("bada5566-a7aa-401f-bd96-45619a55120d"), "1Password"),
    (uuid!("d548826e-79b4-db40-a3d8-11116f7e8349"), "Bitwarden"),
    (uuid!("531126d6-e717-415c-9320-3d9aa6981239"), "Dashlane"),
    (uuid!("b84e4048-15dc-4dd0-8640-f4f60813c8af"), "NordPass"),
    (uuid!("0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6"), "Keeper"),
    (uuid!("f3809540-7f14-49c1-a8b3-8f813b225541"), "Enpass"),
    (uuid!("50726f74-6f6e-5061-7373-50726f746f6e"), "Proton Pass"),
    (uuid!("fdb141b2-5d84-443e-8a35-4698c205a502"), "KeePassXC"),
    (uuid!("771b48fd-d3d4-4f74-9232-fc157ab0507a"), "Edge on Mac"),
    (uuid!("cb69481e-8ff7-4039-93ec-0a2729a154a8"), "YubiKey"),
    (uuid!("ee882879-721c-4913-9775-3dfcce97072a"), "YubiKey"),
    (uuid!("fa2b99dc-9e39-4257-8f92-4a30d23c4118"), "YubiKey"),
    (uuid!("2fc0579f-8113-47ea-b116-bb5a8db9202a"), "YubiKey"),
    (uuid!("c5ef55ff-ad9a-4b9f-b580-adebafe026d0"), "YubiKey"),
    (uuid!("73bb0cd4-e502-49b8-9c6f-b59445bf720b"), "YubiKey"),
    (uuid!("149a2021-8ef6-4133-96b8-81f8d5b7f1f5"), "Security Key by Yubico"),
    (uuid!("a4e9fc6d-4cbe-4758-b8ba-37598bb5bbaa"), "Security Key by Yubico"),
    (uuid!("b92c3f9a-c014-4056-887f-140a2501163b"), "Security Key by Yubico"),
    (uuid!("d8522d9f-575b-4866-88a9-ba99fa02f35b"), "YubiKey Bio"),
];

/// The markers of browsers in user agents. A browser whose user agent includes another's marker comes first.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The name of the authenticator's model; otherwise of browser and system; otherwise a generic one.
pub(super) fn default_name(model: Uuid, user_agent: Option<&UserAgent>) -> PasskeyName {
    let by_model = MODELS.iter().find(|(known, _)| *known == model).map(|(_, name)| (*name).to_owned());
    let by_browser = || {
        let said = user_agent?.as_str();
        let among =
            |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| said.contains(mark)).map(|(_, name)| *name);
        match (among(&BROWSERS), among(&SYSTEMS)) {
            (Some(browser), Some(system)) => Some(format!("{browser} ({system})")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    };
    let name = by_model.or_else(by_browser).unwrap_or_else(|| "Passkey".to_owned());
    PasskeyName::cut(&name).expect("a name of these tables is not blank")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_gets_a_familiar_name() {
        const UNKNOWN: Uuid = Uuid::nil();
        let apple = uuid!("fbfc3007-154e-4ecc-8c0b-6e020557d7bd");
        for (model, user_agent, name) in [
            (apple, None, "Apple Passwords"),
            (apple, Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), "Apple Passwords"),
            (
                UNKNOWN,
                Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
                "Firefox (Linux)",
            ),
            (
                UNKNOWN,
                Some(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                ),
                "Edge (Windows)",
            ),
            (
                UNKNOWN,
                Some(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/18.5 Mobile/15E148 Safari/604.1",
                ),
                "Safari (iPhone)",
            ),
            (
                UNKNOWN,
                Some(
                    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                     Mobile Safari/537.36",
                ),
                "Chrome (Android)",
            ),
            (UNKNOWN, Some("curl/8.5.0"), "Passkey"),
            (UNKNOWN, None, "Passkey"),
        ] {
            let user_agent = user_agent.and_then(UserAgent::cut);
            assert_eq!(default_name(model, user_agent.as_ref()).as_str(), name);
        }
    }
}
