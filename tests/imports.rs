//! Imports among the files of a crate have no cycles.
//!
//! A file imports another one if it names it in a `use` declaration or in a path in code: `crate::a::f()`, `super::a::T`,
//! `child::f()`. A file that re-exports or calls its children counts as importing them.

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

/// The tokens of a text: names, `::`, and other characters one by one. Comments, literals, lifetimes and unit tests are left
/// out.
fn tokens(text: &str) -> Vec<&str> {
    let text = text.split("\nmod tests {").next().unwrap();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let (mut rest, mut tokens) = (text, Vec::new());
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else if is_name(first) || rest.starts_with("::") {
            let length = if first == ':' { 2 } else { rest.find(|c| !is_name(c)).unwrap_or(rest.len()) };
            tokens.push(&rest[..length]);
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(&rest[..first.len_utf8()]);
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the block comment that a text begins with. Block comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += text[at..].chars().next().expect("a block comment ends").len_utf8();
        }
        if depth == 0 {
            return at;
        }
    }
}

/// The length of the string, character or lifetime that a text begins with, if it does.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["br", "b", "cr", "c", "r", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| rest.trim_start_matches('#').starts_with('"') || rest.starts_with('\''))
    })?;
    let rest = &text[prefix.len()..];
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if prefix.ends_with('r') {
        let end = format!("\"{}", &rest[..hashes]);
        return Some(prefix.len() + hashes + 1 + rest[hashes + 1..].find(&end)? + end.len());
    }
    let quote = rest.chars().next().filter(|_| hashes == 0)?;
    let mut chars = rest.char_indices().skip(1);
    if quote == '\'' {
        let (_, content) = chars.clone().next()?;
        let is_char = content == '\\' || rest[1 + content.len_utf8()..].starts_with('\'');
        if !is_char {
            let end = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
            return Some(prefix.len() + 1 + end.unwrap_or(rest.len() - 1));
        }
    }
    while let Some((position, char)) = chars.next() {
        match char {
            '\\' => _ = chars.next(),
            _ if char == quote => return Some(prefix.len() + position + 1),
            _ => {}
        }
    }
    None
}

/// The paths that code names: those of `use` declarations, and those of at least two names elsewhere.
fn named_paths(tokens: &[&str]) -> Vec<String> {
    let is_name = |token: &str| token.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let rest = &tokens[at..];
        let end = match rest {
            // `use<'a>` in a bound is not a declaration.
            ["use", next, ..] if *next != "<" => {
                let end = rest.iter().position(|token| *token == ";").unwrap_or(rest.len());
                let tree: Vec<&str> =
                    rest[1..end].iter().map(|token| if *token == "as" { " as " } else { token }).collect();
                found.extend(use_paths(&tree.concat()));
                end
            }
            // A visibility is not an import.
            ["(", "in", ..] => rest.iter().position(|token| *token == ")").unwrap_or(rest.len()),
            [first, ..] if is_name(first) => {
                let more = rest[1..]
                    .chunks(2)
                    .take_while(|pair| pair[0] == "::" && pair.get(1).is_some_and(|name| is_name(name)));
                let end = 1 + 2 * more.count();
                let is_start = at == 0 || tokens[at - 1] != "::";
                if end > 1 && is_start {
                    found.push(rest[..end].concat());
                }
                end
            }
            _ => 1,
        };
        at += end.max(1);
    }
    found
}

/// The paths of a `use` tree.
fn use_paths(tree: &str) -> Vec<String> {
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
    items.flat_map(|item| use_paths(&format!("{}{item}", prefix.trim()))).collect()
}

/// The path from the root of the crate that a path in a module stands for; `None` for other crates, types and locals.
fn absolute(module: &str, path: &str, is_module: impl Fn(&str) -> bool) -> Option<String> {
    let parent = |module: &str| module.rsplit_once("::").map_or("", |(parent, _)| parent).to_string();
    let join = |base: &str, rest: &str| format!("{base}::{rest}").trim_matches(':').to_string();
    let (first, rest) = path.split_once("::").unwrap_or((path, ""));
    match first {
        "crate" => Some(rest.to_string()),
        "self" => Some(join(module, rest)),
        "super" => {
            let (mut base, mut rest) = (parent(module), rest);
            while let Some(further) = rest.strip_prefix("super::") {
                (base, rest) = (parent(&base), further);
            }
            Some(join(&base, rest))
        }
        _ if !rest.is_empty() && is_module(&join(module, first)) => Some(join(module, path)),
        _ => None,
    }
}

/// Reads the imports of a crate.
fn imports(crate_: &Path) -> Imports {
    let files = support::files(crate_, "rs");
    let files = files.iter().map(|file| (file.strip_prefix(crate_).unwrap(), file));
    let texts: BTreeMap<String, String> = files
        .filter(|(relative, _)| !relative.components().any(|part| part.as_os_str() == "tests"))
        .map(|(relative, file)| (module(relative), std::fs::read_to_string(file).unwrap()))
        .collect();
    // The module that a path refers to: its longest prefix that is a module.
    let file_of = |path: &str| {
        let parts: Vec<&str> = path.split("::").collect();
        (0..=parts.len()).rev().map(|count| parts[..count].join("::")).find(|prefix| texts.contains_key(prefix))
    };
    let imported = |module: &String, text: &String| {
        let paths = named_paths(&tokens(text));
        let targets = paths.iter().filter_map(|path| absolute(module, path, |name| texts.contains_key(name)));
        targets.filter_map(|path| file_of(&path)).filter(|target| target != module).collect()
    };
    texts.iter().map(|(module, text)| (module.clone(), imported(module, text))).collect()
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
    for crate_ in ["allocator", "cli", "codegen", "host", "intrinsics", "testing", "testing/proofs"] {
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
}

#[test]
fn paths_in_code_are_found() {
    let paths = |text: &str| named_paths(&tokens(text));
    let tree = ["crate::a::B", "crate::c::D", "crate::c::e", "crate::g"];
    assert_eq!(use_paths("crate::{a::B, c::{D, e as f}, g}"), tree);
    assert_eq!(paths("pub(crate) use a::{B,\n c::D as _};"), ["a::B", "a::c::D"]);
    let inline = "crate::check::findings(&input); super::super::a::<T>(); $crate::m!()";
    assert_eq!(paths(inline), ["crate::check::findings", "super::super::a", "crate::m"]);
    // Literals do not hide the code after them.
    let literals = r"let c = ':'; f::<'a>(x); 'a: loop { g('\'', b'\'', '\\', b'\\', '(') } child::f() // super::b";
    assert_eq!(paths(literals), ["child::f"]);
    // Comments, literals, visibilities, bounds and unit tests name no imports.
    for text in [
        "/// [`crate::a`](crate::a::b)\n//! crate::a::b\n/* crate::a /* nested */ crate::b */ f()",
        r###"("crate::a", "\"crate::b", r"crate::c\", r#""crate::d""#, b"crate::e", br##"crate::f"##)"###,
        "pub(in crate::engine) fn f() -> impl Iterator + use<'_, T> {}",
        "f()\nmod tests {\n use crate::a; }",
    ] {
        assert_eq!(paths(text), [""; 0], "{text}");
    }
}

#[test]
fn paths_are_resolved() {
    let resolve = |path: &str| absolute("a::b", path, |name| name == "a::b::child");
    for (path, target) in [
        ("crate::x::f", Some("x::f")),
        ("crate", Some("")),
        ("self::f", Some("a::b::f")),
        ("super::c", Some("a::c")),
        ("super::super::c::f", Some("c::f")),
        ("child::f", Some("a::b::child::f")),
        ("child", None),
        ("std::mem::take", None),
        ("Vec::new", None),
    ] {
        assert_eq!(resolve(path).as_deref(), target, "{path}");
    }
}
