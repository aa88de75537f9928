//! "Adding a method" of docs/architecture.md, done in a copy of the source.

use super::root;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The lines of the block of the page that begins with the name of this file.
fn block<'p>(page: &'p str, file: &str) -> &'p str {
    let begin = format!("```rust\n// {file}\n");
    let (_, text) = page.split_once(&begin).unwrap_or_else(|| panic!("no block for {file}"));
    text.split("```").next().expect("a first part")
}

/// The files below a folder, with their content.
fn read(folder: &Path, relative: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder.join(relative)).into_iter().flatten() {
        let entry = entry.expect("an entry");
        let path = relative.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            read(folder, &path, files);
        } else {
            files.insert(path.clone(), fs::read(folder.join(path)).expect("a file"));
        }
    }
}

/// Makes a folder hold these files and no others. Files that are right keep their times: cargo checks only changes.
fn write(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    let mut present = BTreeMap::new();
    read(folder, Path::new(""), &mut present);
    for path in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(path)).expect("a file is removed");
    }
    for (path, content) in files.iter().filter(|(path, content)| present.get(*path) != Some(content)) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file is written");
    }
}

/// The copy keeps its place, and the check shares the target folder of this build: so only the copy itself is compiled,
/// and of that only what has changed since the last run.
#[test]
fn the_method_of_the_page_compiles() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).expect("the page");
    let mut files = BTreeMap::new();
    for folder in ["src", "migrations", "benches"] {
        read(&root(), Path::new(folder), &mut files);
    }
    for file in ["Cargo.toml", "Cargo.lock", "askama.toml", "tests/main.rs"] {
        files.insert(file.into(), fs::read(root().join(file)).expect("a file"));
    }
    files.insert("src/methods/greeting.rs".into(), block(&page, "src/methods/greeting.rs").into());

    let namespaces = files.get_mut(Path::new("src/methods/mod.rs")).expect("the namespaces");
    let mut source = String::from_utf8(namespaces.clone()).expect("text");
    for line in block(&page, "src/methods/mod.rs").lines() {
        // Beside the line of its kind that is there for profiles.
        let beside = format!("{}\n", line.replace("greeting", "profile"));
        assert!(source.contains(&beside), "src/methods/mod.rs has no line {beside}");
        source = source.replacen(&beside, &format!("{line}\n{beside}"), 1);
    }
    *namespaces = source.into();

    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("adding");
    write(&copy, &files);
    let target = Path::new(env!("CARGO_BIN_EXE_marbelle")).ancestors().nth(2).expect("the target folder");
    let check = Command::new(env!("CARGO"))
        .args(["check", "--lib", "--locked", "--offline", "--quiet"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
