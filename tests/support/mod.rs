//! What the tests have in common: where goldens are, and how modules run.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of this module")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "this is a part of each test, not an interface")]

pub mod build;
pub mod choices;
pub mod derive;
pub mod elements;
pub mod planted;
pub mod rules;
pub mod sequences;
pub mod shown;
pub mod testfile;
pub mod variants;

pub use linmem_testing::{folder, host, parse};

use linmem::{Config, Nesting, Representation, Safety};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints text even if the test harness captures output.
pub fn show(text: &str) {
    let text: String = text.lines().map(|line| format!("    {line}\n")).collect();
    // An error changes nothing for the test.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder that tests write to.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Puts the goldens of this thread into `snapshots/<dir>` until the guard is dropped.
pub fn goldens(dir: impl AsRef<Path>) -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots").join(dir));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

/// Links text with the default configuration.
pub fn link(text: &str) -> Vec<u8> {
    linmem::link(&parse(text), &Config::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The safety levels and nesting policies that segments of a representation can have.
pub fn levels(representation: Representation) -> Vec<(Safety, Nesting)> {
    let safeties = Safety::ALL.iter().filter(|safety| {
        let config = Config::new().with_safety(**safety);
        config.check(representation).is_ok()
    });
    safeties.flat_map(|safety| Nesting::ALL.iter().map(|nesting| (*safety, *nesting))).collect()
}

/// The representation of segments that have this type in the text format.
pub fn representation(word: &str) -> Representation {
    let found = Representation::ALL.iter().find(|kind| kind.to_string() == word);
    *found.unwrap_or(&Representation::Address)
}

/// The reference types that segments can have.
pub fn references() -> Vec<String> {
    let kinds = Representation::ALL.iter().filter(|kind| matches!(kind, Representation::Reference { .. }));
    kinds.map(ToString::to_string).collect()
}

/// All files below a folder with this extension, sorted.
pub fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
