//! The parts of goldens: texts that are shown as changes, descriptions of sets of choices, and abbreviated lines.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::Config;
use std::collections::BTreeSet;
use support::choices::Universe;
use support::shown::{Part, pack, unpack};
use support::{rules, sequences, variants};

fn lines(words: &str) -> String {
    words.split_whitespace().map(|word| format!("{word}\n")).collect()
}

#[test]
fn changes_determine_their_places() {
    let texts =
        ["", "a", "a b a b a", "b a b a", "a b x a b a", "a b a b x a", "a a a a", "a a a x a", "x a a a a", "c d e"];
    for from in texts {
        for to in texts {
            let (from, to) = (lines(from), lines(to));
            let changes = variants::changes(&from, &to);
            assert_eq!(variants::apply(&from, &changes), to, "from {from:?} by {changes:?}");
        }
    }
    assert_eq!(variants::changes(&lines("a b c"), &lines("a x c")), " a\n-b\n+x\n");
}

#[test]
fn every_choice_is_described_once() {
    let mut choices = Vec::new();
    for first in ["i32", "i64", "anyref"] {
        for second in ["none", "spatial"] {
            if (first, second) != ("i32", "spatial") {
                choices.extend(["stack", "outermost"].map(|third| [first, second, third].map(str::to_string).to_vec()));
            }
        }
    }
    let universe = Universe::new(&["", "--safety", "--nesting"], choices.clone());
    for set in 1_usize..1 << choices.len() {
        let members: Vec<usize> = (0..choices.len()).filter(|number| set >> number & 1 == 1).collect();
        let mut found: Vec<usize> = Vec::new();
        for line in universe.describe(&members) {
            let words: Vec<&str> = line.split(' ').collect();
            let after = |option: &str| words.iter().position(|word| *word == option).map(|place| words[place + 1]);
            let first = words.first().filter(|word| !word.starts_with("--") && **word != "all").copied();
            let values = [first, after("--safety"), after("--nesting")];
            let is_in = |choice: &Vec<String>| {
                choice
                    .iter()
                    .zip(values)
                    .all(|(value, values)| values.is_none_or(|all| all.split('|').any(|it| it == value)))
            };
            found.extend((0..choices.len()).filter(|number| is_in(&choices[*number])));
        }
        found.sort_unstable();
        assert_eq!(found, members);
    }
    assert_eq!(universe.describe(&(0..choices.len()).collect::<Vec<_>>()), ["all"]);
}

#[test]
fn the_first_variant_is_whole() {
    let universe = Universe::new(&[""], ["i32", "i64", "anyref"].map(|word| vec![word.to_string()]).to_vec());
    let text = variants::variants(&universe, &[lines("a b c d"), lines("a b x d"), lines("a b c d")]);
    assert_eq!(text, ";; 1: i32|anyref\na\nb\nc\nd\n;; 2, from 1: i64\n b\n-c\n+x\n");
}

#[test]
fn rules_hold_for_every_variant() {
    let part = |text: &str| vec![Part { name: "f".into(), head: "func f\n".into(), text: lines(text) }];
    let universe = Universe::new(&[""], ["i32", "i64"].map(|word| vec![word.to_string()]).to_vec());
    let from = [part("a load b"), part("a x load b")];
    let replaced = rules::render(&universe, &from, &[part("a load8 b"), part("a x load8 b")]).unwrap();
    assert_eq!(replaced, "f\n-load\n+load8\n");
    let other = rules::render(&universe, &from, &[part("a load b"), part("a x load8 b")]).unwrap();
    assert_eq!(other, "f\n-x\n-load\n+x\n+load8\n");
}

#[test]
fn packed_and_folded_lines_determine_text() {
    let body = "    local.get $i\n    i32.const 1\n    i32.add\n    local.set $i\n    end\n";
    assert_eq!(pack(body), "    local.get $i   i32.const 1   i32.add   local.set $i\n    end\n");
    assert_eq!(unpack(&pack(body)), body);
    let bump = |bytes: u32, frame: &str| {
        format!(
            "    global.get $linmem.top\n    local.tee {frame}\n    i32.const {bytes}\n    i32.add\n    \
             global.set $linmem.top\n    global.get $linmem.top\n    global.get $linmem.limit\n    i32.gt_u\n    \
             if ;; label = @1\n      local.get {frame}\n      i32.const {bytes}\n      call $linmem.refill\n      \
             local.set {frame}\n    end\n"
        )
    };
    let sequences = sequences::of("i64", &Config::default()).unwrap();
    let text = format!("    drop\n{}{}", bump(32, "$frame"), bump(16, "$other"));
    let mut part = Part { name: "f".into(), head: String::new(), text: text.clone() };
    sequences::fold(&sequences, &mut part);
    assert_eq!(part.text, "    drop\n    ;; bump 32 -> $frame\n    ;; bump 16 -> $other\n");
    assert_eq!(sequences::unfold(&sequences, &part.text), text);
    // Other lines are not changed.
    let mut part = Part { name: "f".into(), head: String::new(), text: text.replace("i32.gt_u", "i32.ge_u") };
    sequences::fold(&sequences, &mut part);
    assert_eq!(part.text, text.replace("i32.gt_u", "i32.ge_u"));
}

#[test]
fn every_sequence_occurs_in_a_golden() {
    let names: BTreeSet<String> = support::files(&support::root().join("tests/filetests/sequences"), "wat")
        .into_iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .map(|text| {
            text.lines().next().unwrap().trim_start_matches(";;! sequence: ").split(" {").next().unwrap().to_string()
        })
        .collect();
    let folder = support::root().join("snapshots");
    let goldens: String =
        support::files(&folder, "snap").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for name in names {
        assert!(goldens.contains(&format!(";; {name}")), "no golden has `{name}`");
    }
}
