//! Documents that repeat something are right: the numbers of a golden, the kinds of violations, the imports of reports, and
//! the map of the code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, OnViolation, Violation, wat};
use std::collections::{BTreeMap, BTreeSet};

/// The executed instructions in the golden, by the names of row and column.
fn instructions() -> BTreeMap<String, BTreeMap<String, f64>> {
    let text = std::fs::read_to_string(support::root().join("snapshots/cost/instructions.snap")).unwrap();
    // The name of a row is as wide as the first column of the table.
    const NAME: usize = 16;
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&" ".repeat(NAME)));
    let columns: Vec<String> = lines.next().unwrap().split_whitespace().map(str::to_string).collect();
    lines
        .map(|line| {
            let (name, numbers) = line.split_at(NAME);
            let numbers = numbers.split_whitespace().map(|number| number.parse().unwrap());
            (name.trim().to_string(), columns.iter().cloned().zip(numbers).collect())
        })
        .collect()
}

/// The tables of a Markdown text, as lists of rows, which are lists of cells. Backticks are removed.
fn tables(text: &str) -> Vec<Vec<Vec<String>>> {
    let mut tables = vec![Vec::new()];
    for line in text.lines() {
        match line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
            Some(row) if row.chars().all(|char| matches!(char, '-' | ' ' | '|' | ':')) && row.contains('-') => {}
            Some(row) => {
                let cells = row.split('|').map(|cell| cell.trim().replace('`', ""));
                tables.last_mut().unwrap().push(cells.collect());
            }
            None => tables.push(Vec::new()),
        }
    }
    tables
}

fn document(path: &str) -> String {
    std::fs::read_to_string(support::root().join(path)).unwrap()
}

#[test]
fn safety_document_matches_golden() {
    let golden = instructions();
    let tables = tables(&document("docs/safety.md"));
    let table = tables
        .iter()
        .find(|table| table.first().is_some_and(|row| row[1..] == ["iovec", "bytes", "param", "table"]))
        .expect("the table of executed instructions");
    assert!(table.len() > 7, "every representation and level");
    for row in &table[1..] {
        let name = row[0].replace(" none", "").replace("by hand, unchecked", "by hand");
        let measured = golden.get(&name).unwrap_or_else(|| panic!("the golden has no row `{name}`"));
        for (column, cell) in table[0].iter().zip(row).skip(1) {
            assert_eq!(format!("{:.0}", measured[column]), *cell, "{name}, {column}");
        }
    }
}

#[test]
fn reports_document_lists_every_kind() {
    let tables = tables(&document("docs/reports.md"));
    let table = tables
        .iter()
        .find(|table| table.first().is_some_and(|row| row[..2] == ["code", "kind"]))
        .expect("the table of kinds");
    let listed: BTreeSet<(String, String)> =
        table[1..].iter().map(|row| (row[0].clone(), row[1].split(' ').next().unwrap().to_string())).collect();
    let kinds = Violation::ALL.iter().map(|kind| (kind.code().to_string(), kind.name().to_string()));
    assert_eq!(listed, kinds.collect());
}

#[test]
fn reports_document_declares_the_imports() {
    let text = document("docs/reports.md");
    let declared: Vec<&str> = text.lines().filter(|line| line.starts_with("(import \"linmem_report\"")).collect();
    let host = format!("(module {} (memory 1))", declared.join("\n"));
    let program = r#"(module
        (import "linmem" "wasi.fd_write" (func $fd_write (param i32 i64) (result i32 i32)))
        (memory (export "memory") 1)
        (func (export "run") (param i32 i64) (result i32 i32) (call $fd_write (local.get 0) (local.get 1))))"#;
    let config = Config::new().with_on_violation(OnViolation::Report);
    let linked = wat::print(&linmem::link(program.as_bytes(), &config).unwrap()).unwrap();
    let imports = |text: &str| -> BTreeSet<(String, usize)> {
        let lines = text.lines().filter(|line| line.trim_start().starts_with("(import \"linmem_report\""));
        lines.map(|line| (line.split('"').nth(3).unwrap().to_string(), line.matches("i32").count())).collect()
    };
    let printed = wat::print(&wat::parse(host.as_bytes()).unwrap()).unwrap();
    assert_eq!(imports(&linked), imports(&printed));
    assert_eq!(imports(&printed).len(), 2);
}

#[test]
fn readme_matches_golden() {
    let golden = instructions();
    let tables = tables(&document("README.md"));
    let table = tables
        .iter()
        .find(|table| table.first().is_some_and(|row| row.first().is_some_and(|cell| cell == "program")))
        .expect("the table of executed instructions");
    for row in &table[1..] {
        let program = row[0].split(':').next().unwrap();
        for (column, cell) in table[0].iter().zip(row).skip(1) {
            let name = column.trim_start_matches("linmem, ");
            assert_eq!(format!("{:.0}", golden[name][program]), *cell, "{program}, {column}");
        }
    }
}

#[test]
fn map_lists_every_file_and_folder_of_codegen() {
    let document = std::fs::read_to_string(support::root().join("docs/architecture.md")).unwrap();
    let map = document.split("```").nth(1).expect("the document begins with the map");
    let words: Vec<&str> = map.split(|char: char| char.is_whitespace() || char == ',').collect();
    let mut count = 0;
    for entry in std::fs::read_dir(support::root().join("codegen/src")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let name = if entry.file_type().unwrap().is_dir() { format!("{name}/") } else { name };
        let is_listed = name == "lib.rs" || words.iter().any(|word| word.trim_start_matches("src/") == name);
        assert!(is_listed, "codegen/src/{name} is not on the map of docs/architecture.md");
        count += 1;
    }
    assert!(count > 20, "only {count} files and folders were read");
}
