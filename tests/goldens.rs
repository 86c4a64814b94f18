//! Every golden that is a module is a valid one, and every golden is still made by a test file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

#[test]
fn goldens_are_valid_modules() {
    let mut modules = 0;
    for path in support::files(&support::root().join("snapshots"), "snap") {
        let text = std::fs::read_to_string(&path).unwrap();
        let body = text.splitn(3, "---\n").nth(2).unwrap();
        if !body.starts_with("(module") {
            continue;
        }
        let module = support::parse(body);
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&module)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        modules += 1;
    }
    assert!(modules > 50, "only {modules} goldens are modules");
}

#[test]
fn goldens_have_their_files() {
    let goldens = support::root().join("snapshots/filetests");
    let tests = support::root().join("tests/filetests");
    let mut files = BTreeSet::new();
    for path in support::files(&tests, "wat") {
        files.insert(path.strip_prefix(&tests).unwrap().with_extension(""));
    }
    for path in support::files(&goldens, "snap") {
        let relative = path.strip_prefix(&goldens).unwrap().with_extension("").to_string_lossy().into_owned();
        let stem = relative.split('@').next().unwrap().to_string();
        assert!(files.contains(std::path::Path::new(&stem)), "{} has no test file", path.display());
    }
}
