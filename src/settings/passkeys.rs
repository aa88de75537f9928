//! Whom passkeys are bound to.

use super::{
    names::Name,
    reader::{Reader, Reason},
};
use crate::crypto::webauthn::is_within;
use url::{Host, Url};

/// The relying party's id: what is given, else the frontend's host; `None` if that is an address, which is no id.
pub(super) fn relying_party(r: &mut Reader, frontend_url: &str) -> Option<String> {
    let given = r.optional(Name::PasskeysRpId, domain);
    let host = Url::parse(frontend_url).ok().and_then(|url| match url.host() {
        Some(Host::Domain(host)) => Some(host.to_owned()),
        _ => None,
    });
    let Some(given) = given else { return host };
    // A domain of one label is its own parent only: nobody may register names below `com` for everybody else.
    let is_parent = |host: &String| *host == given || (given.contains('.') && is_within(host, &given));
    if r.sound(&[Name::FrontendUrl]) && !host.as_ref().is_some_and(is_parent) {
        let frontend = Name::FrontendUrl.variable();
        r.refuse(Name::PasskeysRpId, format!("must be the host of {frontend}, or a domain that it is below"));
    }
    Some(given)
}

fn domain(text: &str) -> Result<String, Reason> {
    match Host::parse(text) {
        Ok(Host::Domain(domain)) if !domain.ends_with('.') => Ok(domain),
        _ => {
            Err("must be a domain, such as `shop.example`: passkeys are bound to a name, not to a URL or an address"
                .into())
        }
    }
}
