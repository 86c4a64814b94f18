//! Copies between GC arrays and segments, compared with a model: every element type, at every small count and offset, with
//! counts around 2^31 and 2^32, at the end of the memory, and in random sequences; with each collector of wasmtime.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod model;
mod program;
mod random;
mod run;

use linmem::intrinsics::Element;
use linmem::{Config, Nesting, Optimize, OutOfMemory, Safety, Zero};
use linmem_codegen::planted::{Bug, plant};
use linmem_host::wasmtime::Engine;
use model::{Copy, Kind, Outcome};
use program::{COUNTS, Form};
use run::{Machine, engines};
use support::host::{Running, State};

/// The types of segments, and the levels and policies, that programs are linked with.
fn configurations() -> Vec<(&'static str, Config)> {
    let config = |safety, nesting| Config::new().with_safety(safety).with_nesting(nesting);
    vec![
        ("i64", config(Safety::Spatial, Nesting::Stack)),
        ("i32", config(Safety::None, Nesting::Outermost)),
        ("i32", config(Safety::Temporal, Nesting::Stack)),
        ("i64", config(Safety::None, Nesting::Stack)),
        ("i64", config(Safety::Temporal, Nesting::Outermost)),
        ("anyref", config(Safety::None, Nesting::Forbid)),
        ("structref", config(Safety::Spatial, Nesting::Stack)),
        ("(ref eq)", config(Safety::Temporal, Nesting::Stack)),
        ("i64", config(Safety::Spatial, Nesting::Stack).with_optimize(Optimize::Size)),
        ("i32", config(Safety::None, Nesting::Stack).with_out_of_memory(OutOfMemory::Null)),
        (
            "anyref",
            config(Safety::Temporal, Nesting::Stack).with_zero(Zero::Allocate).with_out_of_memory(OutOfMemory::Null),
        ),
        ("i64", config(Safety::Temporal, Nesting::Stack).with_zero(Zero::Free)),
    ]
}

/// Each configuration with the first engine, and the first two with each of the others: lowering does not depend on the
/// collector.
fn everywhere() -> Vec<(Engine, &'static str, Config)> {
    let mut all = Vec::new();
    for (number, engine) in engines().into_iter().enumerate() {
        let configurations = configurations().into_iter().take(if number == 0 { usize::MAX } else { 2 });
        all.extend(configurations.map(|(segment, config)| (engine.clone(), segment, config)));
    }
    all
}

/// Whether accesses are checked against the sizes of their segments.
fn is_checked(segment: &str, config: &Config) -> bool {
    segment != "i32" && config.safety.is_some_and(|safety| safety >= Safety::Spatial)
}

#[test]
fn every_small_count_and_offset_is_exact() {
    for (number, (engine, segment, config)) in everywhere().into_iter().enumerate() {
        for &element in Element::ALL {
            let mut machine = Machine::new(&engine, segment, &config, element);
            for count in 0..=40 {
                // The first configurations try all offsets, the others two of them with each count.
                for offset in (0..10).filter(|offset| number < 2 || (offset + count) % 5 == 0) {
                    for kind in Kind::ALL {
                        let index = (offset + count) % 3;
                        let copy = Copy { kind, offset, index, count, length: Some(index + count), ..Copy::SMALL };
                        for form in Form::of(count) {
                            assert_eq!(machine.check(copy, form), Outcome::Done, "{copy:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn one_element_more_is_outside() {
    for (engine, segment, config) in everywhere() {
        for &element in Element::ALL {
            let mut machine = Machine::new(&engine, segment, &config, element);
            let bytes = element.bytes();
            for count in [0, 1, 2, 3, 7, 8, 9, 11] {
                for kind in Kind::ALL {
                    let fits = Copy { kind, offset: 3, index: 1, count, length: Some(1 + count), ..Copy::SMALL };
                    let shorter = Copy { length: Some(count), ..fits };
                    let null = Copy { length: None, ..fits };
                    let segment = Copy { bytes: 3 + count * bytes, ..fits };
                    // Of a segment with one byte less, no byte is behind the end if none is copied.
                    let outside = Copy { bytes: (2 + count * bytes).min(segment.bytes), ..fits };
                    let both = Copy { length: None, ..outside };
                    for form in Form::of(count) {
                        for copy in [fits, shorter, null, segment, outside, both] {
                            machine.check(copy, form);
                        }
                    }
                }
            }
        }
    }
}

/// Numbers around the limits of signed and unsigned numbers of 32 bits, and of numbers of bytes.
fn large() -> Vec<u32> {
    let near = |number: u32| [number.wrapping_sub(1), number, number.wrapping_add(1)];
    let mut numbers: Vec<u32> =
        [1 << 31, 0, 1 << 28, 1 << 29, 1 << 30, 3 << 30].into_iter().flat_map(near).filter(|it| *it > 8).collect();
    numbers.extend([u32::MAX - 7, u32::MAX - 15, 0x2000_0002, 0x4000_0003]);
    numbers
}

#[test]
fn large_counts_and_indices_do_not_wrap_around() {
    let engines = engines();
    for (segment, config) in configurations() {
        for &element in Element::ALL {
            let mut machine = Machine::new(&engines[0], segment, &config, element);
            for kind in Kind::ALL {
                for number in large() {
                    let copy = Copy { kind, index: 1, count: 3, length: Some(4), ..Copy::SMALL };
                    for form in [Form::Dynamic, Form::Count, Form::All] {
                        // An index or a count for which the sum of both is small if it wraps around.
                        for index in [0, 1, 3, 0u32.wrapping_sub(number)] {
                            if form == Form::Dynamic || COUNTS.contains(&number) {
                                machine.check(Copy { index, count: number, ..copy }, form);
                            }
                        }
                        for count in [0, 1, 2, 3, 8, 9] {
                            if kind != Kind::New && form != Form::All {
                                machine.check(Copy { index: number, count, ..copy }, form);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn memory_that_ends_within_a_range_is_not_written() {
    let engines = engines();
    for (segment, config) in configurations() {
        for &element in Element::ALL {
            let mut machine = Machine::new(&engines[0], segment, &config, element);
            for kind in [Kind::From, Kind::To, Kind::New] {
                for count in [1, 2, 3, 7, 8, 9, 16, 31] {
                    for missing in [1, element.bytes(), count * element.bytes() / 2, count * element.bytes()] {
                        let bytes = count * element.bytes();
                        let start = machine.memory_bytes() - bytes + missing.clamp(1, bytes);
                        let copy = Copy { kind, start, offset: 0, bytes, index: 1, count, length: Some(1 + count) };
                        for form in
                            [Form::Dynamic, Form::Count].into_iter().take(1 + usize::from(COUNTS.contains(&count)))
                        {
                            assert_eq!(machine.check(copy, form), Outcome::Trap, "{copy:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn random_sequences_agree_with_the_model() {
    let mut reach = random::Reach::default();
    for number in 0..random::cases() {
        reach.add(random::run(number).unwrap_or_else(|message| panic!("{message}")));
    }
    reach.check();
}

/// Runs code between an array that is made of a data segment and its copy, and returns what was copied.
fn copied_after(code: &str) -> Result<i32, String> {
    let text = r#"(module
      (type $a (array i8))
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocateArray" (func $array (param i32 (ref null $a) i32 i32) (result i64)))
      (import "linmem" "MemorySegment.getInt" (func $getInt (param i64 i32) (result i32)))
      (data $data "\01\02\03\04")
      (func (export "f") (result i32)
        (call $new) (array.new_data $a $data (i32.const 0) (i32.const 4)) {code} (i32.const 0) (i32.const 4)
        (call $getInt (call $array) (i32.const 0))))"#;
    let mut running = Running::new(&support::link(&text.replace("{code}", code)), State::default());
    running.call("f", &[]).map(|results| results[0].unwrap_i32()).map_err(|error| format!("{error:?}"))
}

#[test]
fn data_is_not_copied_after_it_was_dropped() {
    assert_eq!(copied_after(""), Ok(0x0403_0201));
    assert_eq!(copied_after("(data.drop $data)"), Ok(0x0403_0201));
    plant(Some(Bug::ArrayDataAcrossCode));
    let found = copied_after("(data.drop $data)");
    plant(None);
    assert!(found.is_err(), "{found:?}");
}

#[test]
fn planted_bugs_are_found() {
    support::planted::expect_found(Bug::ARRAYS, 0..400, random::run);
}
