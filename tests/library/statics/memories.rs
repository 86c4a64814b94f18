//! Static data in memories that are imported or shared, at chosen addresses, and in modules that the frontend writes.

use crate::sections::Written;
use crate::statics::{add, call, everywhere};
use crate::support;
use crate::support::host::{compile, engine};
use linmem::build::{Indices, LateLowering, ModuleBuilder, OnStack, Static};
use linmem::wasm_encoder::{ConstExpr, DataSection, GlobalType, Instruction, MemoryType, ValType};
use linmem::{Access, Base, Config, Error, Init, Representation, Word};
use linmem_host::wasmtime::{self, Extern, Instance, Memory, SharedMemory, Store};

const BASE: u32 = 0x8000;

fn memory_type(shared: bool) -> MemoryType {
    MemoryType { minimum: 2, maximum: Some(100), memory64: false, shared, page_size_log2: None }
}

/// A module whose start function adds 1 to a reservation and remembers the first byte of a constant. `f` returns the sum of
/// the reservation, that byte and the bytes of a region.
fn module(config: &Config, representation: Representation, shared: bool) -> Vec<u8> {
    let mut module = ModuleBuilder::new(config, representation).unwrap();
    module.import_segment_memory("env", "memory", memory_type(shared)).unwrap();
    let text = module.static_utf8("text");
    let zeroes = module.static_bytes(&[0; 5], 1).unwrap();
    let count = module.reserve("count", 100, 64).unwrap();
    let first = module.global("first", ValType::I32, true, &ConstExpr::i32_const(0));
    let ty = module.function_type([], []);
    let start = module.function("start", ty, |f| {
        f.get_and_add(Word::Int, count, 0, 1);
        f.drop();
        f.get(Access::UByte, text, 0);
        f.instruction(&Instruction::GlobalSet(first.0));
    });
    module.start(start.unwrap());
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, |f| {
        let region = f.begin_region();
        let bytes = f.allocate(region, 70_000);
        f.fill(bytes, 0, 70_000, 0);
        f.get(Access::UByte, bytes, 69_999);
        f.end_region(region);
        f.get(Access::UByte, zeroes, f.param(0));
        add(f);
        f.get(Access::Int, count, 0);
        add(f);
        f.instruction(&Instruction::GlobalGet(first.0));
        add(f);
    });
    module.export("f", f.unwrap());
    module.finish().unwrap()
}

fn f(module: &wasmtime::Module, memory: &dyn Fn(&mut Store<()>) -> Extern) -> (i32, Store<()>) {
    let mut store = Store::new(engine(), ());
    store.set_fuel(1 << 30).unwrap();
    let memory = memory(&mut store);
    let instance = Instance::new(&mut store, module, &[memory]).unwrap();
    let f = instance.get_typed_func::<i32, i32>(&mut store, "f").unwrap();
    (f.call(&mut store, 4).unwrap(), store)
}

#[test]
fn imported_memory_need_not_be_zero() {
    everywhere(|config, representation, choices| {
        let config = config.clone().with_base(Base::Address(BASE));
        let module = compile(&module(&config, representation, false));
        let found = f(&module, &|store| {
            let memory = Memory::new(&mut *store, wasmtime::MemoryType::new(2, Some(100))).unwrap();
            memory.data_mut(&mut *store).fill(0xff);
            memory.into()
        });
        assert_eq!(found.0, 1 + i32::from(b't'), "{choices}");
    });
}

#[test]
fn bytes_outside_of_static_data_are_kept() {
    let config = Config::new().with_base(Base::Address(BASE));
    let module = compile(&module(&config, Representation::Packed, false));
    let mut store = Store::new(engine(), ());
    store.set_fuel(1 << 30).unwrap();
    let memory = Memory::new(&mut store, wasmtime::MemoryType::new(2, Some(100))).unwrap();
    memory.data_mut(&mut store).fill(0xff);
    Instance::new(&mut store, &module, &[memory.into()]).unwrap();
    let data = memory.data(&store);
    let (base, end) = (BASE as usize + 8, data.iter().rposition(|byte| *byte != 0xff).unwrap());
    assert!(data[..base].iter().all(|byte| *byte == 0xff));
    assert_eq!(&data[base..base + 4], b"text");
    assert!(end < base + 200, "{end}");
}

#[test]
fn instances_share_static_data() {
    everywhere(|config, representation, choices| {
        let config = config.clone().with_base(Base::Address(BASE));
        let module = compile(&module(&config, representation, true));
        let memory = SharedMemory::new(engine(), wasmtime::MemoryType::shared(2, 100)).unwrap();
        for instance in 1..4 {
            let (found, _) = f(&module, &|_| memory.clone().into());
            assert_eq!(found, instance + i32::from(b't'), "{choices}");
        }
    });
}

#[test]
fn base_in_a_memory_of_instances_is_for_static_data_only() {
    let config = Config::new().with_base(Base::Address(BASE));
    let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
    module.import_segment_memory("env", "memory", memory_type(true)).unwrap();
    let error = module.finish().unwrap_err().to_string();
    assert!(error.starts_with("`base = 32768`: memory 0 is imported and shared between threads"), "{error}");
    let config = Config::new().with_base(Base::Address(0x20000));
    for shared in [false, true] {
        let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
        let error = module.import_segment_memory("env", "memory", memory_type(shared)).unwrap_err().to_string();
        assert_eq!(
            error,
            "`base = 131072`: the address 131072 is outside of the memory, whose minimum is 131072 bytes"
        );
    }
}

#[test]
fn data_of_the_frontend_in_linmems_part_is_an_error() {
    for shared in [false, true] {
        let config = Config::new().with_base(Base::Address(BASE));
        let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
        let memory = module.import_segment_memory("env", "memory", memory_type(shared)).unwrap();
        module.static_utf8("text");
        module.active_data(memory, &ConstExpr::i32_const(BASE as i32 - 2), b"own");
        let error = module.finish().unwrap_err().to_string();
        assert!(error.contains("data segment 0 is at 32766..32769, but only the bytes below 32768"), "{error}");
    }
}

#[test]
fn data_segments_are_initialized_as_the_frontend_adds_them() {
    for init in [Init::Passive, Init::Image] {
        let config = Config::new().with_init(init);
        let expected =
            format!("`init = {init}`: in the library door, the data segments of the frontend are as it adds them");
        let error = ModuleBuilder::new(&config, Representation::Packed).err().unwrap().to_string();
        assert!(error.starts_with(&expected), "{error}");
        let error = LateLowering::new(&config, Representation::Packed).err().unwrap().to_string();
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn constants_are_at_chosen_addresses() {
    for base in [None, Some(Base::Address(1000))] {
        let config = Config::new().with_base(base);
        let mut module = ModuleBuilder::new(&config, Representation::Packed).unwrap();
        let fixed = module.static_at(2000, b"fixed");
        let around: Vec<Static> = (0..100).map(|number| module.static_utf8(&format!("constant {number}!"))).collect();
        let ty = module.function_type([ValType::I32], [ValType::I32]);
        let f = module.function("f", ty, |f| {
            f.address(fixed);
            f.get(Access::UByte, fixed, f.param(0));
            add(f);
            for (number, constant) in around.iter().enumerate() {
                f.get(Access::UByte, *constant, 9);
                f.push(i32::from(format!("{number}").as_bytes()[0]));
                f.instruction(&Instruction::I32Sub);
                add(f);
            }
        });
        module.export("f", f.unwrap());
        assert_eq!(call(&module.finish().unwrap(), 4).0, 2000 + i32::from(b'd'));
    }
}

#[test]
fn chosen_addresses_are_verified() {
    let placed = |items: &[(u32, usize)]| {
        let mut module = ModuleBuilder::new(&Config::new(), Representation::Packed).unwrap();
        for (address, size) in items {
            module.static_at(*address, &vec![1; *size]);
        }
        module.finish().map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(placed(&[(2000, 8), (2008, 8)]), Ok(()));
    for (items, part) in
        [(&[(2000, 8), (2007, 8)][..], "overlap"), (&[(15, 2)], "15"), (&[(0xffff_ffff, 2)], "4294967295")]
    {
        let error = placed(items).unwrap_err();
        assert!(error.starts_with("static data cannot be placed: ") && error.contains(part), "{error}");
    }
}

/// A module that the frontend writes, with a global that holds static data. `f` returns the byte at an offset of the
/// constant, and the size of the segment in the global if it has one.
fn late(config: &Config, representation: Representation, has_data: bool) -> Result<Vec<u8>, Error> {
    let mut lowering = LateLowering::new(config, representation)?;
    lowering.declare_function(0, "f", &[ValType::I32], &[ValType::I32])?;
    let text = lowering.static_utf16("t\u{e4}xt");
    let bytes = lowering.static_bytes(&[9, 8, 7], 64)?;
    let wide = lowering.static_wtf16(&[0xd800, 0x20]);
    let at = lowering.static_at(5000, b"at");
    let scratch = lowering.reserve("scratch", 10, 16)?;
    let mut f = lowering.body(0)?;
    let region = f.begin_region();
    let copy = f.allocate(region, 8);
    f.copy((copy, 0), (text, 0), 8);
    f.put(Access::Byte, scratch, 9, 1);
    f.get(Access::UByte, copy, f.param(0));
    f.end_region(region);
    f.get(Access::UByte, bytes, 2);
    add(&mut f);
    f.get(Access::UShort, wide, 2);
    add(&mut f);
    f.get(Access::UByte, at, 0);
    add(&mut f);
    f.get(Access::UByte, scratch, 9);
    add(&mut f);
    if representation.carries_size() {
        // The global of the frontend is the first one.
        f.instruction(&Instruction::GlobalGet(0));
        let segment = f.segment(OnStack);
        f.get(Access::UByte, segment, 1);
        add(&mut f);
    } else {
        f.push(8);
        add(&mut f);
    }
    lowering.define(f)?;
    let parts = lowering.finish()?;
    assert_eq!(parts.static_address(at)?, 5000);
    assert_eq!(parts.static_address(bytes)? % 64, 0);
    assert_eq!(parts.static_address(bytes.slice(1, 1).unwrap())?, parts.static_address(bytes)? + 1);
    let mut written = Written::default();
    written.types.ty().function([ValType::I32], [ValType::I32]);
    written.functions.function(0);
    written.data.passive(*b"of the frontend");
    // linmem adds one type group after the type of the function, so that the global's type is known.
    let first = 1;
    let val_type = match representation {
        Representation::Address => ValType::I32,
        Representation::Packed => ValType::I64,
        _ => crate::statics::segment_type(representation),
    };
    struct First(u32);
    impl Indices for First {
        fn item(&self, _: linmem::build::Item) -> u32 {
            self.0
        }
    }
    let global = GlobalType { val_type, mutable: false, shared: false };
    written.globals.global(global, &parts.static_segment(bytes, &First(first))?);
    let indices = written.add(&parts)?;
    written.export("f", 0, &indices);
    if !has_data {
        written.data = DataSection::new();
    }
    written.finish(&parts, &indices)
}

#[test]
fn writers_that_assign_indices_last_have_static_data() {
    everywhere(|config, representation, choices| {
        let module = late(config, representation, true).unwrap();
        assert_eq!(call(&module, 2).0, 0xe4 + 7 + 0x20 + i32::from(b'a') + 1 + 8, "{choices}");
        let error = late(config, representation, false).unwrap_err().to_string();
        assert!(error.starts_with("the module has no data segment with the "), "{error}");
    });
}

#[test]
fn static_data_of_another_lowering_is_an_error() {
    let mut other = LateLowering::new(&Config::new(), Representation::Packed).unwrap();
    let text = other.static_utf8("text");
    let mut lowering = LateLowering::new(&Config::new(), Representation::Packed).unwrap();
    lowering.declare_function(0, "f", &[], &[]).unwrap();
    let mut f = lowering.body(0).unwrap();
    f.get(Access::Byte, text, 0);
    f.drop();
    let error = lowering.define(f).unwrap_err().to_string();
    assert!(error.contains("another module"), "{error}");
    let parts = LateLowering::new(&Config::new(), Representation::Packed).unwrap().finish().unwrap();
    assert!(parts.static_address(text).unwrap_err().to_string().contains("another module"));
    assert!(support::levels(Representation::Packed).len() > 1);
}
