//! Static data: constants and reservations that all functions of a module share, in every representation and at every
//! level.

mod memories;
mod placement;

use crate::support;
use crate::support::host::{Running, State};
use linmem::build::{FunctionBuilder, FunctionId, ModuleBuilder, OnStack, Static};
use linmem::wasm_encoder::{AbstractHeapType, BlockType, HeapType, Instruction, MemArg, RefType, ValType};
use linmem::{Access, Config, Error, Nesting, OnViolation, Representation, Safety, Zero};
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::Val;

/// Every representation, safety level and nesting policy.
fn everywhere(test: impl Fn(&Config, Representation, &str)) {
    for &representation in Representation::ALL {
        for (safety, nesting) in support::levels(representation) {
            for zero in [Zero::Never, Zero::Free] {
                let config = Config::new().with_safety(safety).with_nesting(nesting).with_zero(zero);
                test(&config, representation, &format!("{representation}, {safety}, {nesting}, {zero}"));
            }
        }
    }
}

/// A module with an export `f: i32 -> i32`.
struct Building {
    module: ModuleBuilder,
    f: FunctionId,
}

impl Building {
    fn new(config: &Config, representation: Representation) -> Building {
        let mut module = ModuleBuilder::new(config, representation).unwrap();
        let ty = module.function_type([ValType::I32], [ValType::I32]);
        let f = module.declare_function("f", ty);
        module.export("f", f);
        Building { module, f }
    }

    fn finish(mut self, code: impl FnOnce(&mut FunctionBuilder)) -> Result<Vec<u8>, Error> {
        self.module.define_with(self.f, code)?;
        self.module.finish()
    }
}

fn call(bytes: &[u8], argument: i32) -> (i32, State) {
    let mut running = Running::new(bytes, State::default());
    let result = running.call("f", &[Val::I32(argument)]).unwrap()[0].unwrap_i32();
    (result, running.store.into_data())
}

/// The type of segments of a representation.
pub(crate) fn segment_type(representation: Representation) -> ValType {
    match representation {
        Representation::Address => ValType::I32,
        Representation::Packed => ValType::I64,
        Representation::Reference { nullable, heap } => {
            let ty = match heap {
                linmem::HeapType::Eq => AbstractHeapType::Eq,
                linmem::HeapType::Struct => AbstractHeapType::Struct,
                _ => AbstractHeapType::Any,
            };
            ValType::Ref(RefType { nullable, heap_type: HeapType::Abstract { shared: false, ty } })
        }
        other => panic!("{other}"),
    }
}

fn add(f: &mut FunctionBuilder) {
    f.instruction(&Instruction::I32Add);
}

#[test]
fn constants_are_read_at_constant_and_dynamic_offsets() {
    everywhere(|config, representation, choices| {
        let Building { mut module, f } = Building::new(config, representation);
        let table = module.static_bytes(&[1, 2, 3, 4, 5, 6, 7, 8], 8).unwrap();
        let bytes = Building { module, f }.finish(|f| {
            f.get(Access::UByte, table, f.param(0));
            f.get(Access::Int, table, 4);
            add(f);
            // A sum in a loop over all bytes, whose checks can be hoisted.
            let (i, sum) = (f.local(ValType::I32), f.local(ValType::I32));
            f.begin_loop(BlockType::Empty);
            f.push(sum);
            f.get(Access::UByte, table, i);
            add(f);
            f.set(sum, OnStack);
            f.push(i);
            f.push(1);
            add(f);
            f.instruction(&Instruction::LocalTee(i.index()));
            f.push(8);
            f.instruction(&Instruction::I32LtU);
            f.instruction(&Instruction::BrIf(0));
            f.end();
            f.push(sum);
            add(f);
        });
        assert_eq!(call(&bytes.unwrap(), 2).0, 3 + 0x0807_0605 + 36, "{choices}");
    });
}

#[test]
fn static_data_is_a_segment_like_any_other() {
    everywhere(|config, representation, choices| {
        let Building { mut module, f } = Building::new(config, representation);
        let text = module.static_utf8("0123456789");
        let buffer = module.reserve("buffer", 16, 16).unwrap();
        // The function does not know where its segment is, so that it checks whatever the level requires.
        let ty = module.function_type([segment_type(representation)], [ValType::I32]);
        let first = module.function("first", ty, |f| f.get(Access::UByte, f.param(0), 0)).unwrap();
        let bytes = Building { module, f }.finish(|f| {
            let region = f.begin_region();
            let copy = f.allocate(region, 10);
            f.copy((copy, 0), (text, 0), 10);
            f.copy((buffer, 2), (text, 1), f.param(0));
            f.fill(buffer, 0, 2, 7);
            f.put(Access::Byte, buffer, 15, 1);
            let result = f.local(ValType::I32);
            f.push(copy);
            f.call(first);
            f.set(result, OnStack);
            f.end_region(region);
            f.push(result);
            let constant = f.slice(text, 3, 2);
            let dynamic = f.slice_dynamic(buffer, f.param(0), 4);
            let nested = f.slice(constant, 1, 1);
            for segment in [constant, dynamic, nested, text.into(), buffer.into()] {
                f.push(segment);
                f.call(first);
                add(f);
            }
            f.size(text);
            add(f);
            f.address(buffer);
            f.push(15);
            f.instruction(&Instruction::I32And);
            add(f);
            f.get(Access::UByte, buffer, 15);
            add(f);
        });
        // `buffer` is 7, 7, then `1234`, 0 and so on, and 1.
        let digits = [0, 3, 3, 4, 0].map(|digit| i32::from(b'0') + digit);
        assert_eq!(call(&bytes.unwrap(), 4).0, digits.iter().sum::<i32>() + 7 + 10 + 1, "{choices}");
    });
}

#[test]
fn regions_do_not_overwrite_static_data() {
    everywhere(|config, representation, choices| {
        let Building { mut module, f } = Building::new(config, representation);
        let text = module.static_bytes(&[1; 100], 1).unwrap();
        let reserved = module.reserve("reserved", 70_000, 4096).unwrap();
        let bytes = Building { module, f }.finish(|f| {
            for _ in 0..2 {
                f.region(|f, region| {
                    let small = f.allocate_dynamic(region, f.param(0));
                    f.fill(small, 0, f.param(0), 255);
                    // This one does not fit into the first pages.
                    let large = f.allocate(region, 200_000);
                    f.fill(large, 0, 200_000, 255);
                });
            }
            f.get(Access::UByte, text, 0);
            f.get(Access::UByte, text, 99);
            add(f);
            for offset in [0, 69_996] {
                f.get(Access::Int, reserved, offset);
                add(f);
            }
        });
        assert_eq!(call(&bytes.unwrap(), 1000).0, 2, "{choices}");
    });
}

#[test]
fn texts_are_printed_without_an_allocation() {
    everywhere(|config, representation, choices| {
        let Building { mut module, f } = Building::new(config, representation);
        let (hello, world) = (module.static_utf8("hello, world\n"), module.static_utf8("world\n"));
        let bytes = Building { module, f }.finish(|f| {
            f.write_all(1, hello);
            f.write_all(1, world);
            add(f);
        });
        let (errno, state) = call(&bytes.unwrap(), 0);
        assert_eq!((errno, &state.output[..]), (0, &b"hello, world\nworld\n"[..]), "{choices}");
    });
}

/// The code of the uses of static data. It is the same at several levels.
#[test]
fn code_that_uses_static_data_is_as_a_person_would_write_it() {
    let mut shown: Vec<(String, String)> = Vec::new();
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        for (safety, _) in support::levels(representation).into_iter().filter(|(_, it)| *it == Nesting::Stack) {
            let config = Config::new().with_safety(safety);
            let Building { mut module, f } = Building::new(&config, representation);
            let (hello, world) = (module.static_utf8("hello, world\n"), module.static_utf8("world\n"));
            let counts = module.reserve("counts", 256, 16).unwrap();
            let ty = module.function_type([segment_type(representation)], []);
            let take = module.import_function("env", "take", ty);
            let bytes = Building { module, f }.finish(|f| {
                for text in [hello, world] {
                    f.write_all(1, text);
                    f.drop();
                }
                f.push(hello);
                f.call(take);
                f.put(Access::Byte, counts, f.param(0), 1);
                f.put(Access::Int, counts, 252, f.param(0));
                f.get(Access::UByte, hello, 12);
            });
            let code = format!("{representation}\n{}", shown_code(&bytes.unwrap()));
            match shown.iter_mut().find(|(_, other)| *other == code) {
                Some((levels, _)) => *levels += &format!(", {safety}"),
                None => shown.push((safety.to_string(), code)),
            }
        }
    }
    let text: String = shown.iter().map(|(levels, code)| format!(";; {levels}: {code}\n")).collect();
    let _goldens = support::goldens("library");
    insta::assert_snapshot!("static-data", text);
}

/// The code of `f`, and the data and the globals that it refers to.
fn shown_code(bytes: &[u8]) -> String {
    let all = linmem::wat::print(bytes).unwrap();
    let is_shown = |line: &str| line.starts_with("(data") || line.starts_with("(global $linmem.static");
    let definitions = all.lines().map(str::trim).filter(|line| is_shown(line));
    let definitions: String = definitions.map(|line| format!("{line}\n")).collect();
    let code = linmem::wat::print_function(bytes, "f").unwrap();
    let body: String = code.lines().filter(|line| line.starts_with(' ')).map(|line| format!("{line}\n")).collect();
    format!("{definitions}{body}")
}

#[test]
fn constant_expressions_refer_to_static_data() {
    for &representation in Representation::ALL {
        let Building { mut module, f } = Building::new(&Config::default(), representation);
        let text = module.static_utf8("text");
        let segment = module.static_segment(text).unwrap();
        let address = module.static_address(text.slice(1, 2).unwrap()).unwrap();
        let sum = address.with_i32_const(1).with_i32_add();
        let address = module.global("address", ValType::I32, false, &sum);
        let global = module.global("text", segment_type(representation), true, &segment);
        // Code that was written before and after the expression.
        let bytes = Building { module, f }.finish(|f| {
            f.get(Access::UByte, |f: &mut FunctionBuilder| f.instruction(&Instruction::GlobalGet(global.0)), 3);
            f.instruction(&Instruction::GlobalGet(address.0));
            f.instruction(&Instruction::I32Load8U(MemArg { offset: 0, align: 0, memory_index: 0 }));
            f.push(256);
            f.instruction(&Instruction::I32Mul);
            add(f);
        });
        assert_eq!(call(&bytes.unwrap(), 0).0, i32::from(b't') + 256 * i32::from(b'x'), "{representation}");
    }
}

#[test]
fn bounds_of_static_data_are_known() {
    for &representation in Representation::ALL {
        for (safety, _) in support::levels(representation).into_iter().filter(|(safety, _)| *safety > Safety::None) {
            if !representation.carries_size() {
                continue;
            }
            let config = Config::new().with_safety(safety).with_on_violation(OnViolation::Report);
            let build = |code: &dyn Fn(&mut FunctionBuilder, Static)| {
                let Building { mut module, f } = Building::new(&config, representation);
                let text = module.static_utf8("text");
                Building { module, f }.finish(|f| code(f, text))
            };
            // Constant offsets need no check.
            let inside = build(&|f, text| f.get(Access::UByte, text, 3)).unwrap();
            assert!(!linmem::wat::print_function(&inside, "f").unwrap().contains("if"));
            let outside = build(&|f, text| f.get(Access::Int, text, 1)).expect_err("it is outside");
            assert!(matches!(outside, Error::Violation { .. }), "{outside}");
            let sliced = build(&|f, text| {
                let part = f.slice(text, 3, 2);
                f.get(Access::UByte, part, 0);
            });
            assert!(matches!(sliced, Err(Error::Violation { .. })));
            // Others are checked.
            let dynamic = build(&|f, text| f.get(Access::UByte, text, f.param(0))).unwrap();
            assert_eq!(call(&dynamic, 3).0, i32::from(b't'));
            let mut running = Running::new(&dynamic, State::default());
            running.call("f", &[Val::I32(4)]).expect_err("a violation");
            assert_eq!(running.store.data().violation.map(|[kind, _, a, b, c]| [kind, a, b, c]), Some([0, 4, 1, 4]));
        }
    }
}

#[test]
fn planted_bug_in_sizes_of_static_data_is_detected() {
    let reads_behind = || {
        let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
        let text = module.static_utf8("text");
        Building { module, f }.finish(|f| f.get(Access::UByte, text, 4))
    };
    assert!(reads_behind().is_err());
    plant(Some(Bug::StaticOneByteFurther));
    let missed = reads_behind();
    plant(None);
    assert!(missed.is_ok(), "the bug is not planted");
}

#[test]
fn several_functions_use_static_data_while_they_are_open() {
    let Building { mut module, f } = Building::new(&Config::default(), Representation::ALL[2]);
    let ty = module.function_type([], [ValType::I32]);
    let names = ["one", "two", "three"];
    let functions = names.map(|name| module.declare_function(name, ty));
    let texts = names.map(|name| module.static_utf8(name));
    let bodies = functions.map(|function| module.body(function).unwrap());
    let late = module.static_utf8("late");
    let finished = std::thread::scope(|scope| {
        let threads = bodies.into_iter().zip(texts).map(|(mut body, text)| {
            scope.spawn(move || {
                let local = body.local(ValType::Ref(RefType::ANYREF));
                body.set(local, text);
                body.get(Access::UByte, local, 0);
                body.get(Access::UByte, late, 3);
                add(&mut body);
                body.finish()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    for body in finished {
        module.define_finished(body.unwrap()).unwrap();
    }
    let bytes = Building { module, f }.finish(|f| {
        f.push(0);
        for function in functions {
            f.call(function);
            add(f);
        }
    });
    let sum: i32 = names.iter().map(|name| i32::from(name.as_bytes()[0]) + i32::from(b'e')).sum();
    assert_eq!(call(&bytes.unwrap(), 0).0, sum);
}

#[test]
fn checks_of_static_data_are_moved_before_a_loop() {
    let config = Config::new().with_safety(Safety::Temporal);
    for representation in [Representation::Packed, Representation::ALL[2]] {
        let Building { mut module, f } = Building::new(&config, representation);
        let table = module.static_bytes(&[1, 2, 3, 4, 5, 6, 7, 8], 8).unwrap();
        let bytes = Building { module, f }.finish(|f| {
            let (i, sum) = (f.local(ValType::I32), f.local(ValType::I32));
            f.begin_loop(BlockType::Empty);
            f.push(sum);
            f.get(Access::UByte, table, i);
            add(f);
            f.set(sum, OnStack);
            f.push(i);
            f.push(1);
            add(f);
            f.instruction(&Instruction::LocalTee(i.index()));
            f.push(f.param(0));
            f.instruction(&Instruction::I32LtU);
            f.instruction(&Instruction::BrIf(0));
            f.end();
            f.push(sum);
        });
        let bytes = bytes.unwrap();
        assert_eq!([1, 8].map(|count| call(&bytes, count).0), [1, 36], "{representation}");
        let mut running = Running::new(&bytes, State::default());
        running.call("f", &[Val::I32(9)]).expect_err("byte 8 is outside");
        // The second loop is the one that runs if a check may fail.
        let code = linmem::wat::print_function(&bytes, "f").unwrap();
        let loops: Vec<&str> = code.split("loop ").skip(1).map(|code| code.split("end\n").next().unwrap()).collect();
        assert!(loops.iter().any(|code| code.contains("br_if") && !code.contains("OutOfBounds")), "{code}");
    }
}
