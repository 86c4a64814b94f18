//! Mistakes that a frontend can make: none panics, none builds another program, and each error names the function, the
//! line that the frontend set, and the instruction.

mod late;

use crate::support::goldens;
use linmem::build::{FunctionBuilder, FunctionId, Handler, Local, ModuleBuilder, OnStack};
use linmem::wasm_encoder::{AbstractHeapType, BlockType, Catch, HeapType, Instruction, MemoryType, RefType, ValType};
use linmem::{Access, Config, Error, Nesting, Representation, SourceLine, wasi};
use std::fmt::Write;

/// The message of a module in which the code of `f: i32 -> i32` is wrong.
fn in_function(code: impl FnOnce(&mut FunctionBuilder)) -> String {
    in_module(Representation::Packed, Nesting::Stack, |module, f| {
        let mut body = module.body(f)?;
        body.source(SourceLine { file: Some("main.toy".to_string()), line: 7, column: 0 });
        code(&mut body);
        module.define(body)
    })
}

/// The message of a module that `code` makes wrong. The module declares `f: i32 -> i32`.
fn in_module(
    representation: Representation,
    nesting: Nesting,
    code: impl FnOnce(&mut ModuleBuilder, FunctionId) -> Result<(), Error>,
) -> String {
    let config = Config::new().with_nesting(nesting);
    let build = || {
        let mut module = ModuleBuilder::new(&config, representation)?;
        let ty = module.function_type([ValType::I32], [ValType::I32]);
        let f = module.declare_function("f", ty);
        code(&mut module, f)?;
        module.finish()
    };
    match build() {
        Ok(_) => "(no error)".to_string(),
        Err(error) => error.to_string(),
    }
}

/// A function of another module, to take items from.
fn foreign<T>(take: impl FnOnce(&mut FunctionBuilder) -> T) -> T {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], []);
    let g = module.declare_function("g", ty);
    take(&mut module.body(g).unwrap())
}

const EMPTY: BlockType = BlockType::Empty;

/// A mistake, in words and in code.
type Mistake = (&'static str, fn(&mut FunctionBuilder));

/// The mistakes in the code of a function.
const MISTAKES: &[Mistake] = &[
    ("a branch to a block that has ended", |f| {
        let label = f.begin_block(EMPTY);
        f.end();
        f.br(label);
    }),
    ("a branch to a block that has ended, in another block at the same depth", |f| {
        let label = f.begin_block(EMPTY);
        f.end();
        f.begin_block(EMPTY);
        f.br(label);
        f.end();
    }),
    ("a branch to a label of another function", |f| {
        let label = foreign(|g| g.begin_block(EMPTY));
        f.begin_block(EMPTY);
        f.br_if(label, 1);
        f.end();
    }),
    ("a table of branches with a stale label", |f| {
        let stale = f.begin_loop(EMPTY);
        f.end();
        let label = f.begin_block(EMPTY);
        f.br_table(&[label, stale], label, 0);
        f.end();
    }),
    ("a call of a reserved index", |f| f.instruction(&Instruction::Call(0x7000_0000))),
    ("a global of a reserved index", |f| f.instruction(&Instruction::GlobalGet(0x7000_0000))),
    ("a raw branch to a label that does not exist", |f| f.instruction(&Instruction::Br(5))),
    ("a handler with a label that does not exist", |f| {
        f.instruction(&Instruction::TryTable(EMPTY, vec![Catch::All { label: 9 }].into()));
    }),
    ("a handler with a label of a block that has ended", |f| {
        let label = f.begin_block(EMPTY);
        f.end();
        f.begin_try(EMPTY, &[Handler::all(label)]);
        f.end();
    }),
    ("a local of another function", |f| {
        let local = foreign(|g| g.local(ValType::I32));
        f.local(ValType::I32);
        f.push(local);
    }),
    ("an assignment to a local of another function", |f| {
        let local = foreign(|g| g.local(ValType::I32));
        f.set(local, 1);
    }),
    ("a parameter that does not exist", |f| f.push(f.param(5))),
    ("an assignment to a parameter that does not exist", |f| f.set(f.param(1), 0)),
    ("a raw local that does not exist", |f| f.instruction(&Instruction::LocalGet(1))),
    ("a raw assignment to a local that does not exist", |f| {
        f.push(1);
        f.instruction(&Instruction::LocalSet(1));
    }),
    ("a raw assignment to a local of linmem's", |f| {
        f.region(|f, region| {
            f.allocate_dynamic(region, 5);
            f.push(1);
            f.instruction(&Instruction::LocalSet(1));
        });
    }),
    ("an allocation from a region of another function", |f| {
        let region = foreign(FunctionBuilder::begin_region);
        f.allocate(region, 8);
    }),
    ("an allocation from a region whose scope has ended", |f| {
        let region = f.begin_region();
        f.end_region(region);
        f.allocate(region, 8);
    }),
    ("an allocation from an outer region", |f| {
        let outer = f.begin_region();
        f.begin_region();
        f.allocate(outer, 8);
    }),
    ("the handle of a region whose scope has ended", |f| {
        let region = f.begin_region();
        f.end_region(region);
        f.push(region);
    }),
    ("a region that ends twice", |f| {
        let region = f.begin_region();
        f.end_region(region);
        f.end_region(region);
    }),
    ("regions that end in the wrong order", |f| {
        let outer = f.begin_region();
        f.begin_region();
        f.end_region(outer);
    }),
    ("a region that does not end", |f| {
        f.begin_region();
        f.push(1);
    }),
    ("a region that ends in a block that was begun in it", |f| {
        let region = f.begin_region();
        f.begin_block(EMPTY);
        f.end_region(region);
    }),
    ("a block that ends in a region that was opened in it", |f| {
        f.begin_block(EMPTY);
        f.begin_region();
        f.end();
    }),
    ("an arm that ends in a region that was opened in it", |f| {
        f.push(1);
        f.begin_if(EMPTY);
        f.begin_region();
        f.begin_else();
    }),
    ("the end of a region of another function", |f| {
        let region = foreign(FunctionBuilder::begin_region);
        f.begin_region();
        f.end_region(region);
    }),
    ("a region that takes operands", |f| {
        f.begin_region_with(BlockType::FunctionType(0));
    }),
    ("a segment of another function", |f| {
        let segment = foreign(|g| {
            let region = g.begin_region();
            g.allocate(region, 8)
        });
        f.get(Access::Int, segment, 0);
    }),
    ("a read of a segment after the scope of its region", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        f.end_region(region);
        f.get(Access::Int, segment, 0);
    }),
    ("a slice of a segment after the scope of its region", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        f.end_region(region);
        f.slice(segment, 0, 4);
    }),
    ("a slice that outlives the scope of its region", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        let slice = f.slice(segment, 0, 4);
        f.end_region(region);
        f.address(slice);
    }),
    ("an access outside of a segment", |f| {
        f.region(|f, region| {
            let segment = f.allocate(region, 8);
            f.put(Access::Long, segment, 4, 1i64);
        });
    }),
    ("an alignment that is not a power of two", |f| {
        f.region(|f, region| {
            f.allocate_aligned(region, 8, 3);
        });
    }),
    ("a field that the host does not read", |f| {
        f.region(|f, region| {
            let record = f.allocate(region, 64);
            let field = wasi::Field::ALL.iter().find(|field| !field.is_set()).unwrap();
            f.put_field(*field, record, 1);
        });
    }),
    ("a block that does not end", |f| {
        f.begin_block(EMPTY);
    }),
    ("an `end` without a block", |f| f.end()),
    ("an `else` without an `if`", |f| {
        f.begin_block(EMPTY);
        f.begin_else();
        f.end();
        f.push(1);
    }),
    ("a closure that does not end its block", |f| {
        f.block(EMPTY, |f, _| {
            f.begin_loop(EMPTY);
        });
    }),
    ("a block type that does not exist", |f| f.instruction(&Instruction::Block(BlockType::FunctionType(99)))),
    ("a call of a function that does not exist", |f| {
        f.push(1);
        f.call(FunctionId(77));
    }),
    ("a call without its operands", |f| f.call(FunctionId(0))),
    ("a result of another type", |f| f.push(1i64)),
    ("a missing result", |f| f.source(SourceLine { file: Some("main.toy".to_string()), line: 8, column: 5 })),
    ("a wrong operand of an instruction", |f| {
        f.push(1);
        f.source(SourceLine { file: Some("main.toy".to_string()), line: 9, column: 0 });
        f.push(2i64);
        f.instruction(&Instruction::I32Add);
    }),
    ("a `br_on_null` that leaves no operand", |f| {
        f.begin_block(EMPTY);
        f.instruction(&Instruction::BrOnNull(0));
        f.end();
        f.push(1);
    }),
    ("an operand on the stack that follows one that is not", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        f.push(77);
        f.put(Access::Int, segment, f.param(0), OnStack);
    }),
    ("a part of a segment whose offset is on the stack", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        f.push(4);
        f.slice_dynamic(segment, OnStack, 4);
    }),
    ("a host call with a segment on the stack and a descriptor that is not", |f| {
        f.push(0i64);
        f.write_all(1, OnStack);
    }),
    ("a host call with a segment of another type", |f| f.write_all(1, 5)),
    ("a list that is not on the stack, with an index that is", |f| {
        let region = f.begin_region();
        let list = f.args(region);
        f.item(list, OnStack);
    }),
    ("a path that is not on the stack, with flags that are", |f| {
        let region = f.begin_region();
        let path = f.allocate(region, 8);
        f.push(0);
        f.open(path, OnStack);
    }),
    ("a part of a segment on the stack, with a size that is on the stack and an offset that is not", |f| {
        f.push(0i64);
        f.push(4);
        f.slice_dynamic(OnStack, 0, OnStack);
    }),
    ("a host call with a segment of a region whose scope has ended", |f| {
        let region = f.begin_region();
        let segment = f.allocate(region, 8);
        f.end_region(region);
        f.write_all(1, segment);
    }),
    ("an operand that is not on the stack", |f| {
        f.set(f.param(0), OnStack);
        f.push(1);
    }),
];

/// Uses of an address on the stack that need the size of its segment.
const WITHOUT_SIZE: &[Mistake] = &[
    ("the size of an address", |f| f.size(OnStack)),
    ("a host call with an address", |f| {
        f.push(f.param(0));
        f.write_all(OnStack, OnStack);
    }),
    ("a list that is an address", |f| {
        f.item(OnStack, 0);
    }),
    ("a path that is an address", |f| f.open(OnStack, 0)),
    ("an operand of a host call that is an address", |f| f.push_sized(OnStack)),
];

fn declared_twice(module: &mut ModuleBuilder, f: FunctionId) -> Result<(), Error> {
    for _ in 0..2 {
        module.define_with(f, |f| f.push(1))?;
    }
    Ok(())
}

#[test]
fn mistakes_are_errors_with_a_place() {
    let _guard = goldens("library");
    let mut table = String::new();
    let mut row = |what: &str, message: String| {
        assert!(!message.starts_with('('), "{what} is not an error");
        writeln!(table, "{what}\n    {message}").unwrap();
    };
    assert!(MISTAKES.len() >= 40);
    for (what, code) in MISTAKES {
        row(what, in_function(code));
    }
    let packed = Representation::Packed;
    row("nested regions that must not nest", {
        in_module(packed, Nesting::Forbid, |module, f| {
            module.define_with(f, |f| {
                f.begin_region();
                f.begin_region();
            })
        })
    });
    row("static data in an imported memory", {
        in_module(packed, Nesting::Stack, |module, f| {
            let ty = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
            module.import_segment_memory("env", "memory", ty)?;
            let text = module.static_utf8("hello");
            module.define_with(f, |f| {
                f.write_all(1, text);
            })
        })
    });
    row("a body of another module", {
        in_module(packed, Nesting::Stack, |module, f| {
            let mut other = ModuleBuilder::new(&Config::default(), packed)?;
            let ty = other.function_type([ValType::I32], [ValType::I32]);
            let g = other.declare_function("g", ty);
            let mut body = other.body(g)?;
            body.push(1);
            module.define_with(f, |f| f.push(0))?;
            module.define_finished(body.finish()?)
        })
    });
    row("an export of a function that does not exist", {
        in_module(packed, Nesting::Stack, |module, f| {
            module.export("x", FunctionId(9));
            module.define_with(f, |f| f.push(0))
        })
    });
    row("an import of a type that does not exist", {
        in_module(packed, Nesting::Stack, |module, f| {
            module.import_function("a", "b", linmem::build::TypeId(77));
            module.define_with(f, |f| f.push(0))
        })
    });
    row("a local that is not nullable, assigned in a scope with a handler", {
        in_module(packed, Nesting::Stack, |module, f| {
            let nothing = module.function_type([], []);
            let host = module.import_function("env", "host", nothing);
            module.define_with(f, |f| {
                let heap_type = HeapType::Abstract { shared: false, ty: AbstractHeapType::I31 };
                let local = f.local(ValType::Ref(RefType { nullable: false, heap_type }));
                f.region(|f, _| {
                    f.push(1);
                    f.instruction(&Instruction::RefI31);
                    f.set(local, OnStack);
                    f.call(host);
                });
                f.push(local);
                f.drop();
                f.push(0);
            })
        })
    });
    row("a segment without a size", {
        in_module(Representation::Address, Nesting::Stack, |module, f| {
            module.define_with(f, |f| {
                f.segment(f.param(0));
            })
        })
    });
    for (what, code) in WITHOUT_SIZE {
        row(what, {
            in_module(Representation::Address, Nesting::Stack, |module, f| {
                module.define_with(f, |f| {
                    f.push(f.param(0));
                    code(f);
                })
            })
        });
    }
    row("a function that is not defined", in_module(packed, Nesting::Stack, |_, _| Ok(())));
    row("a function that is defined twice", in_module(packed, Nesting::Stack, declared_twice));
    row("a function that is open twice and defined twice", {
        in_module(packed, Nesting::Stack, |module, f| {
            let (mut first, mut second) = (module.body(f)?, module.body(f)?);
            first.push(1);
            second.push(2);
            module.define(first)?;
            module.define(second)
        })
    });
    row("an imported function that is defined", {
        in_module(packed, Nesting::Stack, |module, _| {
            let ty = module.function_type([], []);
            let import = module.import_function("env", "import", ty);
            module.define_with(import, |_| ())
        })
    });
    row("a function that does not exist", {
        in_module(packed, Nesting::Stack, |module, _| module.define_with(FunctionId(9), |_| ()))
    });
    row("static data with an alignment that is not a power of two", {
        in_module(packed, Nesting::Stack, |module, _| module.static_bytes(b"text", 3).map(|_| ()))
    });
    row("a reservation with an alignment that is too large", {
        in_module(packed, Nesting::Stack, |module, _| module.reserve("table", 4, 1 << 17).map(|_| ()))
    });
    row("a name that is reserved with two sizes", {
        in_module(packed, Nesting::Stack, |module, _| {
            module.reserve("table", 4, 4)?;
            module.reserve("table", 8, 4).map(|_| ())
        })
    });
    row("reservations that exceed the memory", {
        in_module(packed, Nesting::Stack, |module, f| {
            module.reserve("table", u32::MAX, 4)?;
            module.define_with(f, |f| f.push(1))
        })
    });
    row("an access outside of static data", {
        in_module(packed, Nesting::Stack, |module, f| {
            let text = module.static_utf8("text");
            module.define_with(f, |f| f.get(Access::Int, text, 1))
        })
    });
    row("a slice that exceeds static data", {
        in_module(packed, Nesting::Stack, |module, f| {
            let text = module.static_utf8("text");
            module.define_with(f, |f| {
                let part = f.slice(text, 3, 2);
                f.address(part);
            })
        })
    });
    row("static data of another module", {
        in_module(packed, Nesting::Stack, |module, f| {
            let text = ModuleBuilder::new(&Config::default(), packed)?.static_utf8("text");
            module.define_with(f, |f| f.address(text))
        })
    });
    row("the same export twice", {
        in_module(packed, Nesting::Stack, |module, f| {
            module.define_with(f, |f| f.push(1))?;
            module.export("f", f);
            module.export("f", f);
            Ok(())
        })
    });
    for (what, message) in late::messages() {
        row(what, message);
    }
    insta::assert_snapshot!("mistakes", table);
}

#[test]
fn invalid_modules_are_returned_with_the_error() {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed).unwrap();
    let ty = module.function_type([], [ValType::I32]);
    module.function("f", ty, |_| ()).unwrap();
    match module.finish() {
        Err(Error::NotValid { module, .. }) => assert!(module.starts_with(b"\0asm")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scopes_that_are_freed_together_keep_their_segments() {
    let message = in_module(Representation::Packed, Nesting::Outermost, |module, f| {
        module.define_with(f, |f| {
            let result: Local = f.local(ValType::I32);
            f.region(|f, _| {
                let inner = f.begin_region();
                let segment = f.allocate(inner, 8);
                f.put(Access::Int, segment, 0, 1);
                f.end_region(inner);
                f.get(Access::Int, segment, 0);
                f.set(result, OnStack);
            });
            f.push(result);
        })
    });
    assert_eq!(message, "(no error)");
}
