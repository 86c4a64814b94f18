//! What both doors import and declare for strings.

use crate::guest::{Guest, ints};
use crate::host;
use linmem::build::{FunctionBuilder, Indices, LateLowering, ModuleBuilder, OnStack, Sections, TypeId};
use linmem::intrinsics::Element;
use linmem::wasm_encoder::{
    ArrayType, CodeSection, CompositeInnerType, CompositeType, DataSection, ExportKind, ExportSection, FieldType,
    FunctionSection, GlobalSection, ImportSection, Instruction, MemorySection, Module, StorageType, SubType,
    TypeSection, ValType,
};
use linmem::{Config, Encoding, Error, Representation};
use linmem_host::wasmtime::Val;
use wasmparser::{Parser, Payload};

const CHARS: &str = r#"(import "linmem" "Text.utf8Size" (func $size (param externref i32 i32) (result i32)))
  (export "size" (func $size))"#;
const MAKE: &str = r#"(import "linmem" "MemorySegment.getUtf8" (func $get (param i64 i32 i32) (result (ref extern))))
  (export "get" (func $get))"#;

fn linked(text: &str) -> Vec<u8> {
    linmem::link(format!("(module {text})").as_bytes(), &Config::new()).unwrap_or_else(|error| panic!("{error}"))
}

/// The imports of a module, and the number of entries of its type section that are arrays.
fn imports_and_arrays(module: &[u8]) -> (Vec<String>, usize) {
    let (mut imports, mut arrays) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::TypeSection(types) => {
                for group in types {
                    let is_array = |ty: &wasmparser::SubType| {
                        matches!(ty.composite_type.inner, wasmparser::CompositeInnerType::Array(_))
                    };
                    arrays += group.unwrap().types().filter(|ty| is_array(ty)).count();
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            _ => {}
        }
    }
    (imports, arrays)
}

#[test]
fn only_what_is_called_is_imported() {
    let (imports, arrays) = imports_and_arrays(&linked(CHARS));
    assert_eq!(imports, ["wasm:js-string.length", "wasm:js-string.charCodeAt"]);
    // An engine without arrays runs it.
    assert_eq!(arrays, 0);
    let (imports, arrays) = imports_and_arrays(&linked(MAKE));
    assert_eq!(imports, ["wasm:js-string.concat", "wasm:js-string.fromCharCodeArray"]);
    assert_eq!(arrays, 1);
}

#[test]
fn imports_and_types_of_the_program_are_used() {
    let same = r#"(type $units (array (mut i16)))
      (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
      (import "wasm:js-string" "fromCharCodeArray" (func $make (param (ref null $units) i32 i32) (result (ref extern))))
      (export "length" (func $length)) (export "make" (func $make))"#;
    let (mut sorted, arrays) = imports_and_arrays(&linked(&format!("{same} {CHARS} {MAKE}")));
    sorted.sort();
    let all = ["charCodeAt", "concat", "fromCharCodeArray", "length"].map(|name| format!("wasm:js-string.{name}"));
    assert_eq!(sorted, all);
    assert_eq!(arrays, 1);
    // Types that only look alike are not those of the host, and neither are imports with other types.
    let other = r#"(rec (type $a (array (mut i16))) (type (struct (field (ref null $a)))))
      (type $open (sub (array (mut i16)))) (type $constant (array i16)) (type $bytes (array (mut i8)))
      (import "wasm:js-string" "concat" (func $concat (param externref externref) (result externref)))
      (export "concat" (func $concat))"#;
    let (imports, arrays) = imports_and_arrays(&linked(&format!("{other} {MAKE}")));
    assert_eq!(imports.iter().filter(|name| *name == "wasm:js-string.concat").count(), 2);
    assert_eq!(arrays, 5);
}

/// The type of arrays that linmem adds precedes the types of segments, and those of handlers.
#[test]
fn strings_and_segments_that_are_references_have_types() {
    let text = r#"(import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (import "linmem" "MemoryAllocator.allocateUtf8" (func $allocate (param i32 externref i32 i32) (result anyref)))
      (import "linmem" "MemorySegment.getUtf8" (func $get (param anyref i32 i32) (result externref)))
      (import "linmem" "MemorySegment.size" (func $size (param anyref) (result i32)))
      (func (export "copy") (param $text externref) (param $count i32) (result externref)
        (local $region i32) (local $segment anyref) (local $copy externref)
        (local.set $region (call $new))
        (local.set $segment (call $allocate (local.get $region) (local.get $text) (i32.const 0) (local.get $count)))
        (local.set $copy (call $get (local.get $segment) (i32.const 0) (call $size (local.get $segment))))
        (call $free (local.get $region))
        (local.get $copy))
      (memory (export "memory") 1)"#;
    for (safety, unwind) in [("none", false), ("spatial", true), ("temporal", true)] {
        let mut config = Config::new().with_safety(safety.parse::<linmem::Safety>().unwrap());
        if unwind {
            config = config.with_unwind(linmem::Unwind::Release);
        }
        let module = linmem::link(format!("(module {text})").as_bytes(), &config).unwrap();
        let mut guest = Guest::of(&module);
        let units: Vec<u16> = "é€😀".encode_utf16().collect();
        let string = host::string(&mut guest.store, &units);
        let copy = guest.call("copy", &[string, Val::I32(4)]).unwrap();
        assert_eq!(host::units(&mut guest.store, &copy[0]).unwrap(), units);
    }
}

#[test]
fn types_without_strings_are_rejected() {
    let error =
        |text: &str| linmem::link(format!("(module {text})").as_bytes(), &Config::new()).unwrap_err().to_string();
    let copy = error(r#"(import "linmem" "MemorySegment.toArray" (func (param i64 i32 i32) (result externref)))"#);
    assert!(copy.contains("externref") && !copy.contains("externref and"), "{copy}");
    let size = error(r#"(import "linmem" "Text.utf8Size" (func (param externref) (result i32)))"#);
    assert!(size.contains("(param (ref null $array) i32 i32) (result i32)"), "{size}");
    assert!(size.contains("(ref $array), externref and (ref extern) can replace (ref null $array)"), "{size}");
}

fn array(element_type: StorageType, mutable: bool) -> SubType {
    let inner = CompositeInnerType::Array(ArrayType(FieldType { element_type, mutable }));
    let composite_type = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: true, supertype_idx: None, composite_type }
}

/// A module whose export `f: externref, i32 -> externref` has this code.
fn built(
    config: &Config,
    representation: Representation,
    code: impl FnOnce(&mut FunctionBuilder, TypeId, TypeId),
) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    module.enable_check();
    let units = module.recursion_group([array(StorageType::I16, true)])[0];
    let constant = module.recursion_group([array(StorageType::I16, false)])[0];
    let ty = module.function_type([ValType::EXTERNREF, ValType::I32], [ValType::EXTERNREF]);
    let f = module.function("f", ty, |f| code(f, units, constant))?;
    module.export("f", f);
    module.check()?;
    module.finish()
}

/// Encodes the first units of a string in a new segment and in another one, and decodes the second one.
fn texts(f: &mut FunctionBuilder, units: TypeId, _: TypeId) {
    let size = f.local(ValType::I32);
    let text = f.local(ValType::EXTERNREF);
    f.region(|f, region| {
        let (string, count) = (f.param(0), f.param(1));
        f.string_size(Encoding::Utf8, (string, 0), count);
        f.set(size, OnStack);
        let first = f.allocate_string(region, Encoding::Utf8, (string, 0), count);
        let room = f.allocate(region, 64);
        f.copy((room, 8), (first, 0), size);
        f.set_string(Encoding::Utf8, (room, 1), (string, 0), count);
        f.instruction(&Instruction::Drop);
        f.get_string(Encoding::Utf8, units, room, 1, size);
        f.set(text, OnStack);
    });
    f.push(text);
}

#[test]
fn builder_has_operations_on_strings() {
    for config in crate::support::build::configurations() {
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes = built(&config, representation, texts).unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let mut guest = Guest::of(&bytes);
            let units: Vec<u16> = "aé€😀b".encode_utf16().collect();
            let string = host::string(&mut guest.store, &units);
            for count in [0, 1, 2, 3, 5, 6] {
                let made = guest.call("f", &[&[string][..], &ints(&[count])].concat()).unwrap();
                assert_eq!(host::units(&mut guest.store, &made[0]).unwrap(), units[..count as usize], "{config:?}");
            }
        }
    }
}

#[test]
fn builder_makes_strings_of_arrays_of_code_units() {
    let error = built(&Config::default(), Representation::Packed, |f, _, constant| {
        f.push(0_i64);
        f.get_string(Encoding::Utf8, constant, OnStack, 0, 0);
    });
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("MemorySegment.getUtf8: strings are made of (array (mut i16)), which type 1 is not"),
        "{error}"
    );
}

/// A writer that assigns indices last, with its own sections.
#[test]
fn late_bodies_have_strings() {
    for representation in [Representation::Packed, Representation::ALL[2]] {
        let mut lowering = LateLowering::new(&Config::default(), representation).unwrap();
        lowering.signatures().declare_array(1, Element::I16, true);
        lowering.declare_function(0, "f", &[ValType::EXTERNREF, ValType::I32], &[ValType::EXTERNREF]).unwrap();
        let mut f = lowering.body(0).unwrap();
        texts(&mut f, TypeId(1), TypeId(1));
        lowering.define(f).unwrap();
        let parts = lowering.finish().unwrap();
        let (mut types, mut imports, mut functions) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function([ValType::EXTERNREF, ValType::I32], [ValType::EXTERNREF]);
        types.ty().array(&StorageType::I16, true);
        functions.function(0);
        let (mut memories, mut globals) = (MemorySection::new(), GlobalSection::new());
        let (mut exports, mut code, mut data) = (ExportSection::new(), CodeSection::new(), DataSection::new());
        let sections = Sections {
            types: &mut types,
            imports: &mut imports,
            functions: &mut functions,
            memories: &mut memories,
            globals: &mut globals,
            exports: &mut exports,
            code: &mut code,
            data: &mut data,
        };
        let indices = parts.add_to(sections).unwrap();
        exports.export("f", ExportKind::Func, indices.function(0));
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals);
        module.section(&exports).section(&code).section(&data);
        let bytes = module.finish();
        parts.validate(&bytes, &indices).unwrap();
        let mut guest = Guest::of(&bytes);
        let units: Vec<u16> = "aé€😀b".encode_utf16().collect();
        let string = host::string(&mut guest.store, &units);
        let made = guest.call("f", &[&[string][..], &ints(&[5])].concat()).unwrap();
        assert_eq!(host::units(&mut guest.store, &made[0]).unwrap(), units[..5]);
    }
}
