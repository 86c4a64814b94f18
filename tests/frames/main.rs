//! Random programs with static frames, against the same programs without.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;
mod transcode;

use linmem::layout::AreaKind;
use linmem::{Config, Safety, StaticFrames};
use linmem_codegen::planted::Bug;
use linmem_host::wasmtime::Val;
use linmem_testing::frames::{PROGRAMS, Reach, VARIANTS, run_built, run_module};
use linmem_testing::host::{Running, State, violation};

/// The number of modules that are run: over 20,000 programs.
const MODULES: usize = VARIANTS * 8;

/// The number of modules that are built.
const BUILT: usize = VARIANTS * 2;

#[test]
fn static_frames_change_no_behavior() {
    let total = run_all(MODULES, run_module);
    support::show(&format!("frames: {total:?}"));
    assert_eq!(total.programs, MODULES * PROGRAMS);
    assert!(total.programs > 20_000 && total.modules > MODULES / 4 && total.frames > MODULES, "{total:?}");
    assert!(total.calls_back > 10_000 && total.thrown > 500, "{total:?}");
}

/// The same functions have frames whether a module is linked or built.
#[test]
fn static_frames_of_built_modules_change_no_behavior() {
    let total = run_all(BUILT, built);
    support::show(&format!("frames of built modules: {total:?}"));
    assert!(total.modules > BUILT / 3 && total.calls_back > 1_000 && total.thrown > 50, "{total:?}");
}

fn built(number: usize) -> Result<Reach, String> {
    run_built(number, transcode::build)
}

fn run_all(modules: usize, run: impl Fn(usize) -> Result<Reach, String> + Sync) -> Reach {
    let mut total = Reach::default();
    std::thread::scope(|scope| {
        let part = |part: usize| {
            let run = &run;
            scope.spawn(move || {
                let mut total = Reach::default();
                for number in (0..modules).filter(|number| number % 2 == part) {
                    total.add(&run(number)?);
                }
                Ok::<Reach, String>(total)
            })
        };
        for part in [part(0), part(1)] {
            total.add(&part.join().unwrap().unwrap_or_else(|error| panic!("{error}")));
        }
    });
    total
}

#[test]
fn planted_bugs_are_detected() {
    support::planted::expect_found(Bug::STATIC_FRAMES, 0..VARIANTS * 4, run_module);
    support::planted::expect_found(Bug::STATIC_FRAMES, 0..VARIANTS * 4, built);
}

/// Functions that misuse regions or segments, with the violation that checks find. `fine` misuses nothing.
const MISUSES: &[(&str, &str, &str)] = &[
    (
        "fine",
        "",
        "(local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
         (call $set (local.get $s) (i32.const 4) (i32.const 1)) (call $reads (local.get $s))
         (local.set $q (call $new)) (local.set $t (call $allocate (local.get $q) (i32.const 8)))
         (call $reads (local.get $t)) (call $free (local.get $q)) (call $free (local.get $r))",
    ),
    (
        "used_after_close",
        "UseAfterFree",
        "(local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
         (call $free (local.get $r)) (call $reads (local.get $s))",
    ),
    (
        "part_used_after_close",
        "UseAfterFree",
        "(local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
         (local.set $t (call $slice (local.get $s) (i32.const 4) (i32.const 4)))
         (call $free (local.get $r)) (drop (call $get (local.get $t) (i32.const 0)))",
    ),
    (
        "stored",
        "UseAfterFree",
        "(local.set $r (call $new)) (global.set $kept (call $allocate (local.get $r) (i32.const 8)))
         (call $free (local.get $r)) (drop (call $get (global.get $kept) (i32.const 0)))",
    ),
    (
        "stored_by_callee",
        "UseAfterFree",
        "(local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
         (call $passes (local.get $s)) (call $free (local.get $r)) (drop (call $get (global.get $kept) (i32.const 0)))",
    ),
    (
        "carried_by_branch",
        "UseAfterFree",
        "(local.set $r (call $new))
         (local.set $t (block (result {seg}) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
           (br_if 0 (local.get $s) (i32.const 1))))
         (call $free (local.get $r)) (drop (call $get (local.get $t) (i32.const 0)))",
    ),
    (
        "of_an_earlier_round",
        "UseAfterFree",
        "(loop $again (local.set $r (call $new))
           (if (local.get $i) (then (drop (call $get (local.get $s) (i32.const 0)))))
           (local.set $s (call $allocate (local.get $r) (i32.const 8)))
           (call $free (local.get $r))
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))",
    ),
    (
        "pushed_before_open",
        "UseAfterFree",
        "(loop $again
           (if (local.get $i) (then
             (drop (call $get (local.get $s) (call $opens_and_keeps (i32.const 0))))))
           (local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8))) (call $free (local.get $r))
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))",
    ),
    (
        "outer_allocates",
        "NotInnermost",
        "(local.set $r (call $new)) (local.set $q (call $new))
         (drop (call $allocate (local.get $r) (call $size))) (call $free (local.get $q)) (call $free (local.get $r))",
    ),
    (
        "outer_closed_first",
        "NotInnermost",
        "(local.set $r (call $new)) (local.set $q (call $new)) (call $free (local.get $r)) (call $free (local.get $q))",
    ),
    (
        "callee_allocates",
        "NotInnermost",
        "(global.set $handle (call $new)) (local.set $q (call $new)) (call $allocates) (call $free (local.get $q))
         (call $free (global.get $handle))",
    ),
    (
        "callee_leaves_open",
        "NotInnermost",
        "(local.set $r (call $new)) (drop (call $allocate (local.get $r) (i32.const 8))) (call $leaves_open)
         (call $free (local.get $r))",
    ),
    (
        "part_of_callee_used_after_close",
        "UseAfterFree",
        "(local.set $r (call $new)) (local.set $s (call $allocate (local.get $r) (i32.const 8)))
         (local.set $t (call $part (local.get $s)))
         (call $free (local.get $r)) (drop (call $get (local.get $t) (i32.const 0)))",
    ),
    (
        "opened_by_indirect_call_of_callee",
        "NotInnermost",
        "(local.set $r (call $new)) (drop (call $allocate (local.get $r) (i32.const 8))) (call $opens_indirectly)
         (call $free (local.get $r))",
    ),
    (
        "closed_twice",
        "AlreadyFreed",
        "(local.set $r (call $new)) (call $free (local.get $r)) (call $free (local.get $r))",
    ),
];

fn misuses(segment: &str) -> String {
    let null = if segment == "i64" { "(i64.const 0)" } else { "(ref.null any)" };
    let mut text = format!(
        r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {{seg}})))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (import "linmem" "MemorySegment.slice" (func $slice (param {{seg}} i32 i32) (result {{seg}})))
      (import "linmem" "MemorySegment.setInt" (func $set (param {{seg}} i32 i32)))
      (import "linmem" "MemorySegment.getInt" (func $get (param {{seg}} i32) (result i32)))
      (global $kept (mut {{seg}}) {null})
      (global $handle (mut i32) (i32.const 0))
      (global $bytes (export "bytes") (mut i32) (i32.const 8))
      (func $size (result i32) (global.get $bytes))
      (func $reads (param {{seg}}) (drop (call $get (local.get 0) (i32.const 4))))
      (func $passes (param {{seg}}) (call $keeps (local.get 0)) (call $reads (local.get 0)))
      (func $keeps (param {{seg}}) (call $set (local.get 0) (i32.const 0) (i32.const 1)) (global.set $kept (local.get 0)))
      (func $allocates (drop (call $allocate (global.get $handle) (i32.const 8))))
      (func $leaves_open (drop (call $allocate (call $new) (i32.const 8))))
      (func $part (param {{seg}}) (result {{seg}})
        (nop) (return_call $slice (local.get 0) (i32.const 0) (i32.const 4)))
      (table funcref (elem $new))
      (func $opens_indirectly (drop (call_indirect (result i32) (i32.const 0))))
      (func $opens_and_keeps (param i32) (result i32) (drop (call $new)) (local.get 0))
    "#
    );
    for (name, _, body) in MISUSES {
        text += &format!(
            "(func (export \"{name}\") (local $r i32) (local $q i32) (local $i i32) (local $s {{seg}}) (local $t {{seg}}) {body})\n"
        );
    }
    text += ")";
    text.replace("{seg}", segment)
}

/// The violation that a function ends in.
fn verdict(module: &[u8], name: &str) -> String {
    let mut running = Running::new(module, State::default());
    match running.call(name, &[]) {
        Ok(_) => String::new(),
        Err(error) => violation(&error).unwrap_or_else(|| format!("{error:?}")),
    }
}

#[test]
fn checks_find_the_same_misuse() {
    for segment in ["i64", "anyref"] {
        let text = misuses(segment);
        let config = |frames| Config::new().with_safety(Safety::Temporal).with_static_frames(frames);
        let link = |frames| linmem::link(text.as_bytes(), &config(frames)).unwrap();
        let (on, off) = (link(StaticFrames::On), link(StaticFrames::Off));
        for (name, expected, _) in MISUSES {
            let found = verdict(&off, name);
            // Bytes of an earlier round are not free if the region was opened again.
            let is_hidden = segment == "i64" && ["of_an_earlier_round", "pushed_before_open"].contains(name);
            assert!(is_hidden || found == *expected, "{segment} {name} without static frames: {found}");
            assert_eq!(verdict(&on, name), found, "{segment} {name} with static frames");
        }
        let layout = linmem::layout::read(text.as_bytes(), &config(StaticFrames::On), 4096, 0).unwrap();
        let areas = layout.memories.iter().flat_map(|memory| &memory.areas);
        let frames = areas.filter(|area| area.kind == AreaKind::Frames).flat_map(|area| &area.items).count();
        assert!(frames >= 1, "{segment}: `fine` has a static frame");
    }
}

/// A function with this many regions, one after the other or each inside of the one before. Each has a segment that is written
/// while the others are open and read before the region is closed.
fn many_regions(count: usize, is_nested: bool, segment: &str) -> String {
    let local = |name: &str, ty: &str| -> String { (0..count).map(|n| format!("(local ${name}{n} {ty})")).collect() };
    let open = |n: usize| {
        format!(
            "(local.set $r{n} (call $new)) (local.set $s{n} (call $allocate (local.get $r{n}) (i32.const 8)))
             (call $set (local.get $s{n}) (i32.const 0) (i32.add (local.get $x) (i32.const {n})))\n"
        )
    };
    let close = |n: usize| {
        format!(
            "(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (call $get (local.get $s{n}) (i32.const 0))))
             (call $free (local.get $r{n}))\n"
        )
    };
    let code: String = match is_nested {
        true => (0..count).map(open).chain((0..count).rev().map(close)).collect(),
        false => (0..count).map(|n| open(n) + &close(n)).collect(),
    };
    format!(
        r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {segment})))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (import "linmem" "MemorySegment.setInt" (func $set (param {segment} i32 i32)))
      (import "linmem" "MemorySegment.getInt" (func $get (param {segment} i32) (result i32)))
      (func (export "run") (param $x i32) (result i32) (local $sum i32) {} {} {code} (local.get $sum)))"#,
        local("r", "i32"),
        local("s", segment),
    )
}

/// The analysis knows 64 regions of a function. One with more has no static frame, and does the same.
#[test]
fn functions_with_more_regions_than_are_known() {
    for (count, is_nested) in [(64, false), (64, true), (65, false), (65, true), (200, true)] {
        let numbers: Vec<usize> = if is_nested { (0..count).rev().collect() } else { (0..count).collect() };
        let expected = numbers.iter().fold(0_i32, |sum, n| sum.wrapping_mul(3).wrapping_add(*n as i32 + 5));
        for segment in ["i64", "anyref"] {
            let text = many_regions(count, is_nested, segment);
            for safety in Safety::ALL {
                let config = Config::new().with_safety(*safety);
                let mut running = Running::new(&linmem::link(text.as_bytes(), &config).unwrap(), State::default());
                for _ in 0..2 {
                    let result = running.call("run", &[Val::I32(5)]).unwrap()[0].unwrap_i32();
                    assert_eq!(result, expected, "{count} regions, nested: {is_nested}, {segment} {safety}");
                }
                let layout = linmem::layout::read(text.as_bytes(), &config, 4096, 0).unwrap();
                let has_frame = layout.memories.iter().flat_map(|it| &it.areas).any(|it| it.kind == AreaKind::Frames);
                assert_eq!(has_frame, count <= 64, "{count} regions, nested: {is_nested}, {segment} {safety}");
            }
        }
    }
}

/// A chain of 200,000 functions, each with a frame of its own in part, and one cycle: nothing recurs on the stack of the host.
#[test]
fn deep_call_graphs_are_linear() {
    const FUNCTIONS: usize = 200_000;
    let mut text = String::from(
        r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (func (export "run") (call $f0))
    "#,
    );
    for function in 0..FUNCTIONS {
        let next = if function + 1 < FUNCTIONS { format!("(call $f{})", function + 1) } else { String::new() };
        if function % 1000 == 0 {
            text += &format!(
                "(func $f{function} (local $r i32) (local.set $r (call $new)) (drop (call $allocate (local.get $r) (i32.const 8)))
                   {next} (call $free (local.get $r)))"
            );
        } else {
            text += &format!("(func $f{function} {next})");
        }
    }
    text += ")";
    let module = support::parse(&text);
    let layout = linmem::layout::read(&module, &Config::new(), 4096, 0).unwrap();
    let areas = layout.memories.iter().flat_map(|memory| &memory.areas);
    let frames = areas.filter(|area| area.kind == AreaKind::Frames);
    let sizes: Vec<(u64, usize)> = frames.map(|area| (area.end.unwrap() - area.start, area.items.len())).collect();
    assert_eq!(sizes, [(8 * FUNCTIONS as u64 / 1000, FUNCTIONS / 1000)]);
}
