//! The tests that docs/security.md names as evidence.

use super::{root, rust_files};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file, by the names under which its tests are found.
struct Source {
    /// Folders and the file's own name, such as `["tests", "addresses", "racing"]`.
    place: Vec<String>,
    text: String,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let place = path.strip_prefix(root).expect("a file of the root").with_extension("");
        let place = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        Self { place, text: fs::read_to_string(path).expect("a file of text") }
    }

    /// Whether it has this test, or is this module of tests.
    fn has(&self, modules: &[&str], name: &str) -> bool {
        let is_inside = modules.iter().all(|module| {
            self.place.iter().any(|part| part == module) || self.text.contains(&format!("mod {module} {{"))
        });
        let is_module = self.place.iter().any(|part| part == name);
        is_inside && (is_module || self.text.contains(&format!("fn {name}(")))
    }
}

#[test]
fn each_exists() {
    let root = root();
    let sources: Vec<Source> = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root.join(folder)))
        .map(|path: PathBuf| Source::read(&root, &path))
        .collect();
    let page = fs::read_to_string(root.join("docs/security.md")).expect("the page");
    let is_path = |text: &&str| {
        text.contains("::") && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:".contains(&b))
    };
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_path).collect();
    assert!(named.len() > 100, "the page names its tests in backticks: {}", named.len());
    let missing: Vec<&str> = named
        .into_iter()
        .filter(|path| {
            let (modules, name) = path.rsplit_once("::").expect("it has one");
            let modules: Vec<&str> = modules.split("::").collect();
            !sources.iter().any(|source| source.has(&modules, name))
        })
        .collect();
    assert!(missing.is_empty(), "docs/security.md names tests that do not exist: {missing:#?}");
}
