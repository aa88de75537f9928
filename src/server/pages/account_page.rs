//! The account page: one document at the paths of all its views, and the two files that it is built into.
//!
//! The files are made of `clients/account-page` and kept beside the source, so that cargo needs no Node.

use super::{
    file::{File, Files},
    headers::PAGE,
    put_icon,
};
use crate::settings::Settings;
use askama::Template;
use hyper::body::Bytes;
use std::sync::Arc;

/// Where the page shows something. Everything else is not found.
const PATHS: [&str; 15] = [
    "/",
    "/sign-in",
    "/register",
    "/check-mail",
    "/forgotten-password",
    "/verify-email",
    "/password-reset",
    "/confirm-email-change",
    "/confirm-deletion",
    "/accept-invitation",
    "/provider-callback",
    "/profile",
    "/addresses",
    "/devices",
    "/security",
];

/// Its own script, style, icon and calls; no form is sent anywhere but by script, and no markup is made of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

/// What the document tells the script.
#[derive(Template)]
#[template(path = "server/pages/templates/account_page.html")]
struct Document<'a> {
    shop: &'a str,
    password_min_length: usize,
    max_addresses: usize,
    /// Where letters can be read.
    mail: Option<&'a str>,
    icon: &'a str,
    style: &'a str,
    script: &'a str,
}

/// Puts the page among `files`; `mail` is where its letters can be read.
pub fn put(files: &mut Files, settings: &Settings, mail: Option<&str>) -> askama::Result<()> {
    let script = include_bytes!("account_page/app.js");
    let style = include_bytes!("account_page/app.css");
    let document = Document {
        shop: &settings.mail.shop_name,
        password_min_length: settings.limits.password_min_length,
        max_addresses: settings.limits.max_addresses.get(),
        mail,
        icon: &put_icon(files),
        style: &files.put_asset("app", "css", "text/css; charset=utf-8", style),
        script: &files.put_asset("app", "js", "text/javascript; charset=utf-8", script),
    };
    let mut says = PAGE.to_vec();
    // Kept, but asked for again each time: it names the newest files.
    says.extend([("cache-control", "no-cache"), ("content-security-policy", POLICY)]);
    let document = Arc::new(File::new(Bytes::from(document.render()?), &says));
    for path in PATHS {
        files.put(path, &document);
    }
    Ok(())
}
