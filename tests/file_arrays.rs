//! Files and text between GC arrays and the host, with a host that limits the bytes of each call, interrupts calls, and reports
//! wrong sizes. No byte is lost, no character is cut, and the memory has room for a part of a file only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::build::{FunctionBuilder, Local, ModuleBuilder, OnStack, TypeId};
use linmem::wasi::Errno;
use linmem::wasm_encoder::{
    ArrayType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction, RefType, StorageType, SubType,
    ValType,
};
use linmem::{Config, Nesting, OutOfMemory, Representation, Safety, Zero};
use linmem_host::wasmtime::{Module, Val};
use support::folder::{Embedding, World};
use support::host::{Limits, Running, State, compile};

const PROGRAM: &str = r#"(module
  (type $units (array (mut i16)))
  (type $bytes (array (mut i8)))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "wasi.print" (func $print (param i32 (ref null $units)) (result i32)))
  (import "linmem" "wasi.print" (func $print_latin (param i32 (ref null $bytes)) (result i32)))
  (import "linmem" "wasi.read_text" (func $read_text (param i32) (result i32 (ref null $units))))
  (import "linmem" "wasi.read_bytes" (func $read_bytes (param i32) (result i32 (ref null $bytes))))
  (import "linmem" "wasi.open_text" (func $open_text (param (ref null $bytes) i32) (result i32 i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (data $name "file")
  (global $units (mut (ref null $units)) (ref.null $units))
  (global $bytes (mut (ref null $bytes)) (ref.null $bytes))
  (func (export "grow") (drop (call $grow (i32.const 1))))
  (func (export "new") (result i32) (call $new))
  (func (export "free") (param i32) (call $free (local.get 0)))
  (func (export "allocate") (param i32 i32) (result i32)
    (call $address (call $allocate (local.get 0) (local.get 1))))
  ;; The file "file".
  (func (export "open") (result i32 i32)
    (call $open_text (array.new_data $bytes $name (i32.const 0) (i32.const 4)) (i32.const 0)))
  (func (export "make") (param i32) (global.set $units (array.new_default $units (local.get 0))))
  (func (export "set") (param i32 i32)
    (array.set $units (global.get $units) (local.get 0) (local.get 1)))
  (func (export "print") (result i32) (call $print (i32.const 1) (global.get $units)))
  (func (export "print_latin") (result i32) (call $print_latin (i32.const 1) (global.get $bytes)))
  (func (export "read_text") (param $fd i32) (result i32)
    (call $read_text (local.get $fd)) (global.set $units))
  (func (export "read_bytes") (param $fd i32) (result i32)
    (call $read_bytes (local.get $fd)) (global.set $bytes))
  (func (export "is_null") (result i32 i32) (ref.is_null (global.get $units)) (ref.is_null (global.get $bytes)))
  (func (export "length") (result i32) (array.len (global.get $bytes))))
"#;

fn linked(representation: &str, config: &Config) -> Module {
    let text = support::testfile::expand(PROGRAM, representation);
    compile(&linmem::link(text.as_bytes(), config).unwrap())
}

fn call(running: &mut Running, name: &str, args: &[i32]) -> Vec<u32> {
    let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
    let results = running.call(name, &args).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    results.iter().map(|value| value.unwrap_i32() as u32).collect()
}

/// All representations, safety levels and nesting policies, each with a way to zero memory and a way to run out of it.
fn configs() -> Vec<(&'static str, Config)> {
    let mut configs = Vec::new();
    for representation in ["i32", "i64", "anyref"] {
        for (number, (safety, nesting)) in
            support::levels(support::representation(representation)).into_iter().enumerate()
        {
            let config = Config::new().with_safety(safety).with_nesting(nesting);
            let config = config.with_zero([Zero::Never, Zero::Free, Zero::Allocate][number % 3]);
            let out_of_memory = if number % 2 == 0 { OutOfMemory::Trap } else { OutOfMemory::Null };
            configs.push((representation, config.with_out_of_memory(out_of_memory)));
        }
    }
    configs
}

/// Text of characters of each size, from one of these on, so that parts end inside of each.
fn text(bytes: usize, first: usize) -> String {
    const CHARACTERS: [char; 7] = ['a', 'é', '€', '😀', '\n', '\u{7ff}', '\u{10ffff}'];
    let mut text = String::new();
    for char in CHARACTERS.iter().cycle().skip(first) {
        if text.len() >= bytes {
            break;
        }
        text.push(*char);
    }
    text
}

/// Inputs: text, text with an incomplete character at the end, and bytes that are not text.
fn inputs() -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = vec![Vec::new(), b"a".to_vec()];
    for first in 0..7 {
        inputs.push(text(40, first).into_bytes());
        // More than a part, which has 32 KiB.
        inputs.push(text(70_000, first).into_bytes());
        let mut cut = text(32_768, first).into_bytes();
        cut.extend_from_slice(&"😀".as_bytes()[..first % 4]);
        inputs.push(cut);
    }
    inputs.push((0..33_000_u32).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect());
    inputs.push([0xf0, 0x9f, 0x98].repeat(11_000));
    inputs.push([0xed, 0xa0, 0x80, 0xe2, 0x82].repeat(7_000));
    inputs
}

/// The errnos of the first calls: interruptions (27) and calls that would block (6).
const ERRNOS: [&[i32]; 2] = [&[], &[6, 27, 6, 6]];

#[test]
fn files_become_arrays_and_text_is_written() {
    let inputs = inputs();
    for (number, (representation, config)) in configs().into_iter().enumerate() {
        let module = linked(representation, &config);
        for (input, bytes) in inputs.iter().enumerate() {
            for transfer in [0, 1, 7, 4096] {
                if transfer == 1 && bytes.len() > 100 && (input + number) % 9 != 0 {
                    continue;
                }
                let errnos = ERRNOS[(input + number) % 2].to_vec();
                let state = State { input: bytes.clone(), transfer, errnos: errnos.clone(), ..State::default() };
                let mut running = Running::of_module(&module, state, Limits::default());
                let what = format!("input {input}, {transfer} a call, {representation}, {config:?}");
                // With a region open, and with none.
                let is_open = input % 2 == 0;
                let region = if is_open { call(&mut running, "new", &[])[0] as i32 } else { 0 };
                let first = if is_open { call(&mut running, "allocate", &[region, 8])[0] } else { 0 };
                assert_eq!(call(&mut running, "read_text", &[0]), [0], "{what}");
                running.store.data_mut().errnos = errnos.clone();
                assert_eq!(call(&mut running, "print", &[]), [0], "{what}");
                let output = std::mem::take(&mut running.store.data_mut().output);
                assert!(output == String::from_utf8_lossy(bytes).as_bytes(), "{what}");
                running.store.data_mut().input = bytes.clone();
                running.store.data_mut().errnos = errnos;
                assert_eq!(call(&mut running, "read_bytes", &[0]), [0], "{what}");
                assert_eq!(call(&mut running, "length", &[]), [bytes.len() as u32], "{what}");
                assert_eq!(call(&mut running, "print_latin", &[]), [0], "{what}");
                let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                assert!(running.store.data().output == latin.as_bytes(), "{what}");
                if is_open {
                    assert_eq!(call(&mut running, "allocate", &[region, 8])[0], first + 8, "{what}");
                    call(&mut running, "free", &[region]);
                }
                assert!(running.memory().size(&running.store) <= 2, "{what}");
            }
        }
    }
}

#[test]
fn surrogates_are_written_in_pairs() {
    let module = linked("i64", &Config::new());
    // The last unit of a part, which has 5456 units, is a high surrogate, whose low one is in the next part; or is alone.
    for (position, units) in
        [(5455, [0xd83d, 0xde00]), (5455, [0xd83d, 0x61]), (5454, [0xd83d, 0xde00]), (0, [0xdc00, 0xd800])]
    {
        for length in [position + 2, position + 3, 12_000] {
            let mut all = vec![0x20ac_u16; length];
            all[position..position + 2].copy_from_slice(&units);
            let mut running = Running::of_module(&module, State::default(), Limits::default());
            call(&mut running, "make", &[length as i32]);
            for (index, unit) in all.iter().enumerate() {
                call(&mut running, "set", &[index as i32, i32::from(*unit)]);
            }
            assert_eq!(call(&mut running, "print", &[]), [0]);
            assert!(running.store.data().output == String::from_utf16_lossy(&all).as_bytes(), "{position}, {length}");
        }
    }
}

#[test]
fn sizes_that_the_host_reports_are_hints() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        for size in [0, 1, 13, 40_000] {
            let world = World {
                directories: vec!["/".to_string()],
                files: vec![("file".to_string(), size)],
                ..World::default()
            };
            let embedding = Embedding::new(world, support::scratch());
            for bytes in [0, 1, 5, 13, 14, 33_000, 100_000] {
                for transfer in [0, 1000] {
                    let state = State { transfer, ..State::default() };
                    let mut running = Running::of_module(&module, state, Limits::default());
                    // The file is real, but what is read is not.
                    running.store.data_mut().wasi = Some(embedding.context());
                    let [errno, file] = call(&mut running, "open", &[])[..] else { panic!() };
                    let what = format!("{bytes} bytes of {size}, {representation}, {config:?}");
                    assert_eq!(errno, 0, "{what}");
                    let input = text(bytes, 3);
                    running.store.data_mut().input = input.clone().into_bytes();
                    assert_eq!(call(&mut running, "read_text", &[file as i32]), [0], "{what}");
                    assert_eq!(call(&mut running, "print", &[]), [0], "{what}");
                    assert!(running.store.data().output == input.as_bytes(), "{what}");
                    running.store.data_mut().input = input.clone().into_bytes();
                    assert_eq!(call(&mut running, "read_bytes", &[file as i32]), [0], "{what}");
                    assert_eq!(call(&mut running, "length", &[]), [input.len() as u32], "{what}");
                }
            }
        }
    }
}

#[test]
fn errors_leave_null_and_no_memory() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        // The first transfer fails, the second, or one of a later part.
        for after in [0, 1, 30] {
            let state = || State {
                input: text(100_000, 0).into_bytes(),
                transfer: 2000,
                fails_after: Some((after, 29)),
                ..State::default()
            };
            let what = format!("{after}, {representation}, {config:?}");
            let mut running = Running::of_module(&module, state(), Limits::default());
            let region = call(&mut running, "new", &[])[0] as i32;
            let first = call(&mut running, "allocate", &[region, 8])[0];
            assert_eq!(call(&mut running, "read_text", &[0]), [29], "{what}");
            running.store.data_mut().fails_after = Some((after, 29));
            running.store.data_mut().input = text(100_000, 0).into_bytes();
            assert_eq!(call(&mut running, "read_bytes", &[0]), [29], "{what}");
            assert_eq!(call(&mut running, "is_null", &[]), [1, 1], "{what}");
            call(&mut running, "make", &[100_000]);
            running.store.data_mut().fails_after = Some((after, 29));
            assert_eq!(call(&mut running, "print", &[]), [29], "{what}");
            // A part of the text has 5456 units.
            let written: usize = (0..after).map(|transfer| [2000, 2000, 1456][transfer % 3]).sum();
            assert_eq!(running.store.data().output.len(), written, "{what}");
            assert_eq!(call(&mut running, "allocate", &[region, 8])[0], first + 8, "{what}");
        }
        let mut running = Running::of_module(&module, State::default(), Limits::default());
        running.store.data_mut().wasi = Some(Embedding::default().context());
        assert_eq!(call(&mut running, "open", &[])[0], Errno::Noent.code(), "{representation}");
    }
}

#[test]
fn memory_that_is_missing_is_an_errno() {
    for (representation, config) in configs() {
        if config.nesting == Nesting::Forbid || config.safety == Some(Safety::Temporal) {
            // Region headers differ in size, which changes how much is left.
            continue;
        }
        let module = linked(representation, &config);
        let state = State { input: text(1000, 0).into_bytes(), ..State::default() };
        let mut running = Running::of_module(&module, state, Limits::default());
        // The limit would also apply to the engine's heap.
        call(&mut running, "make", &[100_000]);
        running.store.data_mut().limits.pages = 1;
        let region = call(&mut running, "new", &[])[0] as i32;
        call(&mut running, "allocate", &[region, 60_000]);
        let nomem = Errno::Nomem.code();
        assert_eq!(call(&mut running, "print", &[]), [nomem], "{representation}, {config:?}");
        assert_eq!(call(&mut running, "read_text", &[0]), [nomem], "{representation}, {config:?}");
        assert_eq!(call(&mut running, "is_null", &[])[0], 1, "{representation}, {config:?}");
        call(&mut running, "make", &[100]);
        assert_eq!(call(&mut running, "print", &[]), [0], "{representation}, {config:?}");
    }
}

#[test]
fn large_files_need_little_memory() {
    let module = linked("i64", &Config::new());
    for (size, expected) in [(20_000_000, 0), (1 << 32, Errno::Fbig.code()), (1 << 40, Errno::Fbig.code())] {
        let world =
            World { directories: vec!["/".to_string()], files: vec![("file".to_string(), size)], ..World::default() };
        let state = State { embedding: Some(Embedding::new(world, support::scratch())), ..State::default() };
        let mut running = Running::of_module(&module, state, Limits::default());
        let [errno, file] = call(&mut running, "open", &[])[..] else { panic!() };
        assert_eq!(errno, 0);
        assert_eq!(call(&mut running, "read_bytes", &[file as i32]), [expected], "{size} bytes");
        if expected == 0 {
            assert_eq!(call(&mut running, "length", &[]), [size as u32]);
        }
        assert!(running.memory().size(&running.store) <= 2, "{size} bytes");
    }
}

fn reference(ty: TypeId) -> ValType {
    ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.0) })
}

fn array(element_type: StorageType, mutable: bool) -> SubType {
    let inner = CompositeInnerType::Array(ArrayType(FieldType { element_type, mutable }));
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

/// Text, bytes, a list of texts; numbers, an immutable list, a list of numbers.
fn types(module: &mut ModuleBuilder) -> Vec<TypeId> {
    let types = module.recursion_group_with(6, |ids| {
        let list = |ty: TypeId, mutable| array(StorageType::Val(reference(ty)), mutable);
        [
            array(StorageType::I16, true),
            array(StorageType::I8, true),
            list(ids[0], true),
            array(StorageType::Val(ValType::I64), true),
            list(ids[0], false),
            list(ids[3], true),
        ]
    });
    types.unwrap()
}

#[test]
fn builders_have_the_same_operations() {
    let world = World {
        args: ["name", "file"].map(str::to_string).into(),
        env: vec![("A".to_string(), "1".to_string())],
        directories: vec!["/".to_string()],
        files: vec![("file".to_string(), 3)],
        ..World::default()
    };
    for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
        let mut module = ModuleBuilder::new(&Config::new(), representation).unwrap();
        let types = types(&mut module);
        let [text, bytes, list] = types[..3] else { panic!() };
        let ty = module.function_type([], [ValType::I32; 3]);
        let main = module.function("main", ty, |f| {
            let (texts, path, file) = (f.local(reference(list)), f.local(reference(text)), f.local(ValType::I32));
            let [errno, length] = [f.local(ValType::I32), f.local(ValType::I32)];
            let add = |f: &mut FunctionBuilder| {
                f.push(errno);
                f.instruction(&Instruction::I32Or);
                f.set(errno, OnStack);
            };
            let item = |f: &mut FunctionBuilder, texts: Local, index: i32| {
                f.push(texts);
                f.push(index);
                f.instruction(&Instruction::ArrayGet(list.0));
            };
            f.environ_array(list);
            f.set(texts, OnStack);
            add(f);
            f.push(1);
            item(f, texts, 0);
            f.print(text, OnStack, OnStack);
            add(f);
            f.args_array(list);
            f.set(texts, OnStack);
            add(f);
            item(f, texts, 1);
            f.set(path, OnStack);
            f.open_text(text, path, 0);
            f.set(file, OnStack);
            add(f);
            f.read_bytes(bytes, file);
            f.instruction(&Instruction::ArrayLen);
            f.set(length, OnStack);
            add(f);
            f.read_text(text, file);
            f.instruction(&Instruction::ArrayLen);
            f.push(length);
            f.instruction(&Instruction::I32Add);
            f.set(length, OnStack);
            add(f);
            f.print(text, 1, path);
            add(f);
            f.push(errno);
            f.push(length);
            f.push(file);
        });
        module.export("main", main.unwrap());
        let mut running = Running::new(&module.finish().unwrap(), State::default());
        let embedding = Embedding::new(world.clone(), support::scratch());
        running.store.data_mut().wasi = Some(embedding.context());
        running.store.data_mut().input = b"12345".to_vec();
        assert_eq!(call(&mut running, "main", &[]), [0, 5, 4], "{representation}");
        assert_eq!(running.store.data().output, b"A=1file", "{representation}");
    }
}

#[test]
fn array_types_that_do_not_fit_are_errors() {
    type Code = fn(&mut FunctionBuilder, &[TypeId]);
    let mut module = ModuleBuilder::new(&Config::new(), Representation::Packed).unwrap();
    let types = types(&mut module);
    let ty = module.function_type([], []);
    let cases: [(Code, &str); 6] = [
        (|f, types| f.read_bytes(types[0], 0), "wasi.read_bytes: type 0 is (array i16): bytes require i8"),
        (|f, types| f.read_text(types[3], 0), "wasi.read_text: type 3 is (array i64): text requires i8 or i16"),
        (
            |f, types| f.print(types[2], 1, 1),
            "wasi.print: type 2 is not an array type whose elements are numbers or vectors",
        ),
        (
            |f, types| f.args_array(types[0]),
            "wasi.args_array: type 0 is not a mutable array type whose elements are references to mutable arrays of i16 or i8",
        ),
        (|f, types| f.environ_array(types[4]), "wasi.environ_array: type 4 is not a mutable"),
        (|f, types| f.args_array(types[5]), "wasi.args_array: type 5 is not a mutable"),
    ];
    for (code, message) in cases {
        let error = module.function("f", ty, |f| code(f, &types)).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn declared_types_that_do_not_fit_are_errors() {
    let definitions = "(type $u (array (mut i16))) (type $i (array i16)) (type $l (array (mut (ref $u))))
        (type $f (array (mut f32))) (type $li (array (mut (ref $i)))) (type $s (struct)) (type $ls (array (mut (ref $s))))";
    for (import, message) in [
        (
            "wasi.read_text\" (func (param i32) (result i32 (ref $u)))",
            "`linmem.wasi.read_text` cannot have the type (param i32) (result i32 (ref 0)), where type 0 is (array (mut i16)); it can have \
             (param i32) (result i32 (ref null $array)) or (param i32) (result (ref null $array)); $array is any mutable array type \
             with elements i8 or i16; the result is null if the call fails",
        ),
        ("wasi.read_text\" (func (param i32) (result (ref null $i)))", "$array is any mutable array type"),
        ("wasi.read_bytes\" (func (param i32) (result (ref null $u)))", "with elements i8; the result is null"),
        ("wasi.print\" (func (param i32 (ref $f)) (result i32))", "with elements i8 or i16; (ref $array) can replace"),
        ("wasi.args_array\" (func (result i32 (ref $l)))", "(result i32 (ref null $texts))"),
        ("wasi.args_array\" (func (result (ref null $li)))", "references to mutable arrays of i16 or i8"),
        ("wasi.environ_array\" (func (result (ref null $ls)))", "references to mutable arrays of i16 or i8"),
        ("wasi.environ_array\" (func (result (ref null $u)))", "the result is null if the call fails"),
    ] {
        let text = format!("(module {definitions} (import \"linmem\" \"{import}))");
        let error = linmem::link(text.as_bytes(), &Config::new()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
