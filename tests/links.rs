//! The links of the documents: they lead to files that exist, and those of documents that are also part of the library's
//! documentation lead to items there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

/// The Markdown documents of the repository.
fn documents() -> Vec<PathBuf> {
    let root = support::root();
    let folders =
        ["", "docs", "intrinsics", "allocator", "codegen", "host", "cli", "testing", "fuzz", "tests/toolchains"];
    let mut list = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                list.push(path);
            }
        }
    }
    list.sort();
    list
}

/// The targets of the links `[text](target)` of a document.
fn inline_links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// The definitions `[name]: target` of a document, without those in comments.
fn definitions(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")).collect()
}

fn is_relative(target: &str) -> bool {
    !target.starts_with('#') && !target.contains("://")
}

#[test]
fn links_lead_to_files() {
    let mut count = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let defined = definitions(&text).into_iter().map(|(_, target)| target);
        for target in inline_links(&text).into_iter().chain(defined).filter(|target| is_relative(target)) {
            let file = document.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(file.exists(), "{}: {target} does not exist", document.display());
            count += 1;
        }
    }
    assert!(count > 30, "{count} links");
}

/// Checks a document that `source` includes. Relative links would be broken in the library's documentation, so the document
/// may have only links by reference, and the comment before the include must define each of them as an item.
fn check_included(source: &str, document: &str) {
    let root = support::root();
    let text = std::fs::read_to_string(root.join(document)).unwrap();
    // A picture is replaced by its alternative text there.
    let without_pictures: String = text.lines().filter(|line| !line.starts_with("![")).collect();
    let links = inline_links(&without_pictures).into_iter();
    let relative: Vec<&str> = links.filter(|target| is_relative(target)).collect();
    assert!(relative.is_empty(), "{document}: {relative:?}");
    let source = std::fs::read_to_string(root.join(source)).unwrap();
    let include = format!("include_str!(\"{}\")", Path::new("..").join(document).display());
    let (before, _) = source.split_once(&include).unwrap_or_else(|| panic!("{include} is missing"));
    let comment = before.lines().rev().skip(1).take_while(|line| line.starts_with("//"));
    let items: Vec<&str> = comment
        .filter_map(|line| Some(line.trim_start_matches(['/', '!', ' ']).strip_prefix('[')?.split_once("]: ")?.0))
        .collect();
    for (name, _) in definitions(&text) {
        assert!(items.contains(&name), "{document}: the comment before {include} does not define [{name}]");
    }
    for name in text.split("[docs/").skip(1).filter_map(|rest| rest.split(']').next()) {
        let name = format!("docs/{name}");
        assert!(definitions(&text).iter().any(|(defined, _)| *defined == name), "{document}: [{name}] is undefined");
    }
}

#[test]
fn links_of_included_documents_lead_to_items() {
    check_included("src/lib.rs", "README.md");
    for page in ["frames", "javascript", "linker", "memory", "names", "reports", "run", "safety", "wasi"] {
        check_included("src/guide.rs", &format!("docs/{page}.md"));
    }
    for crate_ in ["intrinsics", "allocator", "codegen", "host", "cli"] {
        let text = std::fs::read_to_string(support::root().join(crate_).join("README.md")).unwrap();
        assert!(!inline_links(&text).into_iter().any(is_relative), "{crate_}: a link out of the package");
    }
}
