//! A frontend that writes modules itself: [`Lowering`] gives it the bodies of functions, and a [`ModuleSink`] the rest.

use crate::module;
use crate::support::host::{Running, State};
use linmem::build::{FunctionBuilder, Lowering, ModuleSink};
use linmem::intrinsics::StringReference;
use linmem::wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, SubType, TypeSection, ValType,
};
use linmem::{
    Access, Config, Encoding, FunctionType, Intrinsic, OnViolation, Operation, Representation, Safety, Share,
    Signature, SplitAddress, ValueType, Word,
};
use linmem_host::wasmtime::Val;

/// A module writer as a frontend may have one. It reserves indices for imports, so that functions can be declared in any order.
#[derive(Default)]
struct Writer {
    /// The number of types in the recursion group, which comes before the function types.
    reserved: u32,
    /// The types of the recursion group.
    group: Vec<SubType>,
    types: Vec<FunctionType>,
    imports: Vec<(String, String, u32)>,
    functions: Vec<(u32, Option<Function>)>,
    globals: Vec<(ValType, ConstExpr)>,
    pages: u64,
    maximum: Option<u64>,
    /// Whether the memory is shared between threads.
    shared: bool,
}

/// The number of imports that this writer has room for.
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
            other => panic!("this writer does not support the type {other}"),
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
            shared: self.shared,
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
            lower_into_writer(&Config::new().with_safety(safety), representation);
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
                f.set(errno, |f: &mut FunctionBuilder| f.write_all(1, text));
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

/// A frontend whose memory also has its own allocator: its runtime uses the exports `grow` and `size` instead of
/// `memory.grow` and `memory.size`.
#[test]
fn frontend_can_share_its_memory() {
    let mut sink = Writer::default();
    let nop = sink.function_type(&FunctionType::new([], []));
    (0..IMPORTS).for_each(|_| _ = sink.import_function("test", "nop", nop));
    let memory = sink.add_memory(1, None);
    let config = Config::new().with_share(Share::Split).with_split(SplitAddress::of_pages(16));
    let mut lowering = Lowering::in_memory(&mut sink, &config, Representation::Packed, memory).unwrap();
    let body = lowering
        .function(&mut sink, "f", &FunctionType::new([], [ValueType::I32]), |f| {
            f.region(|f, region| {
                let segment = f.allocate_dynamic(region, 70_000);
                f.put(Access::Int, segment, 69_996, 1);
                // In a lowered function, the frontend's own instructions see only the program's part of the memory.
                f.instruction(&Instruction::I32Const(2));
                f.instruction(&Instruction::MemoryGrow(memory));
                f.instruction(&Instruction::Drop);
                let address = f.local(ValType::I32);
                f.set(address, |f: &mut FunctionBuilder| f.address(segment));
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
    assert_eq!(call(&mut running, "grow", &[Val::I32(1)]), -1, "the program has all pages below the split");
    assert_eq!(call(&mut running, "size", &[]), 16);
    // These functions do not exist if the memory is not split.
    let mut sink = Writer::default();
    let mut lowering = Lowering::new(&mut sink, &Config::default(), Representation::Packed).unwrap();
    assert_eq!((lowering.program_size(&mut sink), lowering.program_grow(&mut sink)), (None, None));
    let config = Config::new().with_share(Share::Allocator { export: "malloc".to_string(), pin: None });
    let error = Lowering::in_memory(&mut sink, &config, Representation::Packed, 0).expect_err("there are no exports");
    assert!(error.to_string().contains("the exports of the module are not known"), "{error}");
}

#[test]
fn frontend_can_have_a_shared_memory() {
    for safety in [Safety::None, Safety::Temporal] {
        let mut sink = Writer { shared: true, ..Writer::default() };
        let nop = sink.function_type(&FunctionType::new([], []));
        (0..IMPORTS).for_each(|_| _ = sink.import_function("test", "nop", nop));
        let memory = sink.add_memory(1, Some(100));
        let config = Config::new().with_safety(safety);
        let mut lowering = Lowering::in_memory(&mut sink, &config, Representation::Packed, memory).unwrap();
        let ty = FunctionType::new([], [ValueType::I32]);
        let body = lowering
            .function(&mut sink, "f", &ty, |f| {
                f.region(|f, region| {
                    let segment = f.allocate_dynamic(region, 70_000);
                    f.set_volatile(Word::Int, segment, 69_992, 5);
                    f.wait(Word::Int, segment, 69_992, 6, -1i64);
                    f.wait(Word::Int, segment, 69_992, 5, 1000i64);
                    f.instruction(&Instruction::I32Add);
                    f.return_();
                });
                f.instruction(&Instruction::Unreachable);
            })
            .unwrap();
        let ty = sink.function_type(&ty);
        let f = sink.declare_function("f", ty);
        sink.define_function(f, body);
        lowering.finish(&mut sink).unwrap();
        let mut running = Running::new(&sink.finish(&[("f", f)]), State::default());
        assert_eq!(running.call("f", &[]).unwrap()[0].unwrap_i32(), 1 + 2, "{safety}");
    }
}

#[test]
fn imports_are_known_in_advance() {
    let mut sink = Writer::default();
    let lowering = Lowering::new(&mut sink, &Config::default(), Representation::Packed).unwrap();
    let of = |intrinsics: &[Intrinsic]| lowering.imports(intrinsics.iter().copied());
    assert_eq!(of(&[Intrinsic::AllocatorNew, Intrinsic::AllocatorAllocate]), []);
    let wasi = |names: &[&'static str]| names.iter().map(|name| ("wasi_snapshot_preview1", *name)).collect::<Vec<_>>();
    assert_eq!(of(&[Intrinsic::WasiWriteAll]), wasi(&["fd_write", "poll_oneoff"]));
    let all = ["args_get", "args_sizes_get", "fd_write", "poll_oneoff"];
    assert_eq!(of(&[Intrinsic::WasiArgs, Intrinsic::WasiWriteAll]), wasi(&all));
    assert_eq!(of(&[Intrinsic::WasiPrint]), wasi(&["fd_write", "poll_oneoff"]));
    let read = ["fd_filestat_get", "fd_read", "fd_tell", "poll_oneoff"];
    assert_eq!(of(&[Intrinsic::WasiReadText]), wasi(&read));
    assert_eq!(of(&[Intrinsic::WasiArgsArray]), wasi(&["args_get", "args_sizes_get"]));
    let reports = Config::new().with_on_violation(OnViolation::Report);
    let lowering = Lowering::new(&mut sink, &reports, Representation::Packed).unwrap();
    let imports = lowering.imports([Intrinsic::AllocatorAllocate]);
    assert_eq!(imports, [("linmem_report", "violation")]);
}

/// A writer that imports functions before it lowers any.
#[test]
fn imports_of_strings_are_known_in_advance() {
    let mut sink = Writer::default();
    let lowering = Lowering::new(&mut sink, &Config::default(), Representation::Packed).unwrap();
    let string = |operation| {
        let signature = Signature::new(Intrinsic::from_operation(operation).unwrap(), Representation::Packed).unwrap();
        signature.with_string(StringReference { nullable: true }).unwrap()
    };
    let read = ["length", "charCodeAt"].map(|name| ("wasm:js-string", name));
    let made = ["concat", "fromCharCodeArray"].map(|name| ("wasm:js-string", name));
    for &encoding in Encoding::ALL {
        for operation in
            [Operation::AllocateText(encoding), Operation::SetText(encoding), Operation::TextSize(encoding)]
        {
            assert_eq!(lowering.imports_of([string(operation)]), read);
        }
        assert_eq!(lowering.imports_of([string(Operation::GetText(encoding))]), made);
    }
    assert!(lowering.imports([Intrinsic::TextUtf8Size]).is_empty(), "an array needs no import");
}

/// The recursion group of a module's segment types, as text.
fn group(module: &[u8]) -> String {
    let printed = linmem::wat::print(module).unwrap();
    let (start, end) = (printed.find("(rec").expect("a group"), printed.find("(type (;2;)").expect("other types"));
    printed[start..end].to_string()
}

/// Engines compare types by their structure. If modules differ in code, segments of one are still not segments of the other.
#[test]
fn modules_with_different_code_have_different_segment_types() {
    let reference = Representation::ALL[2];
    let code = |bytes: i32| {
        move |f: &mut FunctionBuilder| {
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
