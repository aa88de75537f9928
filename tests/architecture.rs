//! The source keeps to docs/architecture.md: the dependencies of the parts, the home of each external crate, and the
//! maximum length of a file.

mod adding;
mod named_tests;
mod picture;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

/// A longer file does more than one thing.
const MAX_LINES: usize = 400;

/// What each part of the crate may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("meters", &[]),
    ("notices", &[]),
    ("domain", &["limits"]),
    ("crypto", &["domain", "limits", "meters"]),
    ("settings", &["crypto", "domain", "limits"]),
    ("telemetry", &["settings"]),
    ("store", &["domain", "settings"]),
    ("live", &["domain", "limits", "meters", "settings", "store"]),
    ("leases", &["store"]),
    ("outgoing", &["crypto", "domain", "leases", "live", "meters", "store"]),
    ("providers", &["crypto", "domain", "outgoing", "settings"]),
    ("mail", &["crypto", "domain", "leases", "meters", "settings", "store"]),
    (
        "account",
        &["crypto", "domain", "limits", "live", "meters", "notices", "outgoing", "providers", "settings", "store"],
    ),
    (
        "sign_in",
        &["account", "crypto", "domain", "limits", "live", "meters", "notices", "providers", "settings", "store"],
    ),
    ("rpc", &["account", "domain", "limits", "live", "meters", "notices", "store"]),
    ("methods", &["account", "domain", "limits", "live", "providers", "rpc", "sign_in", "store"]),
    ("import", &["crypto", "domain", "limits", "store"]),
    ("server", &["account", "domain", "limits", "live", "meters", "notices", "rpc", "settings", "sign_in"]),
    ("jobs", &["account", "meters", "rpc", "sign_in"]),
];

/// The home of each external crate; elsewhere its name does not occur. The domain derives sqlx's types.
const HOMES: &[(&str, &[&str])] = &[
    ("async_nats", &["live/nats.rs", "live/jetstream.rs"]),
    ("argon2", &["crypto/"]),
    ("bcrypt", &["crypto/"]),
    ("askama", &["mail/", "server/pages/"]),
    ("flate2", &["server/pages/file.rs"]),
    ("governor", &["rpc/allowances.rs"]),
    ("hmac", &["crypto/"]),
    ("idna", &["domain/email.rs"]),
    ("indicatif", &["import/progress.rs"]),
    ("jsonrpsee", &["rpc/", "server/"]),
    ("jsonwebtoken", &["crypto/"]),
    ("lettre", &["mail/", "settings/mail.rs"]),
    ("minicbor", &["crypto/webauthn/"]),
    ("mail_parser", &["server/pages/dev_mail/"]),
    ("metrics", &["meters/"]),
    ("metrics_exporter_prometheus", &["meters/"]),
    ("phonenumber", &["domain/phone.rs"]),
    ("scrypt", &["crypto/"]),
    ("rustls_native_certs", &["outgoing/"]),
    ("rustix", &["server/descriptors.rs", "main.rs"]),
    ("tokio_rustls", &["outgoing/"]),
    ("sqlx", &["store/", "domain/", "import/django/source.rs"]),
    ("unicase", &["domain/text.rs"]),
    ("unicode_normalization", &["domain/"]),
    ("tokio_tungstenite", &["server/websocket/"]),
];

#[test]
fn every_part_uses_what_it_may() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let part = path.split(['/', '.']).next().expect("a name");
        let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == part) else {
            // The composition root may use everything; a new part has to be listed.
            assert!(["app", "cli", "lib", "main"].contains(&part), "{part} is not in the map");
            continue;
        };
        let used = parts_used(&text).into_iter().filter(|used| used != part && !may.contains(&used.as_str()));
        wrong.extend(used.map(|used| format!("{path} uses {used}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The dependencies of each part in the present source.
fn uses() -> picture::Uses {
    let mut uses = picture::Uses::new();
    for (path, text) in sources() {
        let part = path.split(['/', '.']).next().expect("a name").to_owned();
        if !["lib", "main"].contains(&part.as_str()) {
            let used = parts_used(&text).into_iter().filter(|used| *used != part);
            uses.entry(part.clone()).or_default().extend(used);
        }
    }
    uses
}

#[test]
fn the_picture_is_the_source() {
    let path = root().join("docs/architecture/parts.svg");
    let drawn = picture::svg(&uses());
    if env::var_os("DRAW").is_some() {
        fs::write(&path, &drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "docs/architecture/parts.svg is outdated: DRAW=1 cargo test --test it the_picture_is_the_source"
    );
}

/// The files that the pages for readers of the source name exist.
#[test]
fn the_pages_name_existing_files() {
    let mut missing = Vec::new();
    for page in ["docs/architecture.md", "docs/protocol.md"] {
        let text = fs::read_to_string(root().join(page)).expect("the page");
        let prose: String = text.split("```").step_by(2).collect();
        for name in prose.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs") && !name.contains('<')) {
            let is_there = ["", "src"].iter().any(|folder| root().join(folder).join(name).exists());
            if !is_there {
                missing.push(format!("{page} names {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Comments refer to the protocol by section.
#[test]
fn the_sections_that_comments_name_exist() {
    let page = fs::read_to_string(root().join("docs/protocol.md")).expect("the page");
    let reference = ["docs/protocol.md", ", \""].concat();
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).expect("a file of text");
            for rest in text.split(&reference).skip(1) {
                let section = rest.split('"').next().unwrap_or_default();
                if !page.contains(&format!("\n## {section}\n")) {
                    wrong.push(format!("{} refers to {section}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// No two parts use each other, directly or indirectly.
#[test]
fn parts_have_no_import_cycle() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(part, used)| (*part, used.iter().copied().collect())).collect();
    while let Some(part) = left.iter().find(|(_, used)| used.is_empty()).map(|(part, _)| *part) {
        left.remove(part);
        for used in left.values_mut() {
            used.remove(part);
        }
    }
    assert!(left.is_empty(), "import cycle among: {left:#?}");
}

#[test]
fn every_foreign_crate_is_used_in_its_place_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (name, homes) in HOMES {
            if !homes.iter().any(|home| path.starts_with(home)) && names(&text, name) {
                wrong.push(format!("{path} uses {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A column that a newer version adds while this one runs must not change the result of a statement.
#[test]
fn every_statement_names_its_columns() {
    let stars = ["SELECT *", "RETURNING *", ".*"];
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| path.starts_with("store") && stars.iter().any(|star| text.contains(star)))
        .map(|(path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long() {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests")));
    let lines = |path: &PathBuf| fs::read_to_string(path).expect("a file of text").lines().count();
    let long: Vec<_> = files.iter().filter(|path| lines(path) > MAX_LINES).collect();
    assert!(long.is_empty(), "more than {MAX_LINES} lines: {long:#?}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the crate by their path below `src`, without comments and unit tests.
fn sources() -> BTreeMap<String, String> {
    let src = root().join("src");
    let for_tests = |path: &Path| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        name == "fixture" || name == "tests" || name.ends_with("_tests")
    };
    rust_files(&src)
        .into_iter()
        .filter(|path| !for_tests(path))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a file of text");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let code = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>();
            let path = path.strip_prefix(&src).expect("a path below src").display().to_string();
            (path, code.join("\n"))
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whether a path of the crate occurs: `sqlx::…`, where `argon2` by itself may be a field.
fn names(text: &str, foreign: &str) -> bool {
    let path = format!("{foreign}::");
    text.match_indices(&path).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The parts named by `crate::part` and `crate::{part, other::…}`.
fn parts_used(text: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            parts.extend(words(rest).next().map(str::to_owned));
            continue;
        };
        let mut depth = 1;
        let mut part = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => parts.extend(words(std::mem::take(&mut part).trim()).next().map(str::to_owned)),
                _ if depth == 1 => part.push(c),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        parts.extend(words(part.trim()).next().map(str::to_owned));
    }
    parts.retain(|part| part.starts_with(char::is_lowercase));
    parts
}

#[test]
fn the_uses_of_a_file_are_found() {
    let text = "use crate::{\n    account::{self, Error},\n    live::Hub,\n};\nuse crate::store::Tx;\ncrate::limits::X";
    assert_eq!(parts_used(text).into_iter().collect::<Vec<_>>(), ["account", "limits", "live", "store"]);
}
