//! The matrix is complete: every intrinsic runs in every representation, at every safety level and with every nesting policy
//! that is possible, and a golden shows its code. Options that a representation does not support are errors.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::intrinsics::{ArrayReference, ArrayType, Atomic, Element, TextsType};
use linmem::{Config, Error, Intrinsic, Nesting, Operation, Representation, Safety, Signature, Word};
use support::testfile::{Expectation, TestFile};

/// The representations that differ in code. All reference types give the same code, which the test of the first one shows.
fn distinct() -> [Representation; 3] {
    [Representation::Address, Representation::Packed, Representation::ALL[2]]
}

/// An array type that all intrinsics with arrays can have.
const ARRAY: ArrayReference =
    ArrayReference { nullable: true, ty: ArrayType { index: 0, element: Element::I8, mutable: true } };

/// An array type of texts that all intrinsics with such arrays can have.
const TEXTS: TextsType = TextsType { index: 1, text: 0, unit: Element::I8, nullable: true };

/// The stem of the file that tests an intrinsic. The fields of a record share a file, and so do the atomic operations on a
/// type, and the encodings of text.
fn stem(intrinsic: Intrinsic) -> String {
    match intrinsic.operation() {
        Operation::GetField(field) | Operation::SetField(field) => format!("wasi.{}", field.record().name()),
        Operation::OnWord(Atomic::Wait, _) | Operation::Notify | Operation::Fence => "MemorySegment.wait".to_string(),
        Operation::OnWord(_, Word::Int) => "MemorySegment.atomicInt".to_string(),
        Operation::OnWord(_, Word::Long) => "MemorySegment.atomicLong".to_string(),
        Operation::AllocateText(_) => "Text.allocate".to_string(),
        Operation::SetText(_) => "Text.set".to_string(),
        Operation::GetText(_) => "Text.get".to_string(),
        Operation::TextSize(_) => "Text.size".to_string(),
        _ => intrinsic.name().to_string(),
    }
}

/// Whether an intrinsic has a golden: that of its file, or an entry in those of host calls and fields of records.
fn is_shown(stem: &str, intrinsic: Intrinsic) -> bool {
    let read = |path: &str| std::fs::read_to_string(support::root().join("snapshots").join(path)).unwrap_or_default();
    let Some(name) = intrinsic.name().strip_prefix("wasi.") else {
        return support::root().join(format!("snapshots/filetests/matrix/{stem}.snap")).exists();
    };
    match intrinsic {
        Intrinsic::Get(_) | Intrinsic::Set(_) => {
            read("wasi/records.snap").lines().any(|line| line.split(' ').next() == Some(intrinsic.name()))
        }
        _ => {
            let calls = read("wasi/calls.snap");
            calls.split([' ', ',', '\n']).any(|word| word == name)
        }
    }
}

#[test]
fn every_intrinsic_has_a_golden_and_a_run() {
    for &intrinsic in Intrinsic::ALL {
        let name = intrinsic.name();
        let stem = stem(intrinsic);
        let path = support::root().join(format!("tests/filetests/matrix/{stem}.wat"));
        let file = TestFile::read(&path).unwrap_or_else(|error| panic!("{name} has no test file: {error}"));
        let runs = file.expectations.iter().filter(|line| matches!(line.expectation, Expectation::Returns { .. }));
        assert!(runs.count() > 0, "{name} does not run");
        for representation in distinct() {
            let word = representation.to_string();
            let covered = file.representations.contains(&word);
            match Signature::new(intrinsic, representation) {
                None => assert!(!covered, "{name} cannot have {word}"),
                Some(signature) => {
                    assert!(covered, "{name} is not tested with {word}");
                    let text = file.expand(&word);
                    assert!(text.contains(&format!("\"linmem\" \"{name}\"")), "{name} does not import itself");
                    // The type with this representation resolves to the intrinsic.
                    let instance = signature.with_array(ARRAY).or_else(|| signature.with_texts(TEXTS));
                    let signature = instance.unwrap_or(signature);
                    let ty = signature.function_type();
                    assert_eq!(Signature::resolve(intrinsic, &ty).map(|found| found.intrinsic), Some(intrinsic));
                    // The runner lowers the file with these choices, and runs it with each.
                    for (safety, nesting) in support::levels(representation) {
                        let is_this = |found: &&(String, _, _)| **found == (word.clone(), safety, nesting);
                        assert_eq!(
                            file.choices().iter().filter(is_this).count(),
                            1,
                            "{name} {word} {safety} {nesting}"
                        );
                        assert!(file.runs(&word, nesting), "{name} does not run with {word} {safety} {nesting}");
                    }
                    assert!(is_shown(&stem, intrinsic), "{name} has no golden");
                }
            }
        }
    }
}

#[test]
fn matrix_files_belong_to_intrinsics() {
    for path in support::files(&support::root().join("tests/filetests/matrix"), "wat") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(Intrinsic::ALL.iter().any(|intrinsic| stem(*intrinsic) == name), "{name} is not an intrinsic");
    }
}

#[test]
fn unsupported_options_of_representation_are_rejected() {
    for &representation in Representation::ALL {
        let import = r#"(module (import "linmem" "MemorySegment.ofAddress" (func (param i32 i32) (result {seg}))))"#;
        let module = support::parse(&import.replace("{seg}", &representation.to_string()));
        for &safety in Safety::ALL {
            for &nesting in Nesting::ALL {
                let config = Config::new().with_safety(safety).with_nesting(nesting);
                let linked = linmem::link(&module, &config);
                let can = support::levels(representation).contains(&(safety, nesting));
                assert_eq!(linked.is_ok(), can, "{representation} {safety} {nesting}");
                assert!(can || matches!(linked, Err(Error::Option { .. })), "{safety} {nesting}: {linked:?}");
            }
        }
    }
}
