//! The items of a module other than functions: imports, definitions, exports, segments, names and custom sections. Each is
//! built, validated and run.

mod allocator;
mod everything;
mod imports;
mod segments;
mod types;

pub(crate) use everything::everything;

use crate::support::host;
use crate::support::host::State;
use linmem::build::{FunctionBuilder, ModuleBuilder, TypeId};
use linmem::wasm_encoder::{
    CompositeInnerType, CompositeType, FieldType, FuncType, GlobalType, HeapType, Instruction, MemArg, MemoryType,
    RefType, StorageType, StructType, SubType, TableType, ValType,
};
use linmem::{Config, Error, Representation};
use linmem_host::wasmtime::{self, Extern, Linker};

const FUNC: RefType = RefType { nullable: false, heap_type: HeapType::FUNC };

fn i32_global(mutable: bool) -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable, shared: false }
}

fn memory(minimum: u64) -> MemoryType {
    MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

fn table(element_type: RefType, minimum: u64) -> TableType {
    TableType { element_type, table64: false, minimum, maximum: None, shared: false }
}

fn byte_of(memory: u32) -> Instruction<'static> {
    Instruction::I32Load8U(MemArg { offset: 0, align: 0, memory_index: memory })
}

/// A module with an export `f: () -> i32`, which `code` defines.
struct Building {
    module: ModuleBuilder,
    result: TypeId,
}

impl Building {
    fn new(config: &Config, representation: Representation) -> Building {
        let mut module = ModuleBuilder::new(config, representation).unwrap();
        let result = module.function_type([], [ValType::I32]);
        Building { module, result }
    }

    /// Defines `f`, and finishes the module.
    fn finish(mut self, code: impl FnOnce(&mut FunctionBuilder)) -> Result<Vec<u8>, Error> {
        let f = self.module.function("f", self.result, code)?;
        self.module.export("f", f);
        self.module.finish()
    }
}

fn building() -> Building {
    Building::new(&Config::default(), Representation::Packed)
}

/// A module that runs, with the imports that `define` gives to it.
fn running(bytes: &[u8], define: impl FnOnce(&mut wasmtime::Store<State>, &mut Linker<State>)) -> host::Running {
    let mut store = wasmtime::Store::new(host::engine(), State::default());
    store.set_fuel(u64::MAX / 2).unwrap();
    let mut linker = Linker::new(host::engine());
    // They fail, which ends `write_all`.
    for name in ["fd_write", "poll_oneoff"] {
        let fails = |_: i32, _: i32, _: i32, _: i32| 8;
        linker.func_wrap("wasi_snapshot_preview1", name, fails).unwrap();
    }
    define(&mut store, &mut linker);
    let instance = linker.instantiate(&mut store, &host::compile(bytes)).unwrap();
    host::Running { store, instance }
}

/// The result of `f`.
fn result(bytes: &[u8]) -> i32 {
    running(bytes, |_, _| {}).call("f", &[]).unwrap()[0].unwrap_i32()
}

fn define(store: &wasmtime::Store<State>, linker: &mut Linker<State>, name: &str, item: impl Into<Extern>) {
    linker.define(store, "env", name, item).unwrap();
}

fn subtype(inner: CompositeInnerType) -> SubType {
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

fn reference(ty: TypeId, nullable: bool) -> ValType {
    ValType::Ref(RefType { nullable, heap_type: HeapType::Concrete(ty.0) })
}

/// Closures, and the functions that they call.
fn closure_types(module: &mut ModuleBuilder) -> [TypeId; 2] {
    let types = module.recursion_group_with(2, |ids| {
        let [closure, function] = [ids[0], ids[1]];
        let field = |ty| FieldType { element_type: StorageType::Val(ty), mutable: false };
        let fields = [field(reference(function, false)), field(ValType::I32)].into();
        let function = FuncType::new([reference(closure, false)], [ValType::I32]);
        [subtype(CompositeInnerType::Struct(StructType { fields })), subtype(CompositeInnerType::Func(function))]
    });
    let types = types.unwrap();
    module.name(types[0], "closure");
    module.name_field(types[0], 0, "code");
    module.name_field(types[0], 1, "captured");
    [types[0], types[1]]
}
