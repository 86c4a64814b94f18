//! The library door: regions are closed on every way out of their scopes, mistakes are errors, and a frontend's own
//! writer gets the same code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::build::{FunctionBuilder, Lowering, ModuleBuilder, ModuleSink};
use linmem::wasi;
use linmem::wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, SubType, TypeSection, ValType,
};
use linmem::{
    Access, Config, Error, FunctionType, Intrinsic, OnViolation, Report, Representation, Safety, Share, SourceLine,
    SplitAddress, ValueType, Violation,
};
use linmem_host::wasmtime::Val;
use support::build::{add_probe, configurations};
use support::host::{Running, State};
use support::shown;

/// A module with `f: i32 -> i32` as given.
fn module(representation: Representation, code: impl FnOnce(&mut FunctionBuilder<'_>)) -> Result<Vec<u8>, Error> {
    built(&Config::default(), representation, code)
}

/// The same, with `probe`, which gives the address of what is allocated where no region is open.
fn built(
    config: &Config,
    representation: Representation,
    code: impl FnOnce(&mut FunctionBuilder<'_>),
) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, code)?;
    module.export("f", f);
    add_probe(&mut module)?;
    module.finish()
}

/// Runs `f` for each argument, and checks results and that no region is open afterwards.
fn expect(bytes: &[u8], cases: &[(i32, i32)], choices: &str) {
    let mut running = Running::new(bytes, State::default());
    let before = running.call("probe", &[]).unwrap()[0].unwrap_i32();
    for (argument, result) in cases {
        let found = running.call("f", &[Val::I32(*argument)]).unwrap_or_else(|error| panic!("{choices}: {error:?}"));
        assert_eq!(found[0].unwrap_i32(), *result, "f({argument}) with {choices}");
        let after = running.call("probe", &[]).unwrap()[0].unwrap_i32();
        assert_eq!(after, before, "f({argument}) left a region open with {choices}");
    }
}

/// Code of which nothing depends on how regions are kept track of.
fn both(code: impl Fn(&mut FunctionBuilder<'_>), cases: &[(i32, i32)]) {
    for config in configurations() {
        let choices = format!("{config:?}");
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes =
                built(&config, representation, |f| code(f)).unwrap_or_else(|error| panic!("{choices}: {error}"));
            expect(&bytes, cases, &choices);
        }
    }
}

#[test]
fn fallthrough_closes_region() {
    both(
        |f| {
            let result = f.local(ValType::I32);
            f.region(|f, region| {
                let segment = f.allocate(region, 16);
                f.put(Access::Int, segment, 8, f.param(0));
                f.set(result, |f: &mut FunctionBuilder<'_>| f.get(Access::Int, segment, 8));
            });
            f.push(result);
        },
        &[(1, 1), (-5, -5)],
    );
}

#[test]
fn branch_closes_regions_it_leaves() {
    both(
        |f| {
            f.block(BlockType::Empty, |f, outside| {
                f.region(|f, outer| {
                    f.allocate_dynamic(outer, f.param(0));
                    f.block(BlockType::Empty, |f, between| {
                        f.region(|f, inner| {
                            f.allocate_dynamic(inner, f.param(0));
                            f.br_if(between, f.param(0));
                            f.br(outside);
                        });
                    });
                });
            });
            f.push(7);
        },
        &[(0, 7), (100, 7)],
    );
}

#[test]
fn conditional_branch_with_operand_closes_only_if_taken() {
    both(
        |f| {
            f.block(BlockType::Result(ValType::I32), |f, outside| {
                f.region(|f, region| {
                    let first = f.allocate_dynamic(region, 64);
                    f.put(Access::Int, first, 0, 5);
                    f.push(9);
                    f.br_if(outside, f.param(0));
                    f.drop();
                    // If the branch had closed the region, this would lie on top of the first.
                    let second = f.allocate_dynamic(region, 64);
                    f.put(Access::Int, second, 0, 6);
                    f.get(Access::Int, first, 0);
                    f.br(outside);
                });
                f.push(0);
            });
        },
        &[(0, 5), (1, 9)],
    );
}

#[test]
fn br_table_closes_regions_of_each_target() {
    both(
        |f| {
            let result = f.local(ValType::I32);
            f.block(BlockType::Empty, |f, _outside| {
                f.region(|f, outer| {
                    f.allocate_dynamic(outer, 100);
                    f.block(BlockType::Empty, |f, _between| {
                        f.region(|f, inner| {
                            f.allocate_dynamic(inner, 100);
                            f.block(BlockType::Empty, |f, _within| {
                                f.push(f.param(0));
                                // Within, between, outside, and the function is the fourth.
                                f.instruction(&Instruction::BrTable(vec![0, 1, 2].into(), 1));
                            });
                            f.set(result, 10);
                        });
                        f.set(result, |f: &mut FunctionBuilder<'_>| {
                            f.push(result);
                            f.push(1);
                            f.instruction(&Instruction::I32Add);
                        });
                    });
                    f.set(result, |f: &mut FunctionBuilder<'_>| {
                        f.push(result);
                        f.push(100);
                        f.instruction(&Instruction::I32Add);
                    });
                });
            });
            f.push(result);
        },
        &[(0, 111), (1, 100), (2, 0), (3, 100)],
    );
}

#[test]
fn return_closes_all_regions() {
    both(
        |f| {
            f.region(|f, outer| {
                f.allocate(outer, 8);
                f.region(|f, inner| {
                    f.allocate(inner, 8);
                    f.if_(f.param(0), |f, _| {
                        f.push(3);
                        f.return_();
                    });
                });
                f.push(4);
                f.instruction(&Instruction::Br(0));
            });
            f.push(0);
        },
        &[(0, 4), (1, 3)],
    );
}

#[test]
fn tail_call_closes_regions_first() {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.declare_function("f", ty);
    add_probe(&mut module).unwrap();
    module
        .define(f, |b| {
            b.if_(
                |b: &mut FunctionBuilder<'_>| {
                    b.push(b.param(0));
                    b.instruction(&Instruction::I32Eqz);
                },
                |b, _| {
                    b.push(12);
                    b.return_();
                },
            );
            b.region(|b, region| {
                b.allocate(region, 1000);
                b.push(b.param(0));
                b.push(1);
                b.instruction(&Instruction::I32Sub);
                b.instruction(&Instruction::ReturnCall(f.0));
            });
            b.instruction(&Instruction::Unreachable);
        })
        .unwrap();
    module.export("f", f);
    // Far more calls than there is memory for regions that stay open.
    expect(&module.finish().unwrap(), &[(0, 12), (100_000, 12)], "no choices");
}

#[test]
fn loop_opens_and_closes_each_iteration() {
    both(
        |f| {
            let (count, sum) = (f.local(ValType::I32), f.local(ValType::I32));
            f.set(count, 100_000);
            f.loop_(BlockType::Empty, |f, again| {
                f.region(|f, region| {
                    let segment = f.allocate(region, 1024);
                    f.put(Access::Int, segment, 1020, 2);
                    f.set(sum, |f: &mut FunctionBuilder<'_>| {
                        f.push(sum);
                        f.get(Access::Int, segment, 1020);
                        f.instruction(&Instruction::I32Add);
                    });
                    f.set(count, |f: &mut FunctionBuilder<'_>| {
                        f.push(count);
                        f.push(1);
                        f.instruction(&Instruction::I32Sub);
                    });
                    f.br_if(again, count);
                });
            });
            f.push(sum);
        },
        &[(0, 200_000)],
    );
}

#[test]
fn segments_are_sliced_filled_and_copied() {
    both(
        |f| {
            let result = f.local(ValType::I32);
            f.region(|f, region| {
                let a = f.allocate(region, 100);
                let b = f.allocate_dynamic(region, 100);
                let aligned = f.allocate_aligned(region, 10, 256);
                f.fill(a, 0, 100, 1);
                f.fill(b, 0, f.param(0), 2);
                let part = f.slice(a, 50, 50);
                let rest = f.slice_dynamic(b, 1, f.param(0));
                f.copy((part, 1), (rest, 0), 3);
                f.copy((aligned, 0), (a, 50), 4);
                f.set(result, |f: &mut FunctionBuilder<'_>| f.get(Access::Int, aligned, 0));
            });
            f.push(result);
        },
        &[(50, 0x02020201)],
    );
}

#[test]
fn host_calls_take_segments() {
    for &representation in Representation::ALL {
        let bytes = module(representation, |f| {
            f.region(|f, region| {
                let text = f.allocate(region, 3);
                f.put(Access::Short, text, 0, 0x6968);
                f.put(Access::Byte, text, 2, 0x0a);
                f.write_all(1, text);
                f.drop();
                f.fd_write(1, text);
                f.drop();
                f.drop();
            });
            f.push(0);
        })
        .unwrap();
        let mut running = Running::new(&bytes, State { transfer: 2, ..State::default() });
        running.call("f", &[Val::I32(0)]).unwrap();
        assert_eq!(running.store.data().output, b"hi\nhi");
    }
}

#[test]
fn builder_misuse_is_an_error() {
    let fail = |code: fn(&mut FunctionBuilder<'_>)| {
        module(Representation::Packed, code).expect_err("this makes no module").to_string()
    };
    assert_eq!(
        fail(|f| f.block(BlockType::Empty, |f, _| f.instruction(&Instruction::Loop(BlockType::Empty)))),
        "f: the code of a control structure does not end all control structures that it opens, or ends one that it did not open"
    );
    let ends = "f: the code of a region ends the control structure, or the arm, that contains the region";
    assert_eq!(
        fail(|f| f.if_(1, |f, _| f.region(|f, _| f.instruction(&Instruction::Else)))),
        ends,
        "the region would be closed in an arm that never opened it"
    );
    assert_eq!(
        fail(|f| f.block(BlockType::Empty, |f, _| {
            f.region(|f, _| {
                f.instruction(&Instruction::End);
                f.instruction(&Instruction::Block(BlockType::Empty));
            });
        })),
        ends
    );
    assert_eq!(
        fail(|f| f.instruction(&Instruction::End)),
        "f: unexpected `end`: the function builder emits the last `end` itself"
    );
    assert_eq!(
        fail(|f| {
            let mut escaped = None;
            f.block(BlockType::Empty, |_, label| escaped = Some(label));
            f.br(escaped.unwrap());
        }),
        "f: branch to a label whose control structure has ended"
    );
    assert_eq!(
        fail(|f| f.region(|f, region| {
            f.allocate_aligned(region, 8, 3);
        })),
        "BadAlignment: MemoryAllocator.allocateAligned: the alignment 3 is not a power of two up to 65536 (in f)"
    );
    assert!(fail(|f| f.push(1i64)).starts_with("invalid module: type mismatch"));
    assert_eq!(
        fail(|f| f.region(|f, region| {
            f.allocate_dynamic(region, 5);
            f.instruction(&Instruction::LocalSet(1));
        })),
        "f: local 1 is reserved by an operation of linmem"
    );
    assert_eq!(fail(|f| f.region(|f, _| f.instruction(&Instruction::LocalSet(1)))), "f: local 1 does not exist");
    assert_eq!(fail(|f| f.region(|f, _| f.instruction(&Instruction::LocalTee(1)))), "f: local 1 does not exist");
    assert_eq!(fail(|f| f.region(|f, _| f.instruction(&Instruction::LocalGet(1)))), "f: local 1 does not exist");
    assert_eq!(
        fail(|f| {
            let mut ended = None;
            f.region(|_, region| ended = Some(region));
            f.region(|f, _| {
                f.push(ended.unwrap());
                f.instruction(&Instruction::Drop);
            });
        }),
        "UseAfterFree: use of the handle of a region whose scope has ended (in f)"
    );
    let error = module(Representation::Address, |f| {
        f.segment(f.param(0));
    });
    assert!(error.expect_err("an address has no size").to_string().contains("use `of_address`"));
    let mut unfinished = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = unfinished.function_type([], []);
    unfinished.declare_function("later", ty);
    assert_eq!(unfinished.finish().expect_err("not defined").to_string(), "later is declared but not defined");
}

/// A frontend's own module writer: imports first, then whatever comes.
#[derive(Default)]
struct Writer {
    /// How many types the recursion group has that comes before the function types, and those.
    reserved: u32,
    group: Vec<SubType>,
    types: Vec<FunctionType>,
    imports: Vec<(String, String, u32)>,
    functions: Vec<(u32, Option<Function>)>,
    globals: Vec<(ValType, ConstExpr)>,
    pages: u64,
    maximum: Option<u64>,
}

/// How many imports this writer leaves room for.
const IMPORTS: u32 = 2;

impl ModuleSink for Writer {
    fn function_type(&mut self, ty: &FunctionType) -> u32 {
        let position = self.types.iter().position(|known| known == ty);
        position.unwrap_or_else(|| {
            self.types.push(ty.clone());
            self.types.len() - 1
        }) as u32
            + self.reserved
    }

    fn declare_recursion_group(&mut self, count: u32) -> u32 {
        assert!(self.types.is_empty() && self.reserved == 0, "this writer has room for one group, at the start");
        self.reserved = count;
        0
    }

    fn define_recursion_group(&mut self, first: u32, types: Vec<SubType>) {
        assert_eq!((first, types.len() as u32), (0, self.reserved));
        self.group = types;
    }

    fn import_function(&mut self, module: &str, name: &str, ty: u32) -> u32 {
        assert!(self.imports.len() < IMPORTS as usize, "this writer has room for two imports");
        self.imports.push((module.to_string(), name.to_string(), ty));
        self.imports.len() as u32 - 1
    }

    fn declare_function(&mut self, _: &str, ty: u32) -> u32 {
        self.functions.push((ty, None));
        IMPORTS + self.functions.len() as u32 - 1
    }

    fn define_function(&mut self, index: u32, body: Function) {
        self.functions[(index - IMPORTS) as usize].1 = Some(body);
    }

    fn add_global(&mut self, _: &str, ty: ValType, value: &ConstExpr) -> u32 {
        self.globals.push((ty, value.clone()));
        self.globals.len() as u32 - 1
    }

    fn add_memory(&mut self, pages: u64, maximum: Option<u64>) -> u32 {
        self.pages = pages;
        self.maximum = maximum;
        0
    }
}

impl Writer {
    fn finish(self, exported: &[(&str, u32)]) -> Vec<u8> {
        let convert = |ty: &ValueType| match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
            other => panic!("{other} is not used here"),
        };
        let (mut types, mut imports, mut functions, mut code) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new(), CodeSection::new());
        if !self.group.is_empty() {
            types.ty().rec(self.group);
        }
        for ty in &self.types {
            types.ty().function(ty.params.iter().map(convert), ty.results.iter().map(convert));
        }
        for (module, name, ty) in &self.imports {
            imports.import(module, name, EntityType::Function(*ty));
        }
        for (ty, body) in &self.functions {
            functions.function(*ty);
            code.function(body.as_ref().expect("every function is defined"));
        }
        let mut memories = MemorySection::new();
        let memory = MemoryType {
            minimum: self.pages,
            maximum: self.maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        memories.memory(memory);
        let mut globals = GlobalSection::new();
        for (ty, value) in &self.globals {
            globals.global(GlobalType { val_type: *ty, mutable: true, shared: false }, value);
        }
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        for (name, index) in exported {
            exports.export(name, ExportKind::Func, *index);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code);
        module.finish()
    }
}

#[test]
fn frontend_can_use_its_own_writer() {
    for representation in [Representation::Packed, Representation::ALL[2]] {
        for &safety in Safety::ALL {
            lower_into_writer(&Config { safety: Some(safety), ..Config::default() }, representation);
        }
    }
}

fn lower_into_writer(config: &Config, representation: Representation) {
    let mut sink = Writer::default();
    let mut lowering = Lowering::new(&mut sink, config, representation).unwrap();
    let ty = FunctionType::new([], [ValueType::I32]);
    let body = lowering
        .function(&mut sink, "f", &ty, |f| {
            let errno = f.local(ValType::I32);
            f.region(|f, region| {
                let text = f.allocate(region, 4);
                f.put(Access::Int, text, 0, 0x0a6b6f21);
                f.set(errno, |f: &mut FunctionBuilder<'_>| f.write_all(1, text));
                let large = f.allocate_dynamic(region, 1_000_000);
                f.put(Access::Byte, large, 999_999, 1);
            });
            f.push(errno);
        })
        .unwrap();
    let ty = sink.function_type(&ty);
    let index = sink.declare_function("f", ty);
    sink.define_function(index, body);
    lowering.finish(&mut sink).unwrap();
    let mut running = Running::new(&sink.finish(&[("f", index)]), State::default());
    assert_eq!(running.call("f", &[]).unwrap()[0].unwrap_i32(), 0);
    assert_eq!(running.store.data().output, b"!ok\n");
}

/// A frontend that brings a memory with an allocator of its own: `grow` gives what `memory.grow` of its runtime gives, and
/// `size` its size.
#[test]
fn frontend_can_share_its_memory() {
    let mut sink = Writer::default();
    let nop = sink.function_type(&FunctionType::new([], []));
    (0..IMPORTS).for_each(|_| _ = sink.import_function("test", "nop", nop));
    let memory = sink.add_memory(1, None);
    let config = Config { share: Some(Share::Split), split: SplitAddress::of_pages(16), ..Config::default() };
    let mut lowering = Lowering::in_memory(&mut sink, &config, Representation::Packed, memory).unwrap();
    let body = lowering
        .function(&mut sink, "f", &FunctionType::new([], [ValueType::I32]), |f| {
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, 70_000);
                f.put(Access::Int, segment, 69_996, 1);
                // The frontend's own instructions in a function that is lowered here see the program's memory alone.
                f.instruction(&Instruction::I32Const(2));
                f.instruction(&Instruction::MemoryGrow(memory));
                f.instruction(&Instruction::Drop);
                let address = f.local(ValType::I32);
                f.set(address, |f: &mut FunctionBuilder<'_>| f.address(segment));
                f.push(address);
                f.return_();
            });
            f.instruction(&Instruction::Unreachable);
        })
        .unwrap();
    let ty = sink.function_type(&FunctionType::new([], [ValueType::I32]));
    let f = sink.declare_function("f", ty);
    sink.define_function(f, body);
    let size = lowering.program_size(&mut sink).expect("the memory is split");
    let grow = lowering.program_grow(&mut sink).expect("the memory is split");
    lowering.finish(&mut sink).unwrap();
    let mut running = Running::new(&sink.finish(&[("f", f), ("size", size), ("grow", grow)]), State::default());
    let call = |running: &mut Running, name: &str, args: &[Val]| running.call(name, args).unwrap()[0].unwrap_i32();
    assert_eq!(call(&mut running, "size", &[]), 1);
    assert!(call(&mut running, "f", &[]) >= 1 << 20, "regions are above the split");
    assert_eq!(call(&mut running, "size", &[]), 3);
    assert_eq!(call(&mut running, "grow", &[Val::I32(13)]), 3);
    assert_eq!(call(&mut running, "grow", &[Val::I32(1)]), -1, "the program has all below the split");
    assert_eq!(call(&mut running, "size", &[]), 16);
    // A memory that is not split has no such functions.
    let mut sink = Writer::default();
    let mut lowering = Lowering::new(&mut sink, &Config::default(), Representation::Packed).unwrap();
    assert_eq!((lowering.program_size(&mut sink), lowering.program_grow(&mut sink)), (None, None));
    let config =
        Config { share: Some(Share::Allocator { export: "malloc".to_string(), pin: None }), ..Config::default() };
    let error = Lowering::in_memory(&mut sink, &config, Representation::Packed, 0).expect_err("no exports yet");
    assert!(error.to_string().contains("requires a module that is linked"), "{error}");
}

/// The recursion group of a module's segments, as text.
fn group(module: &[u8]) -> String {
    let printed = linmem::wat::print(module).unwrap();
    let (start, end) = (printed.find("(rec").expect("a group"), printed.find("(type (;2;)").expect("other types"));
    printed[start..end].to_string()
}

/// Segments of one module are no segments of another one: engines compare types by their structure.
#[test]
fn modules_with_different_code_have_different_segment_types() {
    let reference = Representation::ALL[2];
    let code = |bytes: i32| {
        move |f: &mut FunctionBuilder<'_>| {
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, bytes);
                f.put(Access::Byte, segment, 0, 1);
            });
            f.push(f.param(0));
        }
    };
    let of = |bytes: i32| group(&module(reference, code(bytes)).unwrap());
    assert_eq!(of(100), of(100));
    assert_ne!(of(100), of(101));
    let written = |bytes: i32| {
        let mut sink = Writer::default();
        let mut lowering = Lowering::new(&mut sink, &Config::default(), reference).unwrap();
        let nop = sink.function_type(&FunctionType::new([], []));
        (0..IMPORTS).for_each(|_| _ = sink.import_function("test", "nop", nop));
        let ty = FunctionType::new([ValueType::I32], [ValueType::I32]);
        let body = lowering.function(&mut sink, "f", &ty, code(bytes)).unwrap();
        let ty = sink.function_type(&ty);
        let f = sink.declare_function("f", ty);
        sink.define_function(f, body);
        lowering.finish(&mut sink).unwrap();
        group(&sink.finish(&[("f", f)]))
    };
    assert_eq!(written(100), written(100));
    assert_ne!(written(100), written(101));
}

#[test]
fn last_errno_is_kept_if_configured() {
    let code = |f: &mut FunctionBuilder<'_>| {
        f.push(77);
        f.wasi(wasi::Function::FdClose);
        f.instruction(&Instruction::Drop);
        f.intrinsic(Intrinsic::WasiLastErrno);
    };
    let error = module(Representation::Packed, code).expect_err("not kept");
    assert!(error.to_string().contains("wasi.last_errno requires `last_errno`"), "{error}");
    let bytes = built(&Config { last_errno: true, ..Config::default() }, Representation::Packed, code).unwrap();
    assert!(linmem::wat::print(&bytes).unwrap().contains("$linmem.errno"));
}

#[test]
fn lowered_sample_matches_golden() {
    let bytes = module(Representation::Packed, |f| {
        f.region(|f, allocator| {
            let segment = f.allocate(allocator, 4);
            f.put(Access::Int, segment, 0, 100);
            f.get(Access::Int, segment, 0);
            f.push(f.param(0));
            f.instruction(&Instruction::I32Add);
            f.return_();
        });
        f.instruction(&Instruction::Unreachable);
    })
    .unwrap();
    expect(&bytes, &[(1, 101)], "no choices");
    let _guard = support::goldens("library");
    // Helpers have goldens of their own.
    let printed = linmem::wat::print(&bytes).unwrap();
    let own = shown::functions(&printed).into_iter().filter(|part| !part.is_helper());
    let own: String = own.map(|part| format!("{}{}", part.head, shown::pack(&part.text))).collect();
    insta::assert_snapshot!("sample", format!("{}{own}", shown::shell(&printed, true).text));
}

#[test]
fn reports_have_source_lines_of_frontend() {
    let config = Config { on_violation: OnViolation::Report, max_pages: Some(3), ..Config::default() };
    let bytes = built(&config, Representation::Packed, |f| {
        f.region(|f, region| {
            f.source(SourceLine { file: Some("main.scala".to_string()), line: 7, column: 3 });
            f.allocate_dynamic(region, f.param(0));
        });
        f.push(0);
    })
    .unwrap();
    let mut running = Running::new(&bytes, State::default());
    assert_eq!(running.call("f", &[Val::I32(100_000)]).unwrap()[0].unwrap_i32(), 0);
    running.call("f", &[Val::I32(1_000_000)]).expect_err("there is no memory");
    let [kind, site, a, b, c] = running.store.data().violation.expect("it is reported");
    let site = &linmem::sites::read(&bytes)[site as usize];
    assert_eq!(site.to_string(), "at main.scala:7:3, in $f");
    let report =
        Report { kind: Violation::from_code(kind).unwrap(), intrinsic: site.intrinsic.clone(), numbers: [a, b, c] };
    assert_eq!(
        report.to_string(),
        "MemoryAllocator.allocate: out of memory: cannot allocate 1000000 bytes; the memory has 2 pages"
    );
}
