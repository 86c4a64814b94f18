//! Linking time is linear in the size of the module. For modules of several shapes, the test compares the instructions
//! that are executed for a module and for one of twice the size. valgrind counts them; without valgrind, it is skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The size of the smaller module.
const SIZE: usize = 5000;

/// The largest accepted ratio of instructions.
const MAX_RATIO: f64 = 2.4;

const IMPORTS: &str = r#"
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param {seg} i32) (result i32)))
"#;

/// The text of a module of one shape, by its size.
struct Shape {
    name: &'static str,
    args: &'static [&'static str],
    module: fn(usize) -> String,
}

fn module(segment: &str, code: &str) -> String {
    format!("(module {} {code})", IMPORTS.replace("{seg}", segment))
}

/// The concatenated texts for all numbers below `size`.
fn each(size: usize, text: impl Fn(usize) -> String) -> String {
    (0..size).map(text).collect()
}

const SHAPES: [Shape; 19] = [
    Shape {
        name: "functions with names, each with a site",
        args: &["--on-violation", "report"],
        module: |size| {
            let function =
                |n| format!("(func $f{n} (param $s i64) (result i32) (call $getInt (local.get $s) (i32.const 4)))\n");
            module("i64", &each(size, function))
        },
    },
    Shape {
        name: "findings in functions with names",
        args: &[],
        module: |size| {
            let function = |n| {
                format!(
                    "(func $f{n} (result i32) (call $getInt (call $allocate (call $new) (i32.const 4)) (i32.const 4)))\n"
                )
            };
            module("i64", &each(size, function))
        },
    },
    Shape {
        name: "intrinsics in a table",
        args: &[],
        module: |size| {
            let import =
                |n| format!("(import \"linmem\" \"MemorySegment.getInt\" (func $g{n} (param i64 i32) (result i32)))\n");
            format!("(module {} (table funcref (elem {})))", each(size, import), each(size, |n| format!("$g{n} ")))
        },
    },
    Shape {
        name: "frames that end below operands",
        args: &[],
        module: |size| {
            // A former quadratic bug here appears only at larger sizes.
            let size = 4 * size;
            let region = "(local.set $r (call $new)) (call $allocate (local.get $r) (i32.const 8)) (call $free (local.get $r))\n";
            let code = format!("{}{}", region.repeat(size), "i64.or ".repeat(size - 1));
            module("i64", &format!("(func (result i64) (local $r i32) {code})"))
        },
    },
    Shape {
        name: "operands of one frame",
        args: &[],
        module: |size| {
            let allocation = "(call $allocate (local.get $r) (i32.const 8))\n";
            let code = format!("{}{}", allocation.repeat(size), "i64.or ".repeat(size - 1));
            module("i64", &format!("(func (param $r i32) (result i64) {code})"))
        },
    },
    Shape {
        name: "one function with many sites",
        args: &["--safety", "temporal", "--on-violation", "report"],
        module: |size| {
            let access = "(drop (call $getInt (local.get $s) (i32.const 4)))
                          (local.set $s (i64.add (local.get $s) (i64.const 1)))\n";
            module("i64", &format!("(func (param $s i64) {})", access.repeat(size)))
        },
    },
    Shape {
        name: "counted loops",
        args: &["--safety", "spatial"],
        module: |size| {
            let code = "(local.set $i (i32.const 0))
                (loop
                  (call $setInt (local.get $s) (local.get $i) (i32.const 1))
                  (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))\n";
            module("i64", &format!("(func (param $s i64) (param $n i32) (local $i i32) {})", code.repeat(size)))
        },
    },
    Shape {
        name: "nested blocks",
        args: &[],
        module: |size| {
            // The parser of the text format is recursive.
            let size = size / 4;
            let code = "(drop (call $getInt (local.get $s) (i32.const 4)))";
            module("i64", &format!("(func (param $s i64) {}{code}{})", "(block ".repeat(size), ")".repeat(size)))
        },
    },
    Shape {
        name: "locals with segments of a frame",
        args: &[],
        module: |size| {
            let set = |n| {
                format!(
                    "(local.set $s{n} (call $allocate (local.get $r) (i32.const 4)))
                     (call $setInt (local.get $s{n}) (i32.const 0) (i32.const 1))\n"
                )
            };
            let locals = each(size, |n| format!("(local $s{n} i64)"));
            module("i64", &format!("(func (param $r i32) {locals} {})", each(size, set)))
        },
    },
    Shape {
        name: "locals with references",
        args: &["--safety", "temporal"],
        module: |size| {
            let set = |n| {
                format!(
                    "(local.set $s{n} (call $allocate (local.get $r) (local.get $n)))
                     (call $setInt (local.get $s{n}) (i32.const 0) (i32.const 1))\n"
                )
            };
            let locals = each(size, |n| format!("(local $s{n} anyref)"));
            module("anyref", &format!("(func (param $r i32) (param $n i32) {locals} {})", each(size, set)))
        },
    },
    Shape {
        name: "nested regions",
        args: &["--safety", "temporal"],
        module: |size| {
            let (locals, open) = (
                each(size, |n| format!("(local $r{n} i32)")),
                each(size, |n| format!("(local.set $r{n} (call $new))")),
            );
            let close = each(size, |n| format!("(call $free (local.get $r{}))", size - 1 - n));
            module("i64", &format!("(func {locals} {open} {close})"))
        },
    },
    Shape {
        name: "memory.size and memory.grow in functions that are copied",
        args: &[],
        module: |size| {
            let function = "(func (result i32) (i32.add (memory.size) (memory.grow (i32.const 1))))\n";
            module("i64", &format!("(memory 1) {} (func (drop (call $new)))", function.repeat(size)))
        },
    },
    Shape {
        name: "types of the program beside those of segments",
        args: &[],
        module: |size| {
            let function = |n| {
                format!(
                    "(type $t{n} (struct (field i32)))
                     (func $f{n} (param (ref $t{n}))
                       (drop (call $allocate (call $new) (struct.get $t{n} 0 (local.get 0)))))\n"
                )
            };
            module("anyref", &each(size, function))
        },
    },
    Shape {
        name: "handlers of exceptions",
        args: &["--safety", "temporal"],
        module: |size| {
            let region =
                "(local.set $r (call $new)) (block (try_table (catch_all 0) (call $g))) (call $free (local.get $r))\n";
            module("i64", &format!("(func $g) (func (local $r i32) {})", region.repeat(size)))
        },
    },
    Shape {
        name: "segments of one region, which are followed",
        args: &["--safety", "temporal"],
        module: |size| {
            let set = |n| {
                format!(
                    "(local.set $s{n} (call $allocate (local.get $r) (i32.const 4)))
                     (call $setInt (local.get $s{n}) (i32.const 0) (i32.const 1))\n"
                )
            };
            let locals = each(size, |n| format!("(local $s{n} i64)"));
            let code = each(size, set);
            module(
                "i64",
                &format!(
                    "(func (local $r i32) {locals} (local.set $r (call $new)) {code} (call $free (local.get $r)))"
                ),
            )
        },
    },
    Shape {
        name: "functions with regions, whose segments are followed",
        args: &["--safety", "temporal"],
        module: |size| {
            let size = size / 100;
            let function = |n: usize| {
                let next = if n + 1 < size { format!("$f{}", n + 1) } else { "$last".to_string() };
                let region = |r: usize| {
                    let allocate = |s| {
                        format!(
                            "(local.set $s{s} (call $allocate (local.get $r{r}) (i32.const 8)))
                             (call {next} (local.get $s{s}))\n"
                        )
                    };
                    let code = each(16, allocate);
                    format!("(local.set $r{r} (call $new)) {code} (call $free (local.get $r{r}))\n")
                };
                let locals = each(16, |n| format!("(local $r{n} i32) (local $s{n} i64)"));
                format!("(func $f{n} (param $s i64) {locals} {})\n", each(16, region))
            };
            module("i64", &format!("{} (func $last (param i64))", each(size, function)))
        },
    },
    Shape {
        name: "deep calls, each with a region",
        args: &["--safety", "temporal"],
        module: |size| {
            let function = |n| {
                let next = if n + 1 < size { n + 1 } else { n };
                let call = if n + 1 < size { format!("(call $f{next} (local.get $t))") } else { String::new() };
                format!(
                    "(func $f{n} (param $s i64) (local $r i32) (local $t i64)
                       (local.set $r (call $new)) (local.set $t (call $allocate (local.get $r) (i32.const 8)))
                       (call $setInt (local.get $t) (i32.const 0) (call $getInt (local.get $s) (i32.const 0)))
                       {call} (call $free (local.get $r)))\n"
                )
            };
            module("i64", &each(size, function))
        },
    },
    Shape {
        name: "functions with more regions than are known",
        args: &["--safety", "temporal"],
        module: |size| {
            let region = "(local.set $r (call $new)) (drop (call $allocate (local.get $r) (i32.const 8))) (call $free (local.get $r))\n";
            let function = format!("(func (local $r i32) {})\n", region.repeat(65));
            module("i64", &function.repeat(size / 50))
        },
    },
    Shape {
        name: "wrappers that call wrappers, and their callers",
        args: &[],
        module: |size| {
            let wrapper = |n| {
                // Chains of ten.
                let callee = if n % 10 == 9 || n + 1 == size { "getInt".to_string() } else { format!("w{}", n + 1) };
                format!(
                    "(func $w{n} (param i64 i32) (result i32) (call ${callee} (local.get 0) (local.get 1)))
                     (func $f{n} (param i64) (result i32) (call $w{n} (local.get 0) (i32.const 4)))\n"
                )
            };
            module("i64", &each(size, wrapper))
        },
    },
];

/// The number of instructions that linking a module executes.
fn instructions(text: &str, args: &[&str], file: &Path) -> f64 {
    std::fs::write(file, text).unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(env!("CARGO_BIN_EXE_linmem"))
        .arg("link")
        .args(args)
        .arg(file)
        .args(["-o", "/dev/null"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let count = errors.lines().find_map(|line| line.split_once("refs:").map(|(_, count)| count.replace(',', "")));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or_else(|| panic!("no count: {errors}"))
}

#[test]
fn linking_time_is_linear() {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !version.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("LINMEM_NO_SKIPS").is_none(), "valgrind is not installed");
        // The test harness captures what macros print.
        let _ =
            writeln!(std::io::stderr(), "skipped: linear time: valgrind, which counts instructions, is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let ratio = |number: usize| {
        let Shape { args, module, .. } = &SHAPES[number];
        let file = dir.path().join(format!("{number}.wat"));
        instructions(&module(2 * SIZE), args, &file) / instructions(&module(SIZE), args, &file)
    };
    let next = AtomicUsize::new(0);
    let ratios = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= SHAPES.len() {
                        break;
                    }
                    let ratio = ratio(number);
                    ratios.lock().unwrap().push((ratio, SHAPES[number].name));
                }
            });
        }
    });
    let mut wrong = Vec::new();
    for (ratio, name) in ratios.into_inner().unwrap() {
        println!("{ratio:.2} {name}");
        if ratio > MAX_RATIO {
            wrong.push(format!("{ratio:.2} times the instructions: {name}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
