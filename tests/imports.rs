//! Imports among the files of a crate have no cycles.
//!
//! The test reads `use` declarations. A file that re-exports its children counts as importing them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules of a crate, each with the modules that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The module of a file, given by its path below `src`; empty for the root.
fn module(file: &Path) -> String {
    let path = file.with_extension("").to_string_lossy().replace(std::path::MAIN_SEPARATOR, "::");
    let path = path.strip_suffix("::mod").unwrap_or(&path).to_string();
    if ["lib", "main", "mod"].contains(&&path[..]) { String::new() } else { path }
}

/// Removes comments and unit tests from a text.
fn code(text: &str) -> String {
    let text = text.split("\nmod tests {").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The paths of a `use` tree.
fn paths(tree: &str) -> Vec<String> {
    let Some((prefix, list)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_string()];
    };
    let list = list.trim_end().strip_suffix('}').unwrap_or(list);
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (position, char) in list.char_indices().chain([(list.len(), ',')]) {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    let items = items.into_iter().map(str::trim).filter(|item| !item.is_empty());
    items.flat_map(|item| paths(&format!("{}{item}", prefix.trim()))).collect()
}

/// Reads the imports of a crate.
fn imports(crate_: &Path) -> Imports {
    let files = support::files(crate_, "rs");
    let files = files.iter().map(|file| (file.strip_prefix(crate_).unwrap(), file));
    let texts: BTreeMap<String, String> = files
        .filter(|(relative, _)| !relative.components().any(|part| part.as_os_str() == "tests"))
        .map(|(relative, file)| (module(relative), code(&std::fs::read_to_string(file).unwrap())))
        .collect();
    // The module that a path refers to: its longest prefix that is a module.
    let file_of = |path: &str| {
        let parts: Vec<&str> = path.split("::").collect();
        (0..=parts.len()).rev().map(|count| parts[..count].join("::")).find(|prefix| texts.contains_key(prefix))
    };
    let mut all = Imports::new();
    for (module, text) in &texts {
        let found = all.entry(module.clone()).or_default();
        for declaration in text.split("use ").skip(1).filter_map(|rest| rest.split_once(';').map(|(tree, _)| tree)) {
            for path in paths(declaration) {
                let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
                let join = |base: &str, rest: &str| format!("{base}::{rest}").trim_start_matches("::").to_string();
                let absolute = match path.split_once("::") {
                    Some(("crate", rest)) => rest.to_string(),
                    Some(("super", rest)) => join(parent, rest),
                    Some(("self", rest)) => join(module, rest),
                    Some((first, _)) if texts.contains_key(&join(module, first)) => join(module, &path),
                    _ => continue,
                };
                found.extend(file_of(&absolute).filter(|target| target != module));
            }
        }
    }
    all
}

/// The modules of a cycle, if there is one.
fn cycle(imports: &Imports) -> Option<Vec<String>> {
    fn visit(module: &str, imports: &Imports, path: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        if let Some(start) = path.iter().position(|passed| passed == module) {
            path.drain(..start);
            return true;
        }
        if !done.insert(module.to_string()) {
            return false;
        }
        path.push(module.to_string());
        if imports[module].iter().any(|target| visit(target, imports, path, done)) {
            return true;
        }
        path.pop();
        false
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| {
        let mut path = Vec::new();
        visit(module, imports, &mut path, &mut done).then_some(path)
    })
}

#[test]
fn imports_have_no_cycles() {
    let mut files = 0;
    for crate_ in ["allocator", "cli", "codegen", "host", "intrinsics", "testing"] {
        let imports = imports(&support::root().join(crate_).join("src"));
        files += imports.len();
        if let Some(path) = cycle(&imports) {
            panic!("{crate_}: a cycle of imports: {}", path.join(" -> "));
        }
    }
    assert!(files > 150, "only {files} files were read");
}

#[test]
fn cycles_are_found() {
    let import =
        |module: &str, targets: &[&str]| (module.to_string(), targets.iter().map(ToString::to_string).collect());
    let tree = Imports::from([import("", &["a", "b"]), import("a", &["b"]), import("b", &[])]);
    assert_eq!(cycle(&tree), None);
    let graph = Imports::from([import("a", &["b"]), import("b", &["c"]), import("c", &["b"])]);
    assert_eq!(cycle(&graph), Some(vec!["b".to_string(), "c".to_string()]));
    assert_eq!(paths("crate::{a::B, c::{D, e as f}, g}"), ["crate::a::B", "crate::c::D", "crate::c::e", "crate::g"]);
}
