//! `ModuleBuilder::check` finds what `linmem::check` finds in the same program, and names operations and lines.

mod transcode;

use crate::support::{files, root};
use linmem::build::{FunctionBuilder, ModuleBuilder, OnStack};
use linmem::wasm_encoder::{AbstractHeapType, BlockType, HeapType, Instruction, RefType, ValType};
use linmem::{Access, Config, Error, Finding, Intrinsic, Nesting, Representation, Safety, SourceLine, Unwind};

const EMPTY: BlockType = BlockType::Empty;

/// The findings about a function `f: i32 -> i32`, each as one line.
fn found(config: &Config, representation: Representation, code: impl Fn(&mut FunctionBuilder)) -> Vec<String> {
    let build = |checks: bool| {
        let mut module = ModuleBuilder::new(config, representation)?;
        if checks {
            module.enable_check();
        }
        let ty = module.function_type([ValType::I32], [ValType::I32]);
        let none = module.function_type([], []);
        module.tag(none);
        let host = module.import_function("env", "host", none);
        module.does_not_throw(host);
        module.import_function("env", "throws", none);
        module.function("f", ty, &code)?;
        let findings = if checks { module.check()? } else { Vec::new() };
        Ok::<_, Error>((findings, module.finish()?))
    };
    let (findings, bytes) = build(true).unwrap();
    assert_eq!(bytes, build(false).unwrap().1, "recording changes the module");
    findings.iter().map(shown).collect()
}

fn shown(finding: &Finding) -> String {
    format!("{:?}: {}", finding.severity, finding.error)
}

/// Opens a region without a scope, as a frontend does whose regions are values of its own.
fn open(f: &mut FunctionBuilder) -> linmem::build::Local {
    let handle = f.local(ValType::I32);
    f.intrinsic(Intrinsic::AllocatorNew);
    f.set(handle, OnStack);
    handle
}

fn close(f: &mut FunctionBuilder, handle: linmem::build::Local) {
    f.push(handle);
    f.intrinsic(Intrinsic::AllocatorFree);
}

const PACKED: Representation = Representation::Packed;

#[test]
fn regions_that_scopes_close_are_not_reported() {
    for representation in [Representation::Address, PACKED, Representation::ALL[2]] {
        for unwind in [Unwind::Release, Unwind::Program] {
            let config = Config::new().with_unwind(unwind);
            let findings = found(&config, representation, |f| {
                let out = f.begin_block(EMPTY);
                let outer = f.begin_region();
                f.allocate(outer, 16);
                let inner = f.begin_region();
                let segment = f.allocate(inner, 16);
                f.put(Access::Int, segment, 12, 1);
                f.instruction(&Instruction::Call(0));
                f.br_if(out, f.param(0));
                f.end_region(inner);
                f.end_region(outer);
                f.end();
                f.push(7);
            });
            assert_eq!(findings, Vec::<String>::new(), "{representation} {unwind:?}");
        }
    }
}

#[test]
fn findings_name_operations_and_lines() {
    let line = |line| SourceLine { file: Some("main.toy".to_string()), line, column: 0 };
    let findings = found(&Config::new(), PACKED, |f| {
        f.source(line(3));
        let handle = open(f);
        f.source(line(4));
        f.push(f.param(0));
        f.begin_if(EMPTY);
        close(f, handle);
        f.end();
        f.source(line(6));
        close(f, handle);
        f.push(0);
    });
    insta::assert_snapshot!(findings.join("\n"), @"Warning: AlreadyFreed: MemoryAllocator.free: the region may already be closed; it was opened at main.toy:3 (in f at main.toy:6, operation 9)");
}

#[test]
fn accesses_are_examined_at_every_level_and_in_every_representation() {
    for representation in [PACKED, Representation::ALL[2], Representation::ALL[5]] {
        let findings = found(&Config::new().with_safety(Safety::None), representation, |f| {
            f.region(|f, region| {
                let segment = f.allocate(region, 16);
                f.put(Access::Int, segment, 13, 1);
            });
            f.push(0);
        });
        let expected =
            "Error: OutOfBounds: MemorySegment.setInt: bytes 13..17 of a segment of 16 bytes (in f, operation 3)";
        assert_eq!(findings, [expected], "{representation}");
    }
}

#[test]
fn exceptions_over_regions_without_scopes_are_reported() {
    let raw = |f: &mut FunctionBuilder| {
        let handle = open(f);
        f.instruction(&Instruction::Call(0));
        f.instruction(&Instruction::Call(1));
        close(f, handle);
        f.push(0);
    };
    insta::assert_snapshot!(found(&Config::new(), PACKED, raw).join("\n"), @"Warning: the region is left open if this call throws; it was opened at operation 1 (in f, operation 4)");
    // A scope closes its region itself, and the outer region is left open by nothing, since the call does not throw.
    let mixed = |f: &mut FunctionBuilder| {
        let handle = open(f);
        f.region(|f, region| {
            f.allocate(region, 16);
            f.instruction(&Instruction::Call(0));
        });
        close(f, handle);
        f.push(0);
    };
    assert_eq!(found(&Config::new(), PACKED, mixed), Vec::<String>::new());
}

#[test]
fn a_raw_branch_on_null_that_leaves_scopes_closes_them() {
    let findings = found(&Config::new(), PACKED, |f| {
        f.begin_block(EMPTY);
        let outer = f.begin_region();
        let inner = f.begin_region();
        f.allocate(inner, 8);
        f.instruction(&Instruction::RefNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Any }));
        f.instruction(&Instruction::BrOnNull(0));
        f.drop();
        f.allocate(inner, 8);
        f.end_region(inner);
        f.end_region(outer);
        f.end();
        f.push(0);
    });
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn what_was_not_recorded_is_not_checked() {
    let mut module = ModuleBuilder::new(&Config::new(), PACKED).unwrap();
    let none = module.function_type([], []);
    let later = module.declare_function("later", none);
    module.function("early", none, |_| ()).unwrap();
    module.enable_check();
    let message = module.check().unwrap_err().to_string();
    assert_eq!(message, "early cannot be checked: its body was begun before `enable_check` (in the module)");
    let mut module = ModuleBuilder::new(&Config::new(), PACKED).unwrap();
    module.enable_check();
    let none = module.function_type([], []);
    let later_too = module.declare_function("later", none);
    assert_eq!(later, later_too);
    module.function("calls", none, |f| f.call(later_too)).unwrap();
    // A function that is not defined yet does nothing.
    assert_eq!(module.check(), Ok(Vec::new()));
}

/// The files of the link door's findings whose functions need no other items than functions and tags, and whose segments
/// have the types that they have in a builder.
fn programs() -> Vec<(String, String)> {
    let read = |path: &std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    let all = files(&root().join("tests/filetests/check"), "wat");
    all.iter()
        .map(read)
        .filter(|(name, _)| !name.starts_with("share_") && !name.starts_with("static_") && !name.contains("reference"))
        .collect()
}

/// Findings without their places, sorted.
fn messages(findings: impl IntoIterator<Item = Finding>) -> Vec<String> {
    let without_places = |finding: Finding| {
        let text = shown(&finding);
        let text = text.split(" (in ").next().unwrap_or_default();
        text.split("; it was opened at").next().unwrap_or_default().to_string()
    };
    let mut messages: Vec<String> = findings.into_iter().map(without_places).collect();
    messages.sort();
    messages
}

#[test]
fn findings_are_those_of_the_link_door() {
    let (mut count, mut compared) = (0, 0);
    for (name, text) in programs() {
        let representation = if name.contains("address") { Representation::Address } else { PACKED };
        let nesting = match &name {
            name if name.contains("outermost") => Nesting::Outermost,
            name if name.contains("forbid") => Nesting::Forbid,
            _ => Nesting::Stack,
        };
        let config = Config::new().with_nesting(nesting).with_unwind(Unwind::Program).with_safety(Safety::None);
        let expected = linmem::check(text.as_bytes(), &config);
        let mut module = ModuleBuilder::new(&config, representation).unwrap();
        module.enable_check();
        let refused = transcode::transcode(&linmem::wat::parse(text.as_bytes()).unwrap(), &mut module, representation);
        let found = module.check().unwrap_or_else(|error| panic!("{name}: {error}"));
        // The builder refuses a function at the first use that is wrong for certain.
        let is_refused = |finding: &Finding| {
            refused.iter().any(|(function, _)| finding.error.to_string().contains(&format!("(in ${function} ")))
        };
        for (function, error) in &refused {
            let error = error.to_string();
            let message = error.split(" (in ").next().unwrap();
            assert!(
                expected.iter().any(|finding| finding.error.to_string().starts_with(message)),
                "{function}: {error}"
            );
        }
        let expected: Vec<Finding> = expected.into_iter().filter(|finding| !is_refused(finding)).collect();
        (count, compared) = (count + 1, compared + expected.len());
        assert_eq!(messages(found), messages(expected), "{name}");
    }
    assert!(count > 10 && compared > 20, "{count} files, {compared} findings");
}

#[test]
fn accesses_to_static_data_are_examined() {
    for representation in [Representation::Address, PACKED] {
        let mut module = ModuleBuilder::new(&Config::new().with_safety(Safety::None), representation).unwrap();
        module.enable_check();
        let text = module.static_utf8("hello");
        let ty = module.function_type([], []);
        let read = |offset: i32| {
            move |f: &mut FunctionBuilder| {
                f.get(Access::Byte, text, offset);
                f.drop();
            }
        };
        module.function("right", ty, read(4)).unwrap();
        module.function("wrong", ty, read(5)).unwrap();
        let findings: Vec<String> = module.check().unwrap().iter().map(shown).collect();
        let expected =
            "Error: OutOfBounds: MemorySegment.getByte: bytes 5..6 of a segment of 5 bytes (in wrong, operation 1)";
        let expected: &[&str] = if representation.carries_size() { &[expected] } else { &[] };
        assert_eq!(findings, expected, "{representation}");
        module.finish().unwrap();
    }
}

#[test]
fn segments_that_are_made_out_of_line_are_examined() {
    let programs: [fn(&mut FunctionBuilder); 3] = [
        |f| {
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, f.param(0));
                let part = f.slice(segment, 8, 8);
                f.put(Access::Int, part, 6, 1);
            });
        },
        |f| {
            f.region(|f, region| {
                let segment = f.allocate_aligned(region, 8, 4096);
                f.put(Access::Int, segment, 6, 1);
            });
        },
        |f| {
            f.push(16);
            f.push(8);
            f.intrinsic(Intrinsic::SegmentOfAddress);
            let segment = f.segment(OnStack);
            f.put(Access::Int, segment, 6, 1);
        },
    ];
    for program in programs {
        let findings = found(&Config::new().with_safety(Safety::None), PACKED, |f| {
            program(f);
            f.push(0);
        });
        assert!(findings.len() == 1 && findings[0].contains("bytes 6..10 of a segment of 8 bytes"), "{findings:?}");
    }
}

#[test]
fn segments_that_are_not_nullable_are_examined() {
    for representation in [Representation::ALL[4], Representation::ALL[5]] {
        let findings = found(&Config::new(), representation, |f| {
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, 8);
                f.put(Access::Int, segment, 0, 1);
            });
            f.push(0);
        });
        assert_eq!(findings, Vec::<String>::new(), "{representation}");
    }
}

#[test]
fn conditional_exits_from_scopes_are_not_reported() {
    let programs: [fn(&mut FunctionBuilder); 3] = [
        |f| {
            let out = f.begin_block(EMPTY);
            let region = f.begin_region();
            let inner = f.begin_block(EMPTY);
            f.br_table(&[inner], out, f.param(0));
            f.end();
            f.end_region(region);
            f.end();
        },
        |f| {
            let out = f.begin_block(BlockType::Result(ValType::I32));
            let region = f.begin_region();
            f.push(5);
            f.br_if(out, f.param(0));
            f.drop();
            f.end_region(region);
            f.push(6);
            f.end();
            f.drop();
        },
        |f| {
            let any = HeapType::Abstract { shared: false, ty: AbstractHeapType::Any };
            let out = f.begin_block(EMPTY);
            let region = f.begin_region();
            f.instruction(&Instruction::RefNull(any));
            f.br_on_null(out, RefType { nullable: true, heap_type: any });
            f.drop();
            f.end_region(region);
            f.end();
        },
    ];
    for program in programs {
        let findings = found(&Config::new(), PACKED, |f| {
            program(f);
            f.push(0);
        });
        assert_eq!(findings, Vec::<String>::new());
    }
}

#[test]
fn a_module_that_does_not_validate_has_a_place() {
    let mut module = ModuleBuilder::new(&Config::new(), PACKED).unwrap();
    module.enable_check();
    let ty = module.function_type([], []);
    module
        .function("f", ty, |f| {
            f.push(1);
            f.push(2);
        })
        .unwrap();
    let message = module.check().unwrap_err().to_string();
    assert_eq!(message, "invalid module: type mismatch: values remaining on stack at end of block (in f, operation 2)");
}
