//! Checks whether a password is in a public list of breached ones, by the range API of Have I Been Pwned (NIST SP
//! 800-63B-4 §3.1.1.2, OWASP ASVS 5, 6.2.12). Five characters of its SHA-1 leave the process, and the answer is padded,
//! so that its length does not reveal the range.

use super::{Bounds, HttpClient, Reading, Request, Targets};
use crate::{crypto::sha1::sha1_hex, domain::password::Password, meters::meters};
use http::HeaderName;
use std::time::Duration;
use tokio::{sync::Semaphore, time::timeout};
use url::Url;

/// The number of characters of a password's SHA-1 that leave the process.
const PREFIX: usize = 5;
/// Requests an answer with made-up entries among the others.
const ADD_PADDING: HeaderName = HeaderName::from_static("add-padding");
/// Concurrent requests: any registration can cause one, and each has a connection of its own. Further ones wait for
/// their turn within their second.
const AT_A_TIME: usize = 16;
/// Some 1,000 lines of 40 bytes are usual.
const BOUNDS: Bounds = Bounds {
    // The operator has chosen it, and it may be a mirror in the same network.
    targets: Targets::Any,
    total: Duration::from_secs(1),
    reading: Reading::Body { at_most: 512 * 1024 },
};

/// A list of breached passwords.
pub struct BreachedPasswords {
    client: HttpClient,
    /// The URL that the five characters are appended to.
    range: Url,
    turns: Semaphore,
}

impl BreachedPasswords {
    /// The list whose ranges are below `range`, such as `https://api.pwnedpasswords.com/range/`.
    pub fn new(range: Url) -> Self {
        Self { client: HttpClient::default(), range, turns: Semaphore::new(AT_A_TIME) }
    }

    /// Whether the list has the password. If the list does not answer properly within a second, the answer is no, and
    /// the failure is counted.
    pub async fn has(&self, password: &Password) -> bool {
        let hash = sha1_hex(password.expose());
        let (prefix, suffix) = hash.split_at(PREFIX);
        let asked =
            timeout(BOUNDS.total, self.ask(prefix)).await.unwrap_or_else(|_| Err("it took too long".to_owned()));
        match asked {
            Ok(range) => finds(&range, suffix),
            Err(why) => {
                meters().breached_unanswered.increment(1);
                tracing::debug!(why, "the list of breached passwords did not answer; the password passes");
                false
            }
        }
    }

    async fn ask(&self, prefix: &str) -> Result<String, String> {
        let _turn = self.turns.acquire().await.map_err(|error| error.to_string())?;
        let url = Url::parse(&format!("{}{prefix}", self.range)).map_err(|error| error.to_string())?;
        let request = Request::get(url).header(ADD_PADDING, "true");
        let answer = self.client.send(request, BOUNDS).await.map_err(|failure| failure.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("it answered {}", answer.status));
        }
        let range = std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
        if range.lines().filter(|line| !line.trim().is_empty()).all(|line| entry(line).is_some()) {
            Ok(range.to_owned())
        } else {
            Err("the answer is not a range".to_owned())
        }
    }
}

/// The rest of a hash, and the number of times that its password was seen.
fn entry(line: &str) -> Option<(&str, u64)> {
    let (suffix, count) = line.trim().split_once(':')?;
    let is_suffix = suffix.len() == 40 - PREFIX && suffix.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((suffix, count.trim().parse().ok()?)).filter(|_| is_suffix)
}

/// Entries with a count of zero are padding.
fn finds(range: &str, suffix: &str) -> bool {
    range.lines().filter_map(entry).any(|(found, seen)| seen > 0 && found.eq_ignore_ascii_case(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_silent_list_holds_a_bounded_number_of_connections() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let range = Url::parse(&format!("http://{}/range/", listener.local_addr().unwrap())).unwrap();
        let list = BreachedPasswords::new(range);
        let password = Password::presented("a long walk by the sea").unwrap();
        let accepting = async {
            let mut accepted = Vec::new();
            while let Ok(Ok((stream, _))) = timeout(BOUNDS.total / 2, listener.accept()).await {
                accepted.push(stream);
            }
            accepted.len()
        };
        let asking = futures_util::future::join_all((0..3 * AT_A_TIME).map(|_| list.has(&password)));
        let (accepted, found) = tokio::join!(accepting, asking);
        assert_eq!(accepted, AT_A_TIME);
        assert!(found.iter().all(|found| !found), "they pass");
    }

    #[test]
    fn padding_does_not_match() {
        let (padding, hit) = ("0".repeat(35), "F".repeat(35));
        let range = format!("{padding}:0\r\n{hit}:3\r\n");
        assert!(finds(&range, &hit) && finds(&range, &hit.to_lowercase()));
        assert!(!finds(&range, &padding));
        for nonsense in ["", "<html>", "0:1", &hit, &format!("{hit}:x")] {
            assert_eq!(entry(nonsense), None, "{nonsense}");
        }
    }
}
