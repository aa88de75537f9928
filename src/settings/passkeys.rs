//! The domain that passkeys are bound to.

use super::{
    names::Name,
    reader::{Reader, Reason},
};
use crate::crypto::webauthn::is_within;
use url::{Host, Url};

/// The relying party's id: the given one, otherwise the frontend's host; `None` if that is an address, which cannot be
/// an id.
pub(super) fn relying_party(r: &mut Reader, frontend_url: &str) -> Option<String> {
    let given = r.optional(Name::PasskeysRpId, domain);
    let host = Url::parse(frontend_url).ok().and_then(|url| match url.host() {
        Some(Host::Domain(host)) => Some(host.to_owned()),
        _ => None,
    });
    let Some(given) = given else { return host };
    // A single-label domain is a parent of itself only: nobody may bind passkeys to all of `com`.
    let is_parent = |host: &String| *host == given || (given.contains('.') && is_within(host, &given));
    if r.sound(&[Name::FrontendUrl]) && !host.as_ref().is_some_and(is_parent) {
        let frontend = Name::FrontendUrl.variable();
        r.refuse(Name::PasskeysRpId, format!("must be the host of {frontend}, or a parent domain of it"));
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
