//! Programs with one mistake each: the auditor finds it, and nothing else, with the right lines.

use crate::support;
use crate::support::host::{Running, State};
use crate::support::testfile::expand;
use linmem::{Config, Nesting, Optimize, Safety, Site};
use linmem_host::audit::{self, Finding, Kind};
use std::collections::BTreeMap;
use std::path::Path;

/// The lines of the access, the allocation and the free.
pub(crate) type Lines = [Option<u32>; 3];

const ROLES: [&str; 3] = ["@access", "@allocation", "@free"];

/// A mistake.
pub(crate) struct Bug {
    pub(crate) kind: String,
    pub(crate) levels: Vec<Safety>,
    types: Vec<String>,
    nesting: Nesting,
    pub(crate) lines: Lines,
}

/// The mistakes of a text, by the name of the exported function that makes them. The name is between `export` and `end`; the
/// functions that begin with `other` are shared, so that their marks name the mistake.
pub(crate) fn bugs(text: &str, [export, end, other]: [&str; 3]) -> BTreeMap<String, Bug> {
    let mut bugs: BTreeMap<String, Bug> = BTreeMap::new();
    let mut marks = Vec::new();
    let mut current = String::new();
    for (line, number) in text.lines().zip(1..) {
        let comment = line.split_once(";; ").or_else(|| line.split_once("// ")).map_or("", |(_, comment)| comment);
        if let Some(rest) = line.trim_start().strip_prefix(export) {
            let (name, _) = rest.split_once(end).expect("the name ends");
            current = name.to_string();
            bugs.insert(current.clone(), bug(comment));
        } else if line.trim_start().starts_with(other) {
            current.clear();
        }
        let words: Vec<&str> = comment.split_whitespace().collect();
        for (position, word) in words.iter().enumerate() {
            if let Some(role) = ROLES.iter().position(|role| role == word) {
                let named = words.get(position + 1).filter(|next| !next.starts_with('@'));
                marks.push((named.map_or(current.clone(), |name| name.to_string()), role, number));
            }
        }
    }
    for (name, role, line) in marks {
        let bug = bugs.get_mut(&name).unwrap_or_else(|| panic!("line {line}: no function `{name}`"));
        assert_eq!(bug.lines[role].replace(line), None, "line {line}: a second {}", ROLES[role]);
    }
    bugs
}

fn bug(words: &str) -> Bug {
    let (words, nesting) = words.split_once("nesting:").unwrap_or((words, "stack"));
    let (words, types) = words.split_once("types:").unwrap_or((words, "i32 i64 anyref"));
    let mut words = words.split_whitespace();
    let kind = words.next().expect("a kind").to_string();
    let levels: Vec<Safety> = words.map(|word| word.parse().expect("a level")).collect();
    Bug {
        levels: match (levels.is_empty(), kind.as_str()) {
            (false, _) => levels,
            // With bounds checks, a violation ends the program.
            (true, "Overlap") => vec![Safety::None],
            (true, _) => vec![Safety::None, Safety::Spatial],
        },
        kind,
        types: types.split_whitespace().map(str::to_string).collect(),
        nesting: nesting.trim().parse().expect("a policy"),
        lines: [None; 3],
    }
}

pub(crate) fn lines(finding: &Finding, sites: &[Site]) -> Lines {
    [finding.access, finding.allocation, finding.free]
        .map(|site| sites.get(site? as usize)?.source.as_ref().map(|it| it.line))
}

/// What the auditor finds in one call of an export.
pub(crate) fn audit(module: &linmem_host::wasmtime::Module, name: &str) -> Vec<Finding> {
    let mut running = Running::of_module(module, State::default(), Default::default());
    // Whether the call returns does not matter.
    let ended = running.call(name, &[]);
    if ended.is_ok() {
        audit::finish(&mut running.store, |state| &mut state.auditor);
    }
    running.store.data().auditor.findings().list()
}

#[test]
fn planted_bugs_are_found_with_their_lines() {
    let (bugs, runs) = find("bugs.wat");
    let kinds: std::collections::BTreeSet<&str> = bugs.values().map(|bug| bug.kind.as_str()).collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "{kinds:?}");
    assert!(bugs.len() >= 50 && runs >= 300, "{} bugs, {runs} runs", bugs.len());
}

#[test]
fn planted_bugs_of_arrays_are_found_with_their_lines() {
    let (bugs, runs) = find("arrays.wat");
    assert!(bugs.len() >= 18 && runs >= 100, "{} bugs, {runs} runs", bugs.len());
}

/// Runs the mistakes of a file with each representation, and checks what is found. Returns the number of runs.
fn find(file: &str) -> (BTreeMap<String, Bug>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/bugs").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let bugs = bugs(&text, ["(func (export \"", "\"", "(func $"]);
    let mut wrong = Vec::new();
    let mut runs = 0;
    for (word, nesting, safety, optimize) in choices() {
        let applies = |bug: &Bug| bug.nesting == nesting && bug.levels.contains(&safety) && bug.types.contains(&word);
        if !bugs.values().any(applies) {
            continue;
        }
        let representation = support::representation(&word);
        let config = Config::new().with_safety(safety).with_nesting(nesting).with_optimize(optimize).with_trace(true);
        if config.check(representation).is_err() {
            continue;
        }
        let traced = linmem::link(expand(&text, &word).as_bytes(), &config).unwrap();
        let sites = linmem::sites::read(&traced);
        let module = support::host::compile(&traced);
        for (name, bug) in bugs.iter().filter(|(_, bug)| applies(bug)) {
            runs += 1;
            let found = audit(&module, name);
            let found: Vec<(String, Lines)> =
                found.iter().map(|finding| (format!("{:?}", finding.kind), lines(finding, &sites))).collect();
            let expected = (bug.kind.clone(), bug.lines);
            if found != [expected.clone()] {
                wrong.push(format!("{name} {word} {safety} {optimize}: expected {expected:?}, found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    (bugs, runs)
}

fn choices() -> Vec<(String, Nesting, Safety, Optimize)> {
    let mut choices = Vec::new();
    for word in ["i32", "i64", "anyref"] {
        for nesting in [Nesting::Stack, Nesting::Outermost] {
            for safety in Safety::ALL {
                for optimize in [Optimize::Speed, Optimize::Size] {
                    choices.push((word.to_string(), nesting, *safety, optimize));
                }
            }
        }
    }
    choices
}
