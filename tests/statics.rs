//! Random modules that import static data: every byte is read back, and so is the data of the program, also after regions were
//! opened and filled. If an engine can map the program's data as an image, it still can after linking.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use linmem::image::{self, Verdict};
use linmem::{Config, Init, Share, SplitAddress, StaticData};
use linmem_host::wasmtime::{Instance, Memory, MemoryType, Store, Val};
use linmem_testing::host::{Running, State, compile, engine};
use proptest::prelude::*;
use std::fmt::Write;

/// An import, and the bytes that its segment must have.
#[derive(Clone, Debug)]
struct Constant {
    module: &'static str,
    name: String,
    bytes: Vec<u8>,
    alignment: u32,
    way: Way,
}

/// How the program gets the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In the function that uses it.
    Direct,
    /// From a function that calls no intrinsic.
    Copied,
    /// From a global of the program.
    Global,
    /// From a table, if segments are references, else from a global.
    Table,
}

/// The memory of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// linmem defines it.
    New,
    /// The program cannot notice its size.
    Raised,
    /// The program can notice its size.
    Split { pages: u32 },
    /// linmem has a part of it.
    Base,
    /// linmem has a part of it, and other code too.
    Imported,
    /// Chunks come from the program.
    Allocator,
    /// It is defined, and threads share it.
    Shared,
    /// Instances share it, and linmem has a part of it.
    Instances,
}

#[derive(Clone, Debug)]
struct Program {
    representation: &'static str,
    level: prop::sample::Index,
    memory: Kind,
    constants: Vec<Constant>,
    /// The data of the program: addresses and bytes.
    data: Vec<(u32, Vec<u8>)>,
    /// The bytes that a data segment of the program writes to the first reservation, if there is one.
    reserved: Vec<u8>,
    is_unshared: bool,
    init: Init,
    has_start: bool,
    /// Whether the memory is not the first one.
    has_other: bool,
}

const BASE: u32 = 0x8000;
const PAGE: u32 = 0x10000;

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-d]{0,3}", "\\PC{0,12}", Just("\\ \u{0}\"\u{10ffff}".to_string())]
}

fn constant() -> impl Strategy<Value = Constant> {
    let constant = |module, name, bytes, alignment| Constant { module, name, bytes, alignment, way: Way::Direct };
    let utf8 = name().prop_map(move |text| constant("utf8", text.clone(), text.into_bytes(), 1));
    let unit = prop_oneof![0x61..0x64_u16, any::<u16>(), 0xd800..0xe000_u16];
    let utf16 = prop::collection::vec((unit, any::<bool>()), 0..6).prop_map(move |units| {
        let mut text = String::new();
        for (unit, is_escaped) in &units {
            match char::from_u32(u32::from(*unit)).filter(|_| !is_escaped) {
                Some('\\') => text += "\\\\",
                Some(character) => text.push(character),
                None => write!(text, "\\u{unit:04x}").unwrap(),
            }
        }
        constant("utf16", text, units.iter().flat_map(|(unit, _)| unit.to_le_bytes()).collect(), 2)
    });
    let byte = (prop_oneof![Just(0), any::<u8>()], prop::sample::select(vec!["", " ", "\t \n"]));
    let hex = prop::collection::vec(byte, 0..40).prop_map(move |bytes| {
        let text = bytes.iter().map(|(byte, blank)| format!("{byte:02x}{blank}")).collect();
        constant("hex", text, bytes.into_iter().map(|(byte, _)| byte).collect(), 1)
    });
    // A name always has the same size.
    let reserve = (0..3_u32, 0..8_u32).prop_map(move |(number, log2)| {
        let size = number * 40;
        let (text, alignment) = match log2 {
            0 => (format!("r{number} {size}"), 8),
            _ => (format!("r{number} {size:#x} align {}", 1 << log2), 1 << log2),
        };
        constant("reserve", text, vec![0; size as usize], alignment)
    });
    let way = prop::sample::select(vec![Way::Direct, Way::Copied, Way::Global, Way::Table]);
    (prop_oneof![utf8, utf16, hex, reserve], way).prop_map(|(constant, way)| Constant { way, ..constant })
}

fn program() -> impl Strategy<Value = Program> {
    use Kind::{Allocator, Base, Imported, Instances, New, Raised, Shared};
    let representations = vec!["i32", "i64", "anyref", "(ref any)", "structref", "(ref eq)"];
    let split = |pages| Kind::Split { pages };
    // Behind 64 MiB, linmem's data would prevent an image of the program's.
    let memories = vec![New, Raised, split(3), split(1024), Base, Imported, Allocator, Shared, Instances];
    let data = prop::collection::vec((0..BASE - 100, prop::collection::vec(any::<u8>(), 1..50)), 0..3);
    let constants = prop::collection::vec(constant(), 1..8);
    let choices = (prop::sample::select(representations), any::<prop::sample::Index>(), prop::sample::select(memories));
    let rest = (any::<bool>(), any::<bool>(), any::<bool>());
    let init = prop::sample::select(vec![Init::Auto, Init::Passive, Init::Image]);
    let reserved = prop::collection::vec(any::<u8>(), 0..40);
    let all = (choices, constants, (data, reserved, init), rest);
    all.prop_map(|((representation, level, memory), constants, (data, reserved, init), rest)| {
        Program {
            representation,
            level,
            memory,
            constants,
            data: if memory == New { Vec::new() } else { data },
            reserved: if memory == New || representation != "i32" { Vec::new() } else { reserved },
            init,
            is_unshared: rest.0,
            has_start: rest.1,
            has_other: rest.2,
        }
        .initialized()
    })
}

impl Program {
    fn config(&self) -> Config {
        let levels = support::levels(support::representation(self.representation));
        let (safety, nesting) = levels[self.level.index(levels.len())];
        let config = Config::new().with_safety(safety).with_nesting(nesting).with_init(self.init);
        let config = config.with_static_data(if self.is_unshared { StaticData::Unshared } else { StaticData::Shared });
        match self.memory {
            Kind::New | Kind::Raised | Kind::Shared => config,
            Kind::Split { pages } => config.with_split(SplitAddress::of_pages(pages)),
            Kind::Base | Kind::Imported | Kind::Instances => config.with_base(linmem::Base::Address(BASE)),
            Kind::Allocator => config.with_share(Share::Allocator { export: "malloc".to_string(), pin: None }),
        }
    }

    /// The number of the reservation that a data segment of the program initializes, if there is one.
    fn reservation(&self) -> Option<usize> {
        let is_large =
            |constant: &Constant| constant.module == "reserve" && constant.bytes.len() >= self.reserved.len();
        self.constants.iter().position(is_large).filter(|_| !self.reserved.is_empty())
    }

    /// With the bytes that the program's data segment writes to a reservation.
    fn initialized(mut self) -> Program {
        let Some(number) = self.reservation() else { return self };
        let size = self.constants[number].bytes.len();
        for constant in &mut self.constants {
            // Reservations of one size are the same.
            if constant.module == "reserve" && constant.bytes.len() == size {
                constant.bytes[..self.reserved.len()].copy_from_slice(&self.reserved);
            }
        }
        self
    }

    fn text(&self) -> String {
        let seg = self.representation;
        let mut text = format!(
            r#"(module
            (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
            (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
            (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
            (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
            (import "linmem" "MemorySegment.fill" (func $fill (param {seg} i32 i32 i32)))
            (import "linmem" "MemorySegment.getUByte" (func $get (param {seg} i32) (result i32)))
            (import "env" "__heap_base" (global $heap i32))"#
        );
        if self.memory == Kind::Imported {
            text += r#"(import "env" "memory" (memory $m 2)) (export "memory" (memory $m))"#;
        }
        if self.memory == Kind::Instances {
            text += r#"(import "env" "memory" (memory $m 2 1000 shared)) (export "memory" (memory $m))"#;
        }
        for (number, Constant { module, name, .. }) in self.constants.iter().enumerate() {
            let name: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
            write!(text, r#"(import "linmem:{module}" "{name}" (global $c{number} {seg}))"#).unwrap();
        }
        match self.memory {
            Kind::New | Kind::Imported | Kind::Instances => {}
            Kind::Shared => text += r#"(memory $m (export "memory") 2 1000 shared)"#,
            Kind::Raised | Kind::Split { .. } | Kind::Base | Kind::Allocator => {
                text += if self.has_other { "(memory 1)" } else { "" };
                text += r#"(memory $m (export "memory") 2)"#;
            }
        }
        if let Kind::Split { .. } = self.memory {
            text += r#"(func (export "size") (result i32) (memory.size $m))"#;
        }
        text += r#"(func (export "malloc") (param i32) (result i32) (i32.const 0))"#;
        text += "(global $n (mut i32) (i32.const 0)) (global $own (mut i32) (i32.const 7))";
        for (address, bytes) in &self.data {
            let bytes: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            write!(text, r#"(data (memory $m) (i32.const {address}) "{bytes}")"#).unwrap();
        }
        if let Some(number) = self.reservation() {
            let bytes: String = self.reserved.iter().map(|byte| format!("\\{byte:02x}")).collect();
            write!(text, r#"(data (memory $m) (global.get $c{number}) "{bytes}")"#).unwrap();
        }
        if self.has_start {
            text += "(start $start) (func $start (global.set $n (i32.add (global.get $own) (global.get $heap))))";
        }
        text += r#"(func (export "n") (result i32) (global.get $n))"#;
        if matches!(self.memory, Kind::Shared | Kind::Instances) {
            text += r#"(func (export "byte") (param i32) (result i32) (i32.load8_u $m (local.get 0)))"#;
        }
        let is_reference = !matches!(seg, "i32" | "i64");
        for (number, constant) in self.constants.iter().enumerate() {
            let segment = match constant.way {
                Way::Direct => format!("(global.get $c{number})"),
                Way::Copied => {
                    write!(text, "(func $copied{number} (result {seg}) (global.get $c{number}))").unwrap();
                    format!("(call $copied{number})")
                }
                Way::Table if is_reference => {
                    let value = format!("(global.get $c{number})");
                    write!(text, "(table $t{number} 2 {seg} {value})").unwrap();
                    write!(text, "(elem (table $t{number}) (i32.const 1) {seg} (item {value}))").unwrap();
                    format!("(table.get $t{number} (i32.const {}))", number % 2)
                }
                Way::Global | Way::Table => {
                    write!(text, "(global $g{number} {seg} (global.get $c{number}))").unwrap();
                    format!("(global.get $g{number})")
                }
            };
            write!(
                text,
                r#"(func (export "address{number}") (result i32) (call $address {segment}))
                (func (export "either{number}") (param i32) (result i32) (local $s {seg})
                  (local.set $s (block $either (result {seg})
                    (drop (br_if $either (global.get $c{number}) (local.get 0))) (global.get $c0)))
                  (call $address (local.get $s)))
                (func (export "get{number}") (param i32) (result i32) (call $get {segment} (local.get 0)))"#
            )
            .unwrap();
        }
        text += match seg {
            "i32" => {
                r#"(func (export "raw") (result i32 i32)
                  (i32.add (i32.const 1) (global.get $c0)) (call $get (i32.const 0) (global.get $c0)))"#
            }
            "i64" => {
                r#"(func (export "raw") (result i32 i32)
                  (i32.wrap_i64 (i64.add (i64.const 1) (global.get $c0)))
                  (call $get (i64.const 0x7fffffff00000000) (call $address (global.get $c0))))"#
            }
            _ => {
                r#"(func (export "raw") (result i32)
                  (i32.add (call $address (global.get $c0)) (i32.eqz (ref.is_null (global.get $c0)))))"#
            }
        };
        text += r#"(export "c0" (global $c0))
            (func (export "region") (param i32) (local $r i32)
              (local.set $r (call $new))
              (call $fill (call $allocate (local.get $r) (local.get 0)) (i32.const 0) (local.get 0) (i32.const 255))
              (call $free (local.get $r))))"#;
        text
    }
}

fn number(values: &[Val]) -> u32 {
    values[0].unwrap_i32() as u32
}

fn check(program: &Program) {
    let verdict = |module: &[u8]| image::read(module).unwrap().try_static_init(4096, 16 << 20);
    let link = |config: &Config| linmem::link(program.text().as_bytes(), config);
    let linked = match link(&program.config()) {
        Err(error) if program.init == Init::Image => {
            assert!(error.to_string().starts_with("`init = image`: memories cannot have images: "), "{error}");
            let linked = link(&program.config().with_init(Init::Auto)).unwrap();
            assert_ne!(verdict(&linked), Verdict::Static);
            linked
        }
        linked => linked.unwrap(),
    };
    // Empty segments only give the others their numbers.
    let is_active = |segment: &Result<wasmparser::Data<'_>, _>| match segment {
        Ok(segment) => matches!(segment.kind, wasmparser::DataKind::Active { .. }) && !segment.data.is_empty(),
        Err(_) => false,
    };
    let active = wasmparser::Parser::new(0).parse_all(&linked).map(|payload| match payload {
        Ok(wasmparser::Payload::DataSection(section)) => section.into_iter().filter(is_active).count(),
        _ => 0,
    });
    match (active.sum::<usize>(), program.init) {
        (0, _) | (_, Init::Auto) | (1, Init::Image) => {}
        (count, _) => assert_ne!(verdict(&linked), Verdict::Static, "{count} active segments"),
    }
    if !program.data.is_empty() && verdict(&linmem::wat::parse(program.text().as_bytes()).unwrap()) == Verdict::Static {
        assert_eq!(verdict(&linked), Verdict::Static, "the program's data can be mapped as an image");
    }
    let mut running = Running::new(&linked, State::default());
    assert_eq!(number(&running.call("n", &[]).unwrap()), if program.has_start { 7 + 1028 } else { 0 });
    let addresses: Vec<u32> = (0..program.constants.len())
        .map(|constant| number(&running.call(&format!("address{constant}"), &[]).unwrap()))
        .collect();
    for (constant, address) in addresses.iter().enumerate() {
        for (condition, expected) in [(0, addresses[0]), (1, *address)] {
            let either = running.call(&format!("either{constant}"), &[Val::I32(condition)]).unwrap();
            assert_eq!(number(&either), expected, "constant {constant} if {condition}");
        }
    }
    // There may be no memory at the address of an empty constant.
    if let Some(byte) = program.constants[0].bytes.first() {
        let raw = running.call("raw", &[]).unwrap();
        assert_eq!(number(&raw), addresses[0] + 1);
        assert!(raw.get(1).is_none_or(|found| found.unwrap_i32() == i32::from(*byte)), "{raw:?}");
    }
    let first = match program.memory {
        Kind::New => 8,
        Kind::Raised | Kind::Allocator | Kind::Shared => 2 * PAGE,
        Kind::Split { pages } => pages * PAGE,
        Kind::Base | Kind::Imported | Kind::Instances => BASE,
    };
    for (constant, address) in program.constants.iter().zip(&addresses) {
        assert!(*address >= first && address.is_multiple_of(constant.alignment), "{constant:?} at {address}");
    }
    for bytes in [0, 8, 1000, 70_000, 200_000] {
        // The program's allocator has no memory.
        if bytes > 0 && program.memory != Kind::Allocator {
            running.call("region", &[Val::I32(bytes)]).unwrap();
        }
        check_bytes(program, &mut running, &addresses);
        if let Kind::Split { .. } = program.memory {
            assert_eq!(number(&running.call("size", &[]).unwrap()), 2);
        }
    }
    let exported = running.instance.get_global(&mut running.store, "c0").unwrap().get(&mut running.store);
    match (exported, program.constants[0].bytes.len() as i64) {
        (Val::I32(address), _) => assert_eq!(address as u32, addresses[0]),
        (Val::I64(segment), size) => assert_eq!(segment, size << 32 | i64::from(addresses[0])),
        (other, _) => assert!(matches!(other, Val::AnyRef(Some(_)))),
    }
}

/// Bytes of the memory.
fn bytes(running: &mut Running, start: usize, size: usize) -> Vec<u8> {
    if let Some(memory) = running.instance.get_memory(&mut running.store, "memory") {
        return memory.data(&running.store)[start..start + size].to_vec();
    }
    // The bytes of a shared memory are read by the module.
    let mut byte = |at: usize| number(&running.call("byte", &[Val::I32(at as i32)]).unwrap()) as u8;
    (start..start + size).map(&mut byte).collect()
}

fn check_bytes(program: &Program, running: &mut Running, addresses: &[u32]) {
    for (number_of, (constant, address)) in program.constants.iter().zip(addresses).enumerate() {
        let at = *address as usize;
        let found = bytes(running, at, constant.bytes.len());
        assert_eq!(found, constant.bytes, "{constant:?} at {address}");
        for offset in [0, constant.bytes.len() / 2, constant.bytes.len().saturating_sub(1)] {
            let Some(byte) = constant.bytes.get(offset) else { continue };
            let read = running.call(&format!("get{number_of}"), &[Val::I32(offset as i32)]).unwrap();
            assert_eq!(number(&read), u32::from(*byte), "byte {offset} of {constant:?}");
        }
        if program.is_unshared && constant.module != "reserve" && !constant.bytes.is_empty() {
            let overlaps = program.constants.iter().zip(addresses).enumerate().any(|(other, (it, start))| {
                other != number_of
                    && !it.bytes.is_empty()
                    && *start < address + constant.bytes.len() as u32
                    && *address < start + it.bytes.len() as u32
            });
            assert!(!overlaps, "{constant:?} at {address} overlaps another one: {addresses:?}");
        }
    }
    let mut own = vec![0; BASE as usize];
    for (address, bytes) in &program.data {
        own[*address as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    if program.memory != Kind::New {
        assert_eq!(bytes(running, 0, BASE as usize), own, "the program's data");
    }
}

#[test]
fn imported_memory_is_cleared() {
    let text = r#"(module
        (import "env" "memory" (memory 1))
        (import "linmem:hex" "00 01 00" (global $bytes i32))
        (import "linmem:reserve" "a 5 align 1" (global $a i32))
        (export "bytes" (global $bytes))
        (export "a" (global $a)))"#;
    let config = Config::new().with_base(linmem::Base::Address(BASE));
    let module = compile(&linmem::link(text.as_bytes(), &config).unwrap());
    let mut store = Store::new(engine(), ());
    store.set_fuel(1 << 20).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    memory.data_mut(&mut store).fill(0xff);
    let instance = Instance::new(&mut store, &module, &[memory.into()]).unwrap();
    let mut address = |name: &str| {
        let global = instance.get_global(&mut store, name).unwrap();
        global.get(&mut store).unwrap_i32() as usize
    };
    let (bytes, a) = (address("bytes"), address("a"));
    assert_eq!((bytes, a), (BASE as usize + 8, BASE as usize + 11));
    assert_eq!(memory.data(&store)[bytes - 1..a + 6], [0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0xff]);
}

/// The areas of the memory of a module with one reservation of 8 bytes.
fn areas(rest: &str, config: &Config) -> Vec<(u64, Option<u64>, &'static str, String)> {
    let text = format!(r#"(module (import "linmem:reserve" "a 8" (global i64)) {rest})"#);
    let layout = linmem::layout::read(text.as_bytes(), config, 4096, 16 << 20).unwrap();
    let memory = layout.memories.into_iter().next().unwrap();
    memory.areas.into_iter().map(|area| (area.start, area.end, area.kind.name(), area.label)).collect()
}

#[test]
fn layout_shows_static_data_and_the_parts_of_a_split_memory() {
    let page = u64::from(PAGE);
    let imports = r#"(import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))"#;
    let allocates = "(func (drop (call $allocate (call $new) (i32.const 8))))";
    let new = areas(&format!("{imports} {allocates}"), &Config::new());
    let parts: Vec<_> = new.iter().map(|(start, end, kind, _)| (*start, *end, *kind)).collect();
    assert_eq!(
        parts,
        [
            (0, Some(8), "null"),
            (8, Some(16), "chunk"),
            (16, Some(24), "data"),
            (24, Some(page), "chunk"),
            (page, None, "growth")
        ]
    );
    let config = Config::new().with_split(SplitAddress::of_pages(4));
    let memory = "(memory 1) (func (result i32) memory.size)";
    let split = areas(memory, &config);
    let parts: Vec<_> = split.iter().map(|(start, end, kind, _)| (*start, *end, *kind)).collect();
    let end = 4 * page + 8;
    assert_eq!(
        parts,
        [
            (0, Some(page), "program"),
            (page, Some(4 * page), "program"),
            (4 * page, Some(end), "data"),
            (end, Some(5 * page), "program")
        ]
    );
    assert_eq!(split[2].3, "linmem: static data");
    // Only a module that allocates grows its memory.
    let split = areas(&format!("{imports} {memory} {allocates}"), &config);
    let last: Vec<_> = split.iter().rev().map(|(start, end, kind, _)| (*start, *end, *kind)).take(2).collect();
    assert_eq!(last[0], (5 * page, None, "growth"));
    assert_eq!(last[1].1, Some(5 * page));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_is_read_back(program in program()) {
        check(&program);
    }
}
