//! The tables of documents that repeat numbers of a golden have the numbers of the golden, and the map of the code is complete.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

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
