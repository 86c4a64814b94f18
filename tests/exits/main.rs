//! A scope of the library door closes its region at each exit, in every configuration that tracks regions differently.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod branches;
mod exceptions;

use linmem::build::{FunctionBuilder, FunctionId, ModuleBuilder, Region};
use linmem::wasm_encoder::{
    AbstractHeapType, BlockType, Catch, HeapType, Instruction, RefType, StorageType, SubType, ValType,
};
use linmem::{Access, Config, Error, Nesting, Representation, Unwind};
use linmem_host::wasmtime::Val;
use support::build::{add_probe, configurations};
use support::host::{Running, State};

/// The functions and types that the code of `f` can refer to.
#[derive(Clone, Copy)]
struct World {
    /// A tag without parameters, one with an `i32`, and one with an `i32` and an `i64`.
    tags: [u32; 3],
    /// `(i32) -> ()`: throws the second tag with its operand, unless the operand is zero.
    thrower: FunctionId,
    /// A struct type.
    structure: u32,
    /// The type of a block that leaves an `i32` and an `i64`.
    pair: u32,
}

/// The result of `caught` if `f` throws.
const THROWN: i32 = -1000;

/// Builds a module with `f: i32 -> i32`, and `caught`, which calls `f` and returns [`THROWN`] if it throws.
fn module(config: &Config, code: impl FnOnce(&mut FunctionBuilder, World)) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, Representation::Packed)?;
    let nothing = module.function_type([], []);
    let one = module.function_type([ValType::I32], []);
    let two = module.function_type([ValType::I32, ValType::I64], []);
    let tags = [nothing, one, two].map(|ty| module.tag(ty).0);
    let structure = module.recursion_group([structure_type()])[0].0;
    let pair = module.function_type([], [ValType::I32, ValType::I64]).0;
    let thrower = module.function("thrower", one, |f| {
        f.if_(f.param(0), |f, _| {
            f.push(f.param(0));
            f.instruction(&Instruction::Throw(tags[1]));
        });
    })?;
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, |f| code(f, World { tags, thrower, structure, pair }))?;
    let caught = module.function("caught", ty, |b| {
        b.block(BlockType::Empty, |b, _| {
            let catch = vec![Catch::All { label: 0 }];
            b.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
            b.push(b.param(0));
            b.call(f);
            b.return_();
            b.instruction(&Instruction::End);
        });
        b.push(THROWN);
    })?;
    module.export("f", caught);
    add_probe(&mut module)?;
    module.finish()
}

/// A struct type with one field.
fn structure_type() -> SubType {
    use linmem::wasm_encoder::{CompositeInnerType, CompositeType, FieldType, StructType};
    let field = FieldType { element_type: StorageType::Val(ValType::I32), mutable: true };
    let inner = CompositeInnerType::Struct(StructType { fields: vec![field].into() });
    SubType {
        is_final: true,
        supertype_idx: None,
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    }
}

fn structure(world: World, nullable: bool) -> RefType {
    RefType { nullable, heap_type: HeapType::Concrete(world.structure) }
}

fn any() -> RefType {
    let heap_type = HeapType::Abstract { shared: false, ty: AbstractHeapType::Any };
    RefType { nullable: true, heap_type }
}

/// Checks code in all configurations that `applies` selects.
fn expect(applies: impl Fn(&Config) -> bool, code: impl Fn(&mut FunctionBuilder, World), cases: &[(i32, i32)]) {
    let mut count = 0;
    for config in configurations().into_iter().filter(|config| applies(config)) {
        count += 1;
        let bytes = module(&config, |f, world| code(f, world)).unwrap_or_else(|error| panic!("{config:?}: {error}"));
        let mut running = Running::new(&bytes, State::default());
        let before = running.call("probe", &[]).unwrap()[0].unwrap_i32();
        for (argument, result) in cases {
            let found =
                running.call("f", &[Val::I32(*argument)]).unwrap_or_else(|error| panic!("{config:?}: {error:?}"));
            assert_eq!(found[0].unwrap_i32(), *result, "f({argument}) with {config:?}");
            let after = running.call("probe", &[]).unwrap()[0].unwrap_i32();
            assert_eq!(after, before, "f({argument}) left a region open with {config:?}");
        }
    }
    assert!(count > 0, "no configuration applies");
}

fn everywhere(_: &Config) -> bool {
    true
}

fn with_release(config: &Config) -> bool {
    config.unwind == Some(Unwind::Release)
}

/// Pushes a struct, or null if the parameter is zero.
fn push_structure(f: &mut FunctionBuilder, world: World) {
    f.if_else(
        BlockType::Result(ValType::Ref(structure(world, true))),
        f.param(0),
        |f, _| f.instruction(&Instruction::StructNewDefault(world.structure)),
        |f, _| f.instruction(&Instruction::RefNull(HeapType::Concrete(world.structure))),
    );
}

/// Allocates in the region, so that the probe shows whether it was closed.
fn fill(f: &mut FunctionBuilder, region: Region) {
    let segment = f.allocate(region, 24);
    f.put(Access::Int, segment, 0, 5);
    f.allocate_dynamic(region, f.param(0));
}

#[test]
fn certain_scope_violations_are_errors() {
    let fail = |nesting: Nesting, code: fn(&mut FunctionBuilder, World)| {
        let config = Config::new().with_nesting(nesting);
        module(&config, code).map(|_| ()).map_err(|error| error.to_string())
    };
    let nested = |f: &mut FunctionBuilder, _: World| {
        f.region(|f, _| f.region(|_, _| ()));
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Forbid, nested),
        Err("Nested: a region is opened inside another region, but regions must not nest (in f, operation 2)"
            .to_string())
    );
    assert_eq!(fail(Nesting::Stack, nested), Ok(()));
    let outer_allocates = |f: &mut FunctionBuilder, _: World| {
        f.region(|f, outer| {
            f.region(|f, _| {
                f.allocate(outer, 8);
            });
        });
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Stack, outer_allocates),
        Err("NotInnermost: allocation from a region while an inner region is open (in f, operation 3)".to_string())
    );
    assert_eq!(fail(Nesting::Outermost, outer_allocates), Ok(()));
    let ended = |f: &mut FunctionBuilder, _: World| {
        let mut kept = None;
        f.region(|_, region| kept = Some(region));
        f.allocate_dynamic(kept.unwrap(), 8);
        f.push(0);
    };
    assert_eq!(
        fail(Nesting::Stack, ended),
        Err("UseAfterFree: allocation from a region whose scope has ended (in f, operation 3)".to_string())
    );
}
