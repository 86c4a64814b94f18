//! Where static data is: what shares bytes, how large the memory is, and which module and memory it belongs to.

use crate::statics::{Building, add, call};
use crate::support::host::{self, Running, State};
use linmem::build::{LateLowering, ModuleBuilder};
use linmem::wasm_encoder::{ConstExpr, Instruction, MemoryType, ValType};
use linmem::{Access, Base, Config, Representation, Safety};
use linmem_host::wasmtime::{self, Instance, Memory, Store, Val};

/// The memory when the module was instantiated.
fn memory(bytes: &[u8]) -> Vec<u8> {
    let mut running = Running::new(bytes, State::default());
    let memory = running.memory();
    memory.data(&running.store).to_vec()
}

#[test]
fn static_data_that_is_not_used_is_placed_and_costs_no_code() {
    let plain = Building::new(&Config::default(), Representation::Packed).finish(|f| f.push(1)).unwrap();
    let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
    module.static_utf8("unused");
    let with = Building { module, f }.finish(|f| f.push(1)).unwrap();
    assert_eq!(&memory(&with)[16..23], b"unused\0");
    assert_eq!(memory(&plain)[..32], [0; 32]);
    let code = |bytes: &[u8]| linmem::wat::print_function(bytes, "f").unwrap();
    assert_eq!(code(&plain), code(&with));
}

#[test]
fn constants_share_bytes_across_functions_unless_told_otherwise() {
    for unshared in [false, true] {
        let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
        if unshared {
            module.unshare_static_data();
        }
        let first = module.static_utf8("text");
        let second = module.static_bytes(b"text", 4).unwrap();
        let suffix = module.static_utf8("xt");
        let ty = module.function_type([], [ValType::I32]);
        let other = module.function("other", ty, |f| f.address(second)).unwrap();
        let bytes = Building { module, f }.finish(|f| {
            f.address(first);
            f.call(other);
            f.instruction(&Instruction::I32Eq);
            f.address(suffix);
            f.address(first);
            f.instruction(&Instruction::I32Sub);
            f.push(2);
            f.instruction(&Instruction::I32Eq);
            add(f);
        });
        assert_eq!(call(&bytes.unwrap(), 0).0, if unshared { 0 } else { 2 });
    }
}

#[test]
fn utf16_and_wtf16_are_little_endian_and_aligned() {
    let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
    let odd = module.static_utf8("odd");
    let (text, lone) = (module.static_utf16("a\u{1f600}"), module.static_wtf16(&[0xd83d, 0x20ac]));
    assert_eq!([odd.size(), text.size(), lone.size()], [3, 6, 4]);
    let bytes = Building { module, f }.finish(|f| {
        f.get(Access::UShort, text, 4);
        f.get(Access::UShort, lone, 0);
        add(f);
        for segment in [text, lone] {
            f.address(segment);
            f.push(1);
            f.instruction(&Instruction::I32And);
            add(f);
        }
    });
    assert_eq!(call(&bytes.unwrap(), 0).0, 0xde00 + 0xd83d);
}

#[test]
fn memory_is_large_enough_for_static_data_and_its_options() {
    let build = |config: &Config, size: u32| {
        let Building { mut module, f } = Building::new(config, Representation::Packed);
        let reserved = module.reserve("reserved", size, 1).unwrap();
        let text = module.static_utf8("text");
        Building { module, f }.finish(|f| {
            f.put(Access::Byte, reserved, size - 1, 1);
            f.address(text);
        })
    };
    let pages = |bytes: &[u8]| memory(bytes).len() / 65536;
    // 16 bytes before, 4 bytes of text, and a chunk header for the first region.
    for (size, expected) in [(65536 - 28, 1), (65536 - 27, 2), (200_000, 4)] {
        let bytes = build(&Config::default(), size).unwrap();
        assert_eq!((pages(&bytes), call(&bytes, 0).0), (expected, 16), "{size}");
    }
    let limited = Config::new().with_max_pages(2);
    assert!(build(&limited, 131_072 - 36).is_ok());
    let error = build(&limited, 131_072 - 35).expect_err("it does not fit").to_string();
    assert_eq!(
        error,
        "static data cannot be placed: item 0, reservation `reserved`: no room is left for 131037 bytes below 131056, \
         where static data must end (in the module)"
    );
    // The frontend owns what is below the base.
    let based = Config::new().with_base(Base::Address(100_000));
    let bytes = build(&based, 100).unwrap();
    assert_eq!((pages(&bytes), call(&bytes, 0).0), (2, 100_008));
}

#[test]
fn active_data_of_the_frontend_cannot_be_behind_the_base() {
    let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
    let text = module.static_utf8("text");
    let memory = module.segment_memory();
    module.active_data(memory, &ConstExpr::i32_const(16), b"over");
    let error = Building { module, f }.finish(|f| f.address(text)).expect_err("it overwrites static data");
    assert!(error.to_string().contains("only the bytes below 8"), "{error}");
}

#[test]
fn addresses_take_as_few_bytes_as_possible() {
    // At 16, the address takes one byte; at 1024, two.
    for (base, size) in [(None, 3), (Some(1016), 4)] {
        let config = Config::new().with_safety(Safety::None).with_base(base.map(Base::Address));
        let Building { mut module, f } = Building::new(&config, Representation::Address);
        let text = module.static_utf8("text");
        let bytes = Building { module, f }.finish(|f| f.address(text)).unwrap();
        let code = wasmparser::Parser::new(0).parse_all(&bytes).find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CodeSectionEntry(body) => Some(body.get_operators_reader().unwrap()),
            _ => None,
        });
        // The constant and `end`.
        assert_eq!(code.unwrap().get_binary_reader().bytes_remaining(), size);
    }
}

#[test]
fn static_data_belongs_to_its_module() {
    let foreign = Building::new(&Config::default(), Representation::Packed).module.static_utf8("foreign");
    let expected = "the static data belongs to another module";
    let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
    module.static_utf8("own");
    for error in [module.static_segment(foreign), module.static_address(foreign)] {
        assert!(error.expect_err("it is foreign").to_string().contains(expected));
    }
    let error = Building { module, f }.finish(|f| f.address(foreign)).expect_err("it is foreign");
    assert!(error.to_string().contains(expected), "{error}");
    // A writer of modules has no static data.
    let mut lowering = LateLowering::new(&Config::default(), Representation::Packed).unwrap();
    lowering.declare_function(0, "f", &[], &[]).unwrap();
    let mut f = lowering.body(0).unwrap();
    f.write_all(1, foreign);
    f.drop();
    let error = lowering.define(f).expect_err("it is foreign");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn reservations_of_one_name_are_one() {
    let Building { mut module, f } = Building::new(&Config::default(), Representation::Packed);
    let first = module.reserve("buffer", 40, 1).unwrap();
    let text = module.static_utf8("t");
    let second = module.reserve("buffer", 40, 64).unwrap();
    assert_eq!((first, first.size()), (second, 40));
    let bytes = Building { module, f }.finish(|f| {
        f.put(Access::Int, first, 0, f.param(0));
        f.get(Access::Int, second, 0);
        f.address(first);
        add(f);
        f.get(Access::UByte, text, 0);
        add(f);
    });
    assert_eq!(call(&bytes.unwrap(), 7).0, 7 + 64 + i32::from(b't'));
}

#[test]
fn static_data_is_in_the_memory_of_segments() {
    for &representation in Representation::ALL {
        let mut module = ModuleBuilder::new(&Config::default(), representation).unwrap();
        let ty = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        module.import_memory("env", "memory", ty).unwrap();
        let ty = module.function_type([ValType::I32], [ValType::I32]);
        let f = module.declare_function("f", ty);
        module.export("f", f);
        let (text, counts) = (module.static_utf8("text"), module.reserve("counts", 8, 8).unwrap());
        let bytes = Building { module, f }.finish(|f| {
            f.put(Access::Byte, counts, f.param(0), 1);
            f.get(Access::UByte, text, f.param(0));
            f.get(Access::UByte, counts, 3);
            add(f);
        });
        let mut store = Store::new(host::engine(), State::default());
        store.set_fuel(u64::MAX / 2).unwrap();
        let imported = Memory::new(&mut store, wasmtime::MemoryType::new(1, None)).unwrap();
        let instance = Instance::new(&mut store, &host::compile(&bytes.unwrap()), &[imported.into()]).unwrap();
        let result = Running { store, instance }.call("f", &[Val::I32(3)]).unwrap()[0].unwrap_i32();
        assert_eq!(result, i32::from(b't') + 1, "{representation}");
    }
}
