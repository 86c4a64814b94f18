//! Programs that are correct have no findings: every call of the test files that is expected to return.

use crate::support;
use crate::support::testfile::{Instances, TestFile};
use linmem::{Config, Safety};
use std::path::Path;

#[test]
fn test_files_have_no_findings() {
    let folder = support::root().join("tests/filetests");
    let mut found = Vec::new();
    let mut calls = 0;
    for path in support::files(&folder, "wat") {
        let relative = path.strip_prefix(&folder).unwrap().to_path_buf();
        if ["reject", "check", "sequences", "unwind/legacy"].iter().any(|folder| relative.starts_with(folder)) {
            continue;
        }
        audit(&path, &relative, &mut found, &mut calls);
    }
    eprintln!("{calls}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn audit(path: &Path, relative: &Path, found: &mut Vec<String>, calls: &mut usize) {
    let file = TestFile::read(path).unwrap();
    let mut one = |text: &str, representation: &str, config: Config, instances: Instances| {
        let safety = config.safety_of(support::representation(representation));
        let config = config.with_trace(true);
        let traced =
            linmem::link(text.as_bytes(), &config).unwrap_or_else(|error| panic!("{}: {error}", relative.display()));
        *calls += 1;
        let sites = linmem::sites::read(&traced);
        for audited in file.audit(&traced, safety, representation, instances) {
            let f = audited.finding;
            let place = |s: Option<u32>| {
                s.and_then(|s| sites.get(s as usize)).map(|s| format!("{} {s}", s.intrinsic)).unwrap_or_default()
            };
            found.push(format!(
                "{}:{} {representation} {safety} {}: {:?} [{}] [{}] [{}] {:?} {:?}",
                relative.display(),
                audited.line,
                config.nesting,
                f.kind,
                place(f.access),
                place(f.allocation),
                place(f.free),
                f.bytes,
                f.block
            ));
        }
    };
    if relative.starts_with("matrix") {
        for (representation, safety, nesting) in file.choices() {
            let is_variant = !matches!(representation.as_str(), "i32" | "i64" | "anyref");
            if !is_variant && nesting == file.config.nesting {
                let config = file.config.clone().with_safety(safety).with_nesting(nesting);
                one(&file.expand(&representation), &representation, config, Instances::Fresh);
            }
        }
        return;
    }
    let representations =
        if file.representations.is_empty() { vec![String::new()] } else { file.representations.clone() };
    for representation in &representations {
        let text = file.expand(representation);
        let safety = file.config.safety_of(support::representation(representation));
        let mut levels = vec![Safety::None, safety];
        levels.dedup();
        for safety in levels {
            one(&text, representation, file.config.clone().with_safety(safety), Instances::One);
        }
    }
}
