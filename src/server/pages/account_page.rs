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

/// The page may load its own script, style and icon, and call its own origin. Forms are sent by script only, and no
/// markup is made from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types 'none'";

/// The values that the document passes to the script.
#[derive(Template)]
#[template(path = "server/pages/templates/account_page.html")]
struct Document<'a> {
    shop: &'a str,
    password_min_length: usize,
    max_addresses: usize,
    /// Where letters can be read in development.
    mail: Option<&'a str>,
    icon: &'a str,
    style: &'a str,
    script: &'a str,
}

/// Adds the page to `files`; `mail` is where its letters can be read.
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
    let mut headers = PAGE.to_vec();
    // Cached, but revalidated each time, because it names the newest files.
    headers.extend([("cache-control", "no-cache"), ("content-security-policy", POLICY)]);
    let document = Arc::new(File::new(Bytes::from(document.render()?), &headers));
    for path in PATHS {
        files.put(path, &document);
    }
    Ok(())
}
