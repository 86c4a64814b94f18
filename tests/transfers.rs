//! Transfers with a host that limits the bytes of each call, interrupts calls, and lets them wait. In all cases, no byte is
//! lost, repeated or misplaced, and input that does not fit into memory gives an errno.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::wasi::Errno;
use linmem::{Config, OutOfMemory, Safety, Zero};
use linmem_host::wasmtime::{Module, Val};
use support::folder::{Embedding, World};
use support::host::{Limits, Running, State, compile};

const PROGRAM: &str = r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "wasi.read_to_end" (func $read_to_end (param i32 i32) (result i32 {seg} {bytes})))
  (import "linmem" "wasi.read_exact" (func $read_exact (param i32 {seg} {bytes}) (result i32 i32)))
  (import "linmem" "wasi.write_all" (func $write_all (param i32 {seg} {bytes}) (result i32)))
  (import "test" "grow" (func $grow (param i32) (result i32)))
  (import "linmem" "wasi.open" (func $open (param {seg} {bytes} i32) (result i32 i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (func (export "grow") (drop (call $grow (i32.const 1))))
  ;; The file "file".
  (func (export "open") (param $region i32) (result i32 i32) (local $s {seg})
    (local.set $s (call $allocate (local.get $region) (i32.const 4)))
    (call $setInt (local.get $s) (i32.const 0) (i32.const 0x656c6966))
    (call $open (local.get $s) {size:4} (i32.const 0)))
  (func (export "new") (result i32) (call $new))
  (func (export "free") (param i32) (call $free (local.get 0)))
  (func (export "allocate") (param i32 i32) (result i32)
    (call $address (call $allocate (local.get 0) (local.get 1))))
  (func (export "read_to_end") (param $region i32) (param $fd i32) (result i32 i32) (local $s {seg}) (local $errno i32)
    (call $read_to_end (local.get $region) (local.get $fd))
    {drop}
    (local.set $s) (local.set $errno)
    (local.get $errno) (call $address (local.get $s)))
  (func (export "read_exact") (param $address i32) (param $bytes i32) (result i32 i32)
    (call $read_exact (i32.const 0) (call $ofAddress (local.get $address) (local.get $bytes)) {i32:(local.get $bytes)}))
  (func (export "write_all") (param $address i32) (param $bytes i32) (result i32)
    (call $write_all (i32.const 1) (call $ofAddress (local.get $address) (local.get $bytes)) {i32:(local.get $bytes)})))
"#;

fn linked(representation: &str, config: &Config) -> Module {
    let text = support::testfile::expand(PROGRAM, representation);
    compile(&linmem::link(text.as_bytes(), config).unwrap())
}

fn int(value: i32) -> Val {
    Val::I32(value)
}

fn call(running: &mut Running, name: &str, args: &[i32]) -> Vec<u32> {
    let args: Vec<Val> = args.iter().map(|arg| int(*arg)).collect();
    let results = running.call(name, &args).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    results.iter().map(|value| value.unwrap_i32() as u32).collect()
}

/// Bytes that differ from their neighbours.
fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes as u32).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect()
}

/// The errnos of the first calls: interruptions (27) and calls that would block (6).
const ERRNOS: [&[i32]; 3] = [&[], &[27], &[6, 27, 6, 6]];

fn configs() -> Vec<(&'static str, Config)> {
    let mut configs = Vec::new();
    for representation in ["i32", "i64", "anyref"] {
        for (number, zero) in [Zero::Never, Zero::Allocate, Zero::Free].into_iter().enumerate() {
            let safety = match (representation, number) {
                (_, 0) => Safety::None,
                ("i32", _) | (_, 1) => Safety::Temporal,
                _ => Safety::Spatial,
            };
            let out_of_memory = if number == 1 { OutOfMemory::Null } else { OutOfMemory::Trap };
            configs.push((
                representation,
                Config::new().with_safety(safety).with_zero(zero).with_out_of_memory(out_of_memory),
            ));
        }
    }
    configs
}

#[test]
fn read_to_end_reads_everything() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        for bytes in [0, 1, 7, 4079, 4080, 4081, 8160, 8161, 70_000, 300_000] {
            for transfer in [0, 1, 13, 4000, 65_536] {
                if transfer == 1 && bytes > 10_000 {
                    continue;
                }
                for errnos in ERRNOS {
                    for grown in [false, true] {
                        let input = pattern(bytes);
                        let state =
                            State { input: input.clone(), transfer, errnos: errnos.to_vec(), ..State::default() };
                        let mut running = Running::of_module(&module, state, Limits::default());
                        let what = format!("{bytes} bytes, {transfer} a call, {representation}, {config:?}");
                        let region = call(&mut running, "new", &[])[0] as i32;
                        if grown {
                            // Memory that other code grows, so that the next chunk is not adjacent.
                            call(&mut running, "grow", &[]);
                        }
                        let first = call(&mut running, "allocate", &[region, 100])[0];
                        let results = call(&mut running, "read_to_end", &[region, 0]);
                        assert_eq!(results[0], 0, "{what}");
                        let start = results[1] as usize;
                        assert!(start as u32 >= first + 100, "{what}");
                        let memory = running.memory();
                        assert_eq!(memory.data(&running.store)[start..start + bytes], input, "{what}");
                        let next = call(&mut running, "allocate", &[region, 16])[0] as usize;
                        let behind = start + bytes.next_multiple_of(8);
                        assert!(next == behind || grown && next > behind, "{what}: {next} is not {behind}");
                        call(&mut running, "free", &[region]);
                        if config.zero == Zero::Free && !grown {
                            let data = &memory.data(&running.store)[first as usize..];
                            assert!(data.iter().all(|byte| *byte == 0), "{what}: freed memory is not zero");
                        }
                        assert!(running.store.data().input.is_empty(), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn read_beyond_memory_returns_nomem() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        let nomem = Errno::Nomem.code();
        // If other code has grown the memory, the bytes that were read move to another chunk.
        for (bytes, errno, grown) in [
            (200_000, 0, false),
            (400_000, nomem, false),
            (262_140, nomem, false),
            (100_000, 0, true),
            (200_000, nomem, true),
        ] {
            let state = State { input: pattern(bytes), ..State::default() };
            let limits = Limits { pages: 4, ..Limits::default() };
            let mut running = Running::of_module(&module, state, limits);
            let region = call(&mut running, "new", &[])[0] as i32;
            if grown {
                call(&mut running, "grow", &[]);
            }
            let first = call(&mut running, "allocate", &[region, 8])[0];
            let results = call(&mut running, "read_to_end", &[region, 0]);
            assert_eq!(results[0], errno, "{bytes} bytes in 4 pages, {representation}, {config:?}");
            let next = call(&mut running, "allocate", &[region, 8])[0];
            if errno != 0 {
                assert_eq!((results[1], next), (0, first + 8), "memory that was allocated for the read is free again");
            }
        }
    }
}

#[test]
fn large_files_return_fbig() {
    let nomem = Errno::Nomem.code();
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        for (bytes, expected) in
            [(5000, 0), (0xffff_ff00, nomem), (1 << 32, Errno::Fbig.code()), (1 << 40, Errno::Fbig.code())]
        {
            let world = World {
                directories: vec!["/".to_string()],
                files: vec![("file".to_string(), bytes)],
                ..World::default()
            };
            let state = State { embedding: Some(Embedding::new(world, support::scratch())), ..State::default() };
            let limits = Limits { pages: 1000, ..Limits::default() };
            let mut running = Running::of_module(&module, state, limits);
            let region = call(&mut running, "new", &[])[0] as i32;
            let opened = call(&mut running, "open", &[region]);
            assert_eq!(opened[0], 0, "{representation}");
            let [errno, start] = call(&mut running, "read_to_end", &[region, opened[1] as i32])[..] else { panic!() };
            assert_eq!(errno, expected, "{bytes} bytes, {representation}, {config:?}");
            assert_eq!(start == 0, expected != 0);
        }
    }
}

#[test]
fn transfers_are_exact() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        for bytes in [0, 1, 2, 63, 64, 1000, 65_536] {
            for transfer in [0, 1, 3, 1000] {
                if transfer == 1 && bytes > 10_000 {
                    continue;
                }
                for errnos in ERRNOS {
                    let input = pattern(bytes + 5);
                    let state = State { input: input.clone(), transfer, errnos: errnos.to_vec(), ..State::default() };
                    let mut running = Running::of_module(&module, state, Limits::default());
                    let what = format!("{bytes} bytes, {transfer} a call, {representation}, {config:?}");
                    let region = call(&mut running, "new", &[])[0] as i32;
                    let start = call(&mut running, "allocate", &[region, bytes as i32 + 32])[0] as i32 + 8;
                    assert_eq!(call(&mut running, "read_exact", &[start, bytes as i32]), [0, bytes as u32], "{what}");
                    let memory = running.memory();
                    let data = &memory.data(&running.store)[start as usize - 8..start as usize + bytes + 8];
                    assert_eq!(data[8..8 + bytes], input[..bytes], "{what}");
                    assert!(
                        data[..8].iter().chain(&data[8 + bytes..]).all(|byte| *byte == 0),
                        "{what}: bytes beside the segment changed"
                    );
                    running.store.data_mut().errnos = errnos.to_vec();
                    assert_eq!(call(&mut running, "write_all", &[start, bytes as i32]), [0], "{what}");
                    assert_eq!(running.store.data().output, input[..bytes], "{what}");
                    // Exactly five bytes are left.
                    assert_eq!(call(&mut running, "read_exact", &[start, 16]), [0, 5], "{what}");
                    assert_eq!(call(&mut running, "read_exact", &[start, 16]), [0, 0], "{what}");
                }
            }
        }
    }
}

#[test]
fn errno_comes_with_count_read() {
    for (representation, config) in configs() {
        let module = linked(representation, &config);
        let state = State { input: pattern(20), transfer: 8, fails_after: Some((2, 29)), ..State::default() };
        let mut running = Running::of_module(&module, state, Limits::default());
        let region = call(&mut running, "new", &[])[0] as i32;
        let start = call(&mut running, "allocate", &[region, 32])[0] as i32;
        assert_eq!(call(&mut running, "read_exact", &[start, 32]), [29, 16], "{representation}");
        assert_eq!(call(&mut running, "read_exact", &[start, 32]), [0, 4], "{representation}");
    }
}
