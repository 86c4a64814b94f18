//! Static frames of modules that are built.

use crate::support::build::add_probe;
use crate::support::host::{Running, State};
use crate::{built, expect};
use linmem::build::{FunctionBuilder, FunctionId, ModuleBuilder, OnStack};
use linmem::wasm_encoder::{BlockType, Instruction, MemoryType, ValType};
use linmem::{Access, Config, OnViolation, Representation, Safety, SourceLine, StaticFrames, Unwind, Zero};
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::Val;

const REPRESENTATIONS: [Representation; 3] = [Representation::Address, Representation::Packed, Representation::ALL[2]];

/// The text of a function without its helpers.
fn text(bytes: &[u8], function: &str) -> String {
    linmem::wat::print_function(bytes, function).unwrap()
}

/// Whether a function opens regions when it runs.
fn opens(bytes: &[u8], function: &str) -> bool {
    text(bytes, function).contains("$linmem.top")
}

/// Two allocations in a scope, which is left by a branch if the parameter is 7.
fn sample(f: &mut FunctionBuilder) {
    f.block(BlockType::Result(ValType::I32), |f, out| {
        f.region_with(BlockType::Result(ValType::I32), |f, region| {
            let (first, second) = (f.allocate(region, 8), f.allocate_aligned(region, 24, 64));
            f.put(Access::Int, first, 4, 30);
            f.put(Access::Int, second, 20, f.param(0));
            f.block(BlockType::Empty, |f, other| {
                f.push(f.param(0));
                f.push(7);
                f.instruction(&Instruction::I32Ne);
                f.br_if(other, OnStack);
                f.push(1);
                f.br(out);
            });
            f.get(Access::Int, first, 4);
            f.get(Access::Int, second, 20);
            f.instruction(&Instruction::I32Add);
        });
    });
}

#[test]
fn regions_of_scopes_are_parts_of_static_frames() {
    for representation in REPRESENTATIONS {
        for safety in Safety::ALL {
            for zero in Zero::ALL {
                let config = Config::new().with_safety(*safety).with_zero(*zero);
                if config.check(representation).is_err() {
                    continue;
                }
                let choices = format!("{representation} {safety} {zero}");
                let bytes = built(&config, representation, sample).unwrap();
                assert!(!opens(&bytes, "f"), "{choices}: {}", text(&bytes, "f"));
                expect(&bytes, &[(3, 33), (7, 1), (-30, 0)], &choices);
                let off = config.with_static_frames(StaticFrames::Off);
                let bytes = built(&off, representation, sample).unwrap();
                assert!(opens(&bytes, "f"), "{choices}");
                expect(&bytes, &[(3, 33), (7, 1), (-30, 0)], &choices);
            }
        }
    }
}

/// A jump that carries operands out of a scope is recorded in another form than it is written in.
#[test]
fn functions_whose_records_are_not_exact_open_their_regions() {
    let config = Config::new().with_safety(Safety::None).with_zero(Zero::Free);
    let build = |representation| {
        built(&config, representation, |f| {
            f.block(BlockType::Result(ValType::I32), |f, out| {
                f.region_with(BlockType::Result(ValType::I32), |f, region| {
                    let segment = f.allocate(region, 8);
                    f.put(Access::Int, segment, 0, 9);
                    f.push(1);
                    f.br_if(out, f.param(0));
                    f.drop();
                    f.get(Access::Int, segment, 0);
                });
            });
        })
        .unwrap()
    };
    for representation in REPRESENTATIONS {
        let bytes = build(representation);
        assert!(opens(&bytes, "f"));
        expect(&bytes, &[(3, 1), (0, 9)], "the default configuration");
    }
    plant(Some(Bug::StaticFrameOfInexactRecord));
    let bytes = build(Representation::Packed);
    plant(None);
    let mut running = Running::new(&bytes, State::default());
    assert_ne!(running.call("f", &[Val::I32(0)]).unwrap()[0].unwrap_i32(), 9, "the bug is not planted");
}

/// A module in which `f` calls `g` in a scope, and `g` contains the code `callee`, which gets the function of the host if there is
/// one, else `f`.
fn calling(unwind: Unwind, has_host: bool, callee: impl Fn(&mut FunctionBuilder, FunctionId)) -> Vec<u8> {
    let config = Config::new().with_unwind(unwind);
    let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let host = has_host.then(|| module.import_function("env", "host", ty));
    let (f, g) = (module.declare_function("f", ty), module.declare_function("g", ty));
    module
        .define_with(f, |b| {
            b.region_with(BlockType::Result(ValType::I32), |b, region| {
                let segment = b.allocate(region, 8);
                b.put(Access::Int, segment, 0, b.param(0));
                b.push(b.param(0));
                b.call(g);
                b.get(Access::Int, segment, 0);
                b.instruction(&Instruction::I32Add);
            });
        })
        .unwrap();
    module
        .define_with(g, |b| {
            b.region_with(BlockType::Result(ValType::I32), |b, region| {
                let segment = b.allocate(region, 16);
                b.put(Access::Int, segment, 12, 1000);
                callee(b, host.unwrap_or(f));
                b.get(Access::Int, segment, 12);
                b.instruction(&Instruction::I32Add);
            });
        })
        .unwrap();
    module.export("f", f);
    module.finish().unwrap()
}

#[test]
fn frames_depend_on_the_call_graph() {
    for unwind in Unwind::ALL {
        let leaf = calling(*unwind, false, |b, _| b.push(5));
        assert!(!opens(&leaf, "f") && !opens(&leaf, "g"), "{unwind}");
        let mut running = Running::new(&leaf, State::default());
        assert_eq!(running.call("f", &[Val::I32(20)]).unwrap()[0].unwrap_i32(), 1025, "{unwind}");
        // `g` cannot be entered again, but `f`, which it calls, can call it.
        let cycle = calling(*unwind, false, |b, f| {
            b.push(5);
            b.call(f);
        });
        assert!(opens(&cycle, "f") && opens(&cycle, "g"), "{unwind}");
        // The host may call `f`, which is exported.
        let outside = calling(*unwind, true, |b, host| {
            b.push(5);
            b.call(host);
        });
        assert!(opens(&outside, "f") && opens(&outside, "g"), "{unwind}");
    }
}

#[test]
fn static_data_and_frames_do_not_overlap() {
    for representation in REPRESENTATIONS {
        for safety in [Safety::None, Safety::Temporal] {
            let config = Config::new().with_safety(safety);
            let mut module = ModuleBuilder::new(&config, representation).unwrap();
            let data = module.static_bytes(&[1, 0, 0, 0, 2, 0, 0, 0], 4).unwrap();
            let zeros = module.reserve("zeros", 12, 4).unwrap();
            let ty = module.function_type([ValType::I32], [ValType::I32]);
            let f = module
                .function("f", ty, |f| {
                    f.region_with(BlockType::Result(ValType::I32), |f, region| {
                        let segment = f.allocate(region, 16);
                        f.fill(segment, 0, 16, 0x7f);
                        f.put(Access::Int, zeros, 8, f.param(0));
                        f.get(Access::Int, data, 4);
                        f.get(Access::Int, zeros, 8);
                        f.instruction(&Instruction::I32Add);
                        // An address in memory has the same result as the segment.
                        f.address(data);
                        f.instruction(&Instruction::Drop);
                        f.get(Access::UByte, segment, 15);
                        f.instruction(&Instruction::I32Add);
                    });
                })
                .unwrap();
            module.export("f", f);
            add_probe(&mut module).unwrap();
            let bytes = module.finish().unwrap();
            assert!(!opens(&bytes, "f"), "{representation} {safety}: {}", text(&bytes, "f"));
            expect(&bytes, &[(3, 0x7f + 5), (10, 0x7f + 12)], &format!("{representation} {safety}"));
        }
    }
}

#[test]
fn places_of_violations_and_names_of_locals_stay() {
    let build = |frames| {
        let config = Config::new().with_on_violation(OnViolation::Report).with_static_frames(frames);
        built(&config, Representation::Packed, |f| {
            let unused = f.local(ValType::I64);
            let kept = f.local(ValType::I32);
            f.name_local(unused, "unused");
            f.name_local(kept, "kept");
            f.region(|f, region| {
                let segment = f.allocate(region, 16);
                f.source(SourceLine { file: Some("main.scala".to_string()), line: 7, column: 3 });
                f.get(Access::Int, segment, f.param(0));
                f.set(kept, OnStack);
            });
            f.push(kept);
        })
        .unwrap()
    };
    let (on, off) = (build(StaticFrames::On), build(StaticFrames::Off));
    assert!(!opens(&on, "f") && opens(&off, "f"));
    assert!(text(&on, "f").contains("local.set $kept"), "{}", text(&on, "f"));
    let line = |bytes: &[u8]| {
        let mut running = Running::new(bytes, State::default());
        running.call("f", &[Val::I32(13)]).expect_err("the access is outside of the segment");
        let [kind, site, a, b, c] = running.store.data().violation.expect("there is a report");
        (kind, linmem::sites::read(bytes)[site as usize].to_string(), [a, b, c])
    };
    assert_eq!(line(&on).1, "at main.scala:7:3, in $f");
    assert_eq!(line(&on), line(&off));
}

#[test]
fn memories_of_other_modules_and_small_memories_have_no_frames() {
    let code = |f: &mut FunctionBuilder| {
        f.region_with(BlockType::Result(ValType::I32), |f, region| {
            let segment = f.allocate(region, 8000);
            f.put(Access::Int, segment, 0, f.param(0));
            f.get(Access::Int, segment, 0);
        });
    };
    let config = Config::new().with_base(Some(linmem::Base::Address(1024)));
    let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
    let memory = MemoryType { minimum: 4, maximum: None, memory64: false, shared: false, page_size_log2: None };
    module.import_segment_memory("env", "memory", memory).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    module.function("f", ty, code).unwrap();
    assert!(opens(&module.finish().unwrap(), "f"));
    for (pages, is_opened) in [(1, true), (4, false)] {
        let bytes = built(&Config::new().with_max_pages(pages), Representation::Packed, code).unwrap();
        assert_eq!(opens(&bytes, "f"), is_opened, "{pages} pages");
        expect(&bytes, &[(3, 3)], "with a maximum");
    }
}
