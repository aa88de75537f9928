//! "Adding a method" of docs/architecture.md, done in a copy of the source.

use super::root;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// The lines of the block of the page that begins with the name of this file.
fn block<'p>(page: &'p str, file: &str) -> &'p str {
    let begin = format!("```rust\n// {file}\n");
    let (_, text) = page.split_once(&begin).unwrap_or_else(|| panic!("no block for {file}"));
    text.split("```").next().expect("a first part")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file is copied");
        }
    }
}

/// The check shares the target folder of this build, so that only the copy itself is compiled.
#[test]
fn the_method_of_the_page_compiles() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).expect("the page");
    let scratch = TempDir::new().expect("a folder");
    for folder in ["src", "migrations", "benches"] {
        copy(&root().join(folder), &scratch.path().join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock", "askama.toml", "tests/main.rs"] {
        let target = scratch.path().join(file);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(file), target).expect("a file is copied");
    }
    fs::write(scratch.path().join("src/methods/greeting.rs"), block(&page, "src/methods/greeting.rs"))
        .expect("a file is written");

    let namespaces = scratch.path().join("src/methods/mod.rs");
    let mut source = fs::read_to_string(&namespaces).expect("the file");
    for line in block(&page, "src/methods/mod.rs").lines() {
        // Beside the line of its kind that is there for profiles.
        let beside = format!("{}\n", line.replace("greeting", "profile"));
        assert!(source.contains(&beside), "src/methods/mod.rs has no line {beside}");
        source = source.replacen(&beside, &format!("{line}\n{beside}"), 1);
    }
    fs::write(&namespaces, source).expect("the file is written");

    let target = Path::new(env!("CARGO_BIN_EXE_marbelle")).ancestors().nth(2).expect("the target folder");
    let check = Command::new(env!("CARGO"))
        .args(["check", "--lib", "--locked", "--offline", "--quiet"])
        .current_dir(scratch.path())
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
