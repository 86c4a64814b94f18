//! Programs that are correct have no findings: every call of the test files that is expected to return. The files that misuse
//! linmem on purpose are listed.

use crate::support;
use crate::support::testfile::{Instances, TestFile};
use linmem::{Config, Safety};
use linmem_host::audit::Finding;
use std::collections::BTreeSet;
use std::path::Path;

/// The files without calls that are expected to return, or that cannot run.
const OTHERS: [&str; 4] = ["reject", "check", "sequences", "unwind/legacy"];

/// The files whose calls have findings for a good reason.
const MISUSES: [(&str, &str); 31] = [
    ("certain/unchecked", "accesses bytes outside of a segment, and closes a region twice"),
    ("engine/conditional", "the innermost call leaves its region open"),
    ("engine/control", "reads a segment whose region is closed"),
    ("engine/deferred", "uses the address of a segment as a handle"),
    ("engine/handle_as_number", "uses a handle as an address"),
    ("engine/operands", "opens two regions in the operands of an allocation from a third"),
    ("helpers/temporal", "the host passes a handle that tracing changes"),
    ("helpers/temporal_outermost", "the host passes a handle that tracing changes"),
    ("helpers/temporal_report", "the host passes a handle that tracing changes"),
    ("link/export_allocator_only", "the host passes an address that tracing changes"),
    ("link/shims", "the host passes an address that tracing changes"),
    ("matrix/MemoryAllocator.free", "the host passes a handle that tracing changes"),
    ("proven/live_beside", "reads a segment whose memory was allocated again"),
    ("regions/last_page", "the host passes a handle that tracing changes"),
    ("regions/last_page_temporal", "the host passes a handle that tracing changes"),
    ("regions/nested", "reads segments whose region is closed"),
    ("regions/zero_free_none", "reads freed memory to see that it is zero"),
    ("regions/zero_free_temporal", "reads freed memory to see that it is zero"),
    ("violations/corrupted", "overwrites headers"),
    ("violations/corrupted_report", "overwrites headers"),
    ("violations/corrupted_trap", "overwrites headers"),
    ("violations/freed_address", "accesses a segment whose region is closed, and outside of one"),
    ("violations/freed_chunks_packed", "the host passes a handle that tracing changes"),
    ("violations/freed_part", "the host passes a handle that tracing changes"),
    ("violations/freed_reused_packed", "reads a segment whose memory was allocated again"),
    ("violations/freed_stored", "the host passes a handle that tracing changes"),
    ("violations/nested_forbid", "the host passes a handle that tracing changes"),
    ("violations/nested_report", "the host passes a handle that tracing changes"),
    ("violations/nested_trap", "the host passes a handle that tracing changes"),
    ("violations/outermost", "the host passes a handle that tracing changes"),
    ("violations/unchecked", "accesses outside of segments and after a close, where that is not checked"),
];

#[test]
fn test_files_of_matrix_have_no_findings() {
    audit_all(|file| file.starts_with("matrix"));
}

#[test]
fn other_test_files_have_no_findings() {
    audit_all(|file| !file.starts_with("matrix"));
}

fn audit_all(which: impl Fn(&Path) -> bool) {
    let folder = support::root().join("tests/filetests");
    let (mut found, mut misuses) = (Vec::new(), BTreeSet::new());
    let mut runs = 0;
    for path in support::files(&folder, "wat") {
        let relative = path.strip_prefix(&folder).unwrap();
        if OTHERS.iter().any(|folder| relative.starts_with(folder)) || !which(relative) {
            continue;
        }
        let name = relative.with_extension("").to_string_lossy().replace('\\', "/");
        let (lines, count) = audit(&path, relative);
        runs += count;
        if MISUSES.iter().map(|(file, _)| file).any(|file| *file == name) {
            assert!(!lines.is_empty(), "{name} has no findings any more");
            misuses.insert(name);
            continue;
        }
        found.extend(lines.into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let is_listed = |file: &&&str| which(&Path::new(file).with_extension("wat"));
    let listed = MISUSES.iter().map(|(file, _)| file).filter(is_listed).count();
    assert_eq!(misuses.len(), listed, "every listed file exists");
    assert!(runs > 100, "only {runs} modules ran");
}

/// Runs a file with each of its representations, without checks and at its own level; a file of the matrix at every level.
/// Returns a line for each finding, and the number of modules that ran.
fn audit(path: &Path, relative: &Path) -> (Vec<String>, usize) {
    let file = TestFile::read(path).unwrap();
    let mut runs = Vec::new();
    let mut instances = Instances::One;
    if relative.starts_with("matrix") {
        instances = Instances::Fresh;
        for (word, safety, nesting) in file.choices() {
            if nesting == file.config.nesting && ["i32", "i64", "anyref"].contains(&word.as_str()) {
                runs.push((word, safety));
            }
        }
    } else {
        let words = if file.representations.is_empty() { vec![String::new()] } else { file.representations.clone() };
        for word in words {
            let own = file.config.safety_of(support::representation(&word));
            let levels = BTreeSet::from([Safety::None, own]);
            runs.extend(levels.into_iter().map(|safety| (word.clone(), safety)));
        }
    }
    let mut lines = Vec::new();
    for (word, safety) in &runs {
        let config: Config = file.config.clone().with_safety(*safety).with_trace(true);
        let traced = linmem::link(file.expand(word).as_bytes(), &config).unwrap();
        let sites = linmem::sites::read(&traced);
        for audited in file.audit(&traced, *safety, word, instances) {
            let Finding { kind, access, allocation, free, .. } = audited.finding;
            let places = [access, allocation, free]
                .map(|site| sites.get(site? as usize).map(|site| format!("{} {site}", site.intrinsic)));
            lines.push(format!("line {} {word} {safety}: {kind:?} {places:?}", audited.line));
        }
    }
    (lines, runs.len())
}
