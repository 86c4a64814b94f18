//! The sample program of a Scala compiler's first WASI support, through the library door.
//!
//! ```scala
//! withAllocator { allocator =>
//!   val segment = allocator.allocate(4)
//!   segment.setInt(0, 100)
//!   assert(segment.getInt(0) == 100)
//! }
//! printImpl("Hello from WASI!")
//! ```
//!
//! `printImpl` copies the characters of a string, which is an array on the GC heap, to a segment, and passes the segment
//! to the host. `cargo run --example scala_sample` builds the module and runs it.

use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{
    ArrayType, BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction, RefType, StorageType,
    SubType, ValType,
};
use linmem::{Access, Config, Representation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = compile("Hello from WASI!\n")?;
    let status = linmem_host::run::run(&module, &linmem_host::run::Options::default())?;
    std::process::exit(status);
}

fn compile(text: &str) -> Result<Vec<u8>, linmem::Error> {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed)?;

    // A string of the language: a GC array of bytes.
    let element_type = FieldType { element_type: StorageType::I8, mutable: false };
    let array = CompositeType {
        inner: CompositeInnerType::Array(ArrayType(element_type)),
        shared: false,
        descriptor: None,
        describes: None,
    };
    let string = module.recursion_group([SubType { is_final: true, supertype_idx: None, composite_type: array }])[0];
    let string_ref = ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(string.0) });
    let literal = module.passive_data(text.as_bytes());

    let print_type = module.function_type([string_ref], []);
    let print = module.function("printImpl", print_type, |f| print_impl(f, string.0))?;

    let main_type = module.function_type([], []);
    let main = module.function("main", main_type, |f| {
        f.region(|f, allocator| {
            let segment = f.allocate(allocator, 4);
            f.put(Access::Int, segment, 0, 100);
            f.get(Access::Int, segment, 0);
            assert_equal(f, 100);
        });
        f.push(0);
        f.push(text.len() as u32);
        f.instruction(&Instruction::ArrayNewData { array_type_index: string.0, array_data_index: literal.0 });
        f.call(print);
    })?;
    module.export("_start", main);
    module.finish()
}

/// Traps unless the `i32` on the stack is `expected`.
fn assert_equal(f: &mut FunctionBuilder, expected: i32) {
    f.push(expected);
    f.instruction(&Instruction::I32Ne);
    f.instruction(&Instruction::If(BlockType::Empty));
    f.instruction(&Instruction::Unreachable);
    f.instruction(&Instruction::End);
}

fn print_impl(f: &mut FunctionBuilder, string: u32) {
    let text = f.param(0);
    let index = f.local(ValType::I32);
    f.region(|f, allocator| {
        let bytes = f.allocate_dynamic(allocator, |f: &mut FunctionBuilder| {
            f.push(text);
            f.instruction(&Instruction::ArrayLen);
        });
        f.block(BlockType::Empty, |f, done| {
            f.loop_(BlockType::Empty, |f, next| {
                f.br_if(done, |f: &mut FunctionBuilder| {
                    f.push(index);
                    f.size(bytes);
                    f.instruction(&Instruction::I32GeU);
                });
                f.put(Access::Byte, bytes, index, |f: &mut FunctionBuilder| {
                    f.push(text);
                    f.push(index);
                    f.instruction(&Instruction::ArrayGetU(string));
                });
                f.set(index, |f: &mut FunctionBuilder| {
                    f.push(index);
                    f.push(1);
                    f.instruction(&Instruction::I32Add);
                });
                f.br(next);
            });
        });
        f.write_all(1, bytes);
        f.drop();
    });
}
