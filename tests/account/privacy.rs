//! docs/privacy.md names every existing table.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn the_personal_data_of_every_table_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for backend in ["sqlite", "postgres"] {
        let files = fs::read_dir(root.join("migrations").join(backend)).expect("the migrations");
        let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("text"));
        let texts: Vec<String> = texts.collect();
        let tables: BTreeSet<&str> = texts
            .iter()
            .flat_map(|text| text.split("CREATE TABLE ").skip(1))
            .filter_map(|rest| rest.split([' ', '(']).next())
            .collect();
        let page = fs::read_to_string(root.join("docs/privacy.md")).expect("the page");
        let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        let described: BTreeSet<&str> =
            cells.flat_map(|cell| cell.split("`, `")).map(|name| name.trim_matches('`')).collect();
        assert_eq!(described, tables, "{backend}");
    }
}
