//! Every golden belongs to a test, does not repeat another golden, and can be read: the number of lines is limited.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The largest number of lines in all goldens.
const MAX_LINES: usize = 25_000;

/// Functions with at most this number of lines may occur in any number of goldens.
const SHORT: usize = 8;

/// The largest number of lines in longer functions that also occur in an earlier golden, because tests have them in common.
const MAX_REPEATED: usize = 350;

/// All goldens, each with its text.
fn goldens() -> Vec<(PathBuf, String)> {
    let folder = support::root().join("snapshots");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&folder).unwrap().with_extension(""), text)
    };
    support::files(&folder, "snap").into_iter().map(read).collect()
}

#[test]
fn goldens_have_their_tests() {
    let tests = support::root().join("tests/filetests");
    let mut files = BTreeSet::new();
    for path in support::files(&tests, "wat") {
        files.insert(PathBuf::from("filetests").join(path.strip_prefix(&tests).unwrap().with_extension("")));
    }
    for (path, text) in goldens() {
        let source = text.lines().find_map(|line| line.strip_prefix("source: ")).unwrap();
        assert!(support::root().join(source).exists(), "{} has no test", path.display());
        if source == "tests/filetests.rs" {
            assert!(files.contains(&path), "{} has no test file", path.display());
        }
    }
}

#[test]
fn test_files_have_their_goldens() {
    let tests = support::root().join("tests/filetests");
    let goldens: BTreeSet<PathBuf> = goldens().into_iter().map(|(path, _)| path).collect();
    for path in support::files(&tests, "wat") {
        let relative = path.strip_prefix(&tests).unwrap().with_extension("");
        // Host calls have goldens of their shapes instead.
        let is_host_call =
            relative.starts_with("matrix") && relative.file_name().unwrap().to_string_lossy().starts_with("wasi.");
        let has = goldens.contains(&PathBuf::from("filetests").join(&relative));
        assert_eq!(has, !is_host_call, "{}", relative.display());
    }
}

#[test]
fn goldens_do_not_repeat_each_other() {
    let (mut texts, mut functions) = (BTreeMap::new(), BTreeMap::new());
    let mut repeated = Vec::new();
    for (path, text) in goldens().into_iter().filter(|(_, text)| text.contains("func ")) {
        let body = text.splitn(3, "---\n").nth(2).unwrap().to_string();
        if let Some(other) = texts.insert(body.clone(), path.clone()) {
            panic!("{} has the text of {}", path.display(), other.display());
        }
        for function in body.split("\n\n").map(|function| function.trim_end().to_string()) {
            let lines = function.lines().count();
            if lines <= SHORT {
                continue;
            }
            match functions.insert(function, path.clone()) {
                Some(other) if other != path => repeated.push((lines, path.clone(), other)),
                _ => {}
            }
        }
    }
    assert!(functions.len() > 100, "only {} functions have more than {SHORT} lines", functions.len());
    let lines: usize = repeated.iter().map(|(lines, _, _)| lines).sum();
    assert!(lines <= MAX_REPEATED, "{lines} lines are in functions that occur in two goldens: {repeated:#?}");
}

#[test]
fn helpers_have_goldens_of_their_own() {
    for (path, text) in goldens() {
        if path.starts_with("helpers") || path.starts_with("wasi") {
            continue;
        }
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let is_helper = line.trim_start_matches(['+', '-', ' ', '(']).starts_with("func $linmem.");
            let is_body =
                |next: &str| next.starts_with("    ") && (!next.starts_with("    (") || next.starts_with("    (local"));
            let has_body = lines.peek().is_some_and(|next| is_body(next.trim_start_matches(['+', '-'])));
            assert!(!is_helper || !has_body, "{}: {line}", path.display());
        }
    }
}

#[test]
fn goldens_can_be_read() {
    let lines: usize = goldens().iter().map(|(_, text)| text.lines().count()).sum();
    assert!(lines < MAX_LINES, "goldens have {lines} lines");
    assert!(lines > 0, "there are no goldens");
}
