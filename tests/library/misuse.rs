//! Misuse of a function builder is an error that names the function.

use crate::module;
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{BlockType, Instruction};
use linmem::{Config, Representation};

#[test]
fn builder_misuse_is_an_error() {
    let fail = |code: fn(&mut FunctionBuilder)| {
        module(Representation::Packed, code).expect_err("the module cannot be built").to_string()
    };
    assert_eq!(
        fail(|f| f.block(BlockType::Empty, |f, _| f.instruction(&Instruction::Loop(BlockType::Empty)))),
        "f: the code of a control structure does not end all control structures that it opens, or ends one that it did not open"
    );
    let ends = "f: the code of a region ends the control structure, or the arm, that contains the region";
    assert_eq!(
        fail(|f| f.if_(1, |f, _| f.region(|f, _| f.instruction(&Instruction::Else)))),
        ends,
        "the region would be closed in an arm that did not open it"
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
