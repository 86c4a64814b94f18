//! Text that does not fit: into its segment, into the memory, or into what the memory can grow to. Nothing is written then.

use crate::guest::{Kind, link};
use linmem::intrinsics::Element;
use linmem::{Config, Encoding, OutOfMemory, Safety};
use linmem_host::wasmtime::Val;
use linmem_testing::host::{Running, State, violation};

/// An array of `count` units, all of them `unit` except for the last one.
const PROGRAM: &str = r#"(module
  (type $units (array (mut {unit})))
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.allocate{Encoding}"
    (func $allocateText (param i32 (ref null $units) i32 i32) (result {seg} {bytes})))
  (import "linmem" "MemorySegment.set{Encoding}" (func $set (param {seg} i32 (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.get{Encoding}" (func $get (param {seg} i32 i32) (result (ref $units))))
  (import "linmem" "Text.{encoding}Size" (func $size (param (ref null $units) i32 i32) (result i32)))
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result {seg})))
  (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
  (memory (export "memory") 2 4)
  (func $array (param $count i32) (param $unit i32) (param $last i32) (result (ref $units)) (local $a (ref null $units))
    (local.set $a (array.new $units (local.get $unit) (local.get $count)))
    (if (local.get $count)
      (then (array.set $units (local.get $a) (i32.sub (local.get $count) (i32.const 1)) (local.get $last))))
    (ref.as_non_null (local.get $a)))
  (func (export "set") (param $address i32) (param $bytes i32) (param $offset i32) (param $count i32) (param $unit i32)
    (param $last i32) (result i32)
    (call $set (call $ofAddress (local.get $address) (local.get $bytes)) (local.get $offset)
      (call $array (local.get $count) (local.get $unit) (local.get $last)) (i32.const 0) (local.get $count)))
  (func (export "get") (param $address i32) (param $bytes i32) (result i32)
    (array.len (call $get (call $ofAddress (local.get $address) (local.get $bytes)) (i32.const 0) (local.get $bytes))))
  ;; Ranges of an array of four units.
  (func (export "size_of_range") (param $index i32) (param $count i32) (result i32)
    (call $size (call $array (i32.const 4) (i32.const 0x61) (i32.const 0x62)) (local.get $index) (local.get $count)))
  (func (export "set_range") (param $index i32) (param $count i32) (result i32)
    (call $set (call $ofAddress (i32.const 0x1000) (i32.const 100)) (i32.const 0)
      (call $array (i32.const 4) (i32.const 0x61) (i32.const 0x62)) (local.get $index) (local.get $count)))
  (func (export "allocate_range") (param $index i32) (param $count i32) (result i32) (local $region i32)
    (local.set $region (call $new))
    (call $allocateText (local.get $region) (call $array (i32.const 4) (i32.const 0x61) (i32.const 0x62))
      (local.get $index) (local.get $count))
    {drop} (drop)
    (call $free (local.get $region))
    (local.get $count))
  ;; The address of the text, and the distance from there to the next segment.
  (func (export "allocate") (param $count i32) (param $unit i32) (param $last i32) (result i32 i32)
    (local $none i32) (local $region i32) (local $s {seg}) (local $address i32)
    (local.set $region (call $new))
    (call $allocateText (local.get $region) (call $array (local.get $count) (local.get $unit) (local.get $last))
      (i32.const 0) (local.get $count))
    {drop} (local.set $s)
    (local.set $address (call $address (local.get $s)))
    ;; An allocation of constant size would be in the frame of the region.
    (local.set $none (i32.and (local.get $count) (i32.const 0)))
    (local.get $address)
    (i32.sub (call $address (call $allocate (local.get $region) (local.get $none))) (local.get $address))
    (call $free (local.get $region))))"#;

fn ints(values: &[u32]) -> Vec<Val> {
    values.iter().map(|value| Val::I32(*value as i32)).collect()
}

/// Calls an export. The error is the kind of the violation, or `None` for another trap.
fn call(running: &mut Running, name: &str, args: &[u32]) -> Result<Vec<u32>, Option<String>> {
    let results = running.call(name, &ints(args)).map_err(|error| violation(&error))?;
    Ok(results.iter().map(|value| value.unwrap_i32() as u32).collect())
}

fn running(kind: Kind, config: Config) -> Running {
    Running::new(&link(PROGRAM, kind, config), State::default())
}

/// Fills the memory around an address.
fn fill(running: &mut Running, address: usize, bytes: usize) {
    let memory = running.memory();
    memory.write(&mut running.store, address, &vec![0xaa; bytes]).unwrap();
}

fn expect<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// The size of a text, and of the texts that a segment has no room for.
pub(crate) fn check(kind: Kind) -> Result<(), String> {
    const AT: u32 = 0x1000;
    let last = if kind.element == Element::I8 { 0xe9 } else { 0x20ac };
    let last_bytes = match (kind.encoding, kind.element) {
        (Encoding::Latin1, _) => 1,
        (_, Element::I8) => 2,
        _ => 3,
    };
    for (safety, checked) in [(Safety::None, false), (Safety::Spatial, true), (Safety::Temporal, true)] {
        if kind.segment == "i32" && safety == Safety::Spatial {
            continue;
        }
        let checked = checked && kind.segment != "i32";
        let mut running = running(kind, Config::new().with_safety(safety));
        for count in [1, 2, 7, 8, 9, 31, 32, 33, 70] {
            let size = count - 1 + last_bytes;
            for room in [0, size - 1, size, size + 1] {
                fill(&mut running, AT as usize, 300);
                let result = call(&mut running, "set", &[AT, 5 + room, 5, count, 0x61, last]);
                let what = format!("{kind:?} {safety} {count} units, room for {room}");
                let fits = size <= room || !checked;
                let expected = if fits { Ok(vec![size]) } else { Err(Some("OutOfBounds".to_string())) };
                expect(result, expected, &what)?;
                let written = if fits { size } else { 0 } as usize;
                let memory = running.memory();
                let bytes = &memory.data(&running.store)[AT as usize..][..300];
                expect(&bytes[..5], &[0xaa; 5][..], &what)?;
                expect(bytes[5..].iter().take_while(|byte| **byte != 0xaa).count(), written, &what)?;
                expect(bytes[5 + written..].iter().all(|byte| *byte == 0xaa), true, &what)?;
            }
            // The offset is outside, whatever the array is.
            let outside = call(&mut running, "set", &[AT, 4, 5, 0, 0x61, last]);
            expect(outside, if checked { Err(Some("OutOfBounds".to_string())) } else { Ok(vec![0]) }, "no units")?;
        }
        at_end_of_memory(&mut running, (last, last_bytes))?;
    }
    Ok(())
}

/// A segment that ends after the memory: all text that fits is written, and all other traps before it is.
fn at_end_of_memory(running: &mut Running, (last, last_bytes): (u32, u32)) -> Result<(), String> {
    let memory = running.memory();
    let end = memory.data_size(&running.store) as u32;
    for count in [1, 8, 40] {
        let size = count - 1 + last_bytes;
        fill(running, end as usize - 64, 64);
        let fits = call(running, "set", &[end - size, 100, 0, count, 0x61, last]);
        expect(fits, Ok(vec![size]), "text at the end of the memory")?;
        fill(running, end as usize - 64, 64);
        let outside = call(running, "set", &[end - size + 1, 100, 0, count, 0x61, last]);
        expect(outside, Err(None), "text across the end of the memory")?;
        let bytes = &memory.data(&running.store)[end as usize - 64..];
        expect(bytes.iter().all(|byte| *byte == 0xaa), true, "bytes at the end of the memory")?;
        expect(call(running, "get", &[end - 8, 8]).is_ok(), true, "text at the end of the memory")?;
        expect(call(running, "get", &[end - 8, 9]), Err(None), "text across the end of the memory")?;
        expect(call(running, "get", &[end, 0]), Ok(vec![0]), "no text at the end of the memory")?;
    }
    Ok(())
}

#[test]
fn text_without_room_is_not_written() {
    for segment in ["i32", "i64", "anyref"] {
        for kind in Kind::all() {
            check(Kind { segment, ..kind }).unwrap();
        }
    }
}

/// The next segment begins right after the text: the room that it did not need is free again. An allocation that the memory
/// has room for succeeds, even if it would not for the largest text with that many units.
#[test]
fn new_text_takes_exactly_its_room() {
    for kind in Kind::all().into_iter().filter(|kind| kind.element == Element::I16) {
        for segment in ["i32", "i64", "anyref"] {
            let kind = Kind { segment, ..kind };
            for out_of_memory in [OutOfMemory::Trap, OutOfMemory::Null] {
                for safety in [Safety::None, Safety::Temporal] {
                    let config = Config::new().with_safety(safety).with_out_of_memory(out_of_memory);
                    let module = link(PROGRAM, kind, config);
                    let mut running = Running::new(&module, State::default());
                    for count in [1, 8, 40, 20_000, 60_000, 126_000] {
                        let result = call(&mut running, "allocate", &[count, 0x61, 0x62]).unwrap();
                        assert_eq!(result[1], count.next_multiple_of(8), "{kind:?} {safety} {count}");
                    }
                    let refused = call(&mut running, "allocate", &[140_000, 0x61, 0x62]);
                    match out_of_memory {
                        OutOfMemory::Null => assert_eq!(refused.unwrap()[0], 0),
                        _ => assert_eq!(refused, Err(Some("OutOfMemory".to_string()))),
                    }
                    let again = call(&mut running, "allocate", &[126_000, 0x61, 0x62]);
                    assert!(out_of_memory != OutOfMemory::Null || again.is_ok());
                }
            }
        }
    }
}

/// Sums of an index and a count that are small if they wrap around, and counts whose bytes are.
#[test]
fn large_ranges_are_outside_of_an_array() {
    let near = |number: u32| [number.wrapping_sub(1), number, number.wrapping_add(1)];
    let large: Vec<u32> =
        [1 << 30, 1 << 31, 0x5555_5555, 0xaaaa_aaab, u32::MAX - 1].into_iter().flat_map(near).collect();
    for kind in Kind::all() {
        for safety in [Safety::None, Safety::Temporal] {
            let mut running = running(kind, Config::new().with_safety(safety));
            for name in ["size_of_range", "set_range", "allocate_range"] {
                for (index, count) in [(0, 4), (1, 3), (4, 0)] {
                    assert_eq!(call(&mut running, name, &[index, count]), Ok(vec![count]), "{kind:?} {name}");
                }
                for number in &large {
                    let wraps = 0u32.wrapping_sub(*number);
                    for (index, count) in [(0, *number), (1, *number), (*number, 0), (*number, 1), (wraps, *number)] {
                        let result = call(&mut running, name, &[index, count]);
                        assert_eq!(result, Err(None), "{kind:?} {name} {index} {count}");
                    }
                }
            }
        }
    }
}
