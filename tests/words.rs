//! The compiler of `examples/words`, included as a module.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

#[path = "../examples/words/compiler/mod.rs"]
mod compiler;

use compiler::compile;
use linmem::{Config, Nesting, OnViolation, Safety, Zero};
use linmem_host::wasmtime::{Linker, Module, Store};
use linmem_host::wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_sync};
use linmem_host::wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use linmem_host::wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};
use std::path::PathBuf;

/// What a program prints and writes to standard error, and its exit status.
type Outcome = (String, String, i32);

/// A sample, compiled.
fn sample(name: &str, config: &Config) -> Vec<u8> {
    let path = support::root().join("examples/words").join(name);
    compile(name, &std::fs::read_to_string(path).unwrap(), config).unwrap()
}

/// Runs a module with the real WASI.
fn run(module: &[u8], args: &[&str], stdin: &[u8], folder: Option<&PathBuf>) -> Outcome {
    let (stdout, stderr) = (MemoryOutputPipe::new(1 << 20), MemoryOutputPipe::new(1 << 20));
    let mut builder = WasiCtxBuilder::new();
    builder.args(args).stdin(MemoryInputPipe::new(stdin.to_vec()));
    builder.stdout(stdout.clone()).stderr(stderr.clone());
    if let Some(folder) = folder {
        builder.preopened_dir(folder, ".", FsPerms::ReadOnly).unwrap();
    }
    let engine = support::host::engine();
    let mut store: Store<WasiP1Ctx> = Store::new(engine, builder.build_p1());
    store.set_fuel(u64::MAX / 2).unwrap();
    let mut linker = Linker::new(engine);
    add_to_linker_sync(&mut linker, |wasi: &mut WasiP1Ctx| wasi).unwrap();
    linker.func_wrap("linmem_report", "violation", |_: u32, _: u32, _: u32, _: u32, _: u32| ()).unwrap();
    linker.func_wrap("linmem_report", "errno", |_: u32, _: u32| ()).unwrap();
    let instance = linker.instantiate(&mut store, &Module::new(engine, module).unwrap()).unwrap();
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
    let status = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => error.downcast_ref::<I32Exit>().unwrap_or_else(|| panic!("{error:?}")).0,
    };
    drop(store);
    let text = |pipe: MemoryOutputPipe| String::from_utf8(pipe.contents().to_vec()).unwrap();
    (text(stdout), text(stderr), status)
}

fn configurations() -> Vec<Config> {
    let mut all = Vec::new();
    for (number, safety) in [Safety::None, Safety::Spatial, Safety::Temporal].into_iter().enumerate() {
        for nesting in Nesting::ALL {
            let on_violation = if number == 1 { OnViolation::Report } else { OnViolation::Trap };
            let config = Config::new().with_safety(safety).with_nesting(*nesting).with_on_violation(on_violation);
            all.push(config.with_zero(if number == 2 { Zero::Free } else { Zero::Never }));
        }
    }
    all
}

#[test]
fn samples_print_expected_output() {
    let folder = support::scratch().join(format!("words-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = "the cat and the dog\n and\tthe bird 😀 naïve 😀\n";
    std::fs::write(folder.join("text.txt"), text).unwrap();
    std::fs::write(folder.join("ill.txt"), b"a\xf0\x9f\x98 b\xff\n").unwrap();
    let counted = "2 lines, 11 words, 7 different ones\n3 the\n2 and\n2 😀\n1 bird\n1 cat\n1 dog\n1 naïve\n";
    let ok = |text: &str| (text.to_string(), String::new(), 0);
    for config in configurations() {
        let run =
            |name: &str, args: &[&str], stdin: &str| run(&sample(name, &config), args, stdin.as_bytes(), Some(&folder));
        assert_eq!(run("hello.words", &["hello"], ""), ok("Hello, wörld! 😀\n"), "{config:?}");
        let upper = run("uppercase.words", &["upper"], "some text\nßé z");
        assert_eq!(upper, ok("SOME TEXT\nßé Z1 lines, 9 letters\n"), "{config:?}");
        assert_eq!(run("cat.words", &["cat", "text.txt", "ill.txt"], ""), ok(&format!("{text}a\u{fffd} b\u{fffd}\n")));
        let missing = (String::new(), "error: no.txt cannot be read\n".to_string(), 1);
        assert_eq!(run("cat.words", &["cat", "no.txt"], ""), missing, "{config:?}");
        assert_eq!(run("count.words", &["count", "text.txt"], ""), ok(counted), "{config:?}");
        assert_eq!(run("count.words", &["count"], text), ok(counted), "{config:?}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn many_words_are_counted() {
    // More words than the table has places at first; word N occurs N % 7 + 1 times.
    let mut text = String::new();
    for round in 0..7 {
        for number in (0..5000).filter(|number| number % 7 >= round) {
            text.push_str(&format!("w{number} "));
        }
    }
    let (output, ..) = run(&sample("count.words", &Config::new()), &["count"], text.as_bytes(), None);
    let mut lines = output.lines();
    assert_eq!(lines.next(), Some("0 lines, 19995 words, 5000 different ones"));
    let mut expected: Vec<String> =
        (0..5000).filter(|number| number % 7 == 6).map(|number| format!("7 w{number}")).collect();
    expected.sort();
    assert_eq!(lines.collect::<Vec<_>>(), expected[..10]);
}

/// Runs `main` with these statements, and returns what it prints.
fn print(statements: &str) -> String {
    let source = format!("record Pair {{ left: int, right: Pair }}\nfn main() {{ {statements} }}");
    let module = compile("test.words", &source, &Config::new()).unwrap_or_else(|error| panic!("{source}: {error}"));
    run(&module, &[], b"", None).0
}

#[test]
fn expressions_have_their_values() {
    for (expression, value) in [
        ("to_string(0)", "0"),
        ("to_string(-2147483647 - 1)", "-2147483648"),
        ("to_string(2147483647)", "2147483647"),
        ("to_string(2 + 3 * 4 - 10 / 3 % 2)", "13"),
        ("to_string(-(1 - 4))", "3"),
        ("\"ab\" + \"\" + \"c\"", "abc"),
        ("\"abcdef\"[1..3]", "bc"),
        ("\"abc\"[3..3]", ""),
        ("to_string(\"abc\"[2])", "99"),
        ("to_string(len(\"a😀\"))", "3"),
        ("to_string(len([int; 7]))", "7"),
        ("to_string(Pair { left: 4, right: Pair { left: 5, right: null } }.right.left)", "5"),
        ("to_string(compare(\"ab\", \"abc\"))", "-1"),
    ] {
        assert_eq!(print(&format!("print({expression});")), value, "{expression}");
    }
    for (condition, value) in [
        ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2", true),
        ("true || len(\"\"[0..1]) == 0", true),
        ("false && len(\"\"[0..1]) == 0", false),
        ("\"abc\" == \"ab\" + \"c\"", true),
        ("\"abc\" != \"abd\"", true),
        ("\"B\" < \"a\" && \"a\" < \"aa\" && !(\"b\" <= \"a\") && \"b\" >= \"b\" && \"b\" > \"a\"", true),
        ("Pair { left: 1, right: null } == Pair { left: 1, right: null }", false),
        ("[Pair; 1][0] == null", true),
        ("[int; 1] != [int; 1]", true),
        ("\"\" == null", false),
    ] {
        let printed = print(&format!("if {condition} {{ print(\"true\"); }} else {{ print(\"false\"); }}"));
        assert_eq!(printed, value.to_string(), "{condition}");
    }
    let pair = "let p = Pair { left: 1, right: null }; let q = p; q.left = 7; print(to_string(p.left));";
    assert_eq!(print(pair), "7");
    let loops =
        "let i = 0; while true { if i == 3 { break; } i = i + 1; } let a = [int; 2]; a[1] = i; print(to_string(a[1]));";
    assert_eq!(print(loops), "3");
}

#[test]
fn errors_name_line_and_column() {
    for (source, message) in [
        ("fn main() {\n  let x = 1;\n  let y = \"a\" + x;\n}", "3:17: expected string, found int"),
        ("fn main() {\n  x = 1;\n}", "2:3: the variable x does not exist"),
        ("fn main() { let s = 'ab'; }", "1:21: a character must be one UTF-16 code unit"),
        ("fn main() { let s = \"ab; }", "1:21: this \" is not closed on its line"),
        ("fn main() { let s = 99999999999; }", "1:21: 99999999999 is too large for an int"),
        ("fn main() {\n  print(1);\n}", "2:9: expected string, found int"),
        ("fn main() {\n  print();\n}", "2:3: print has 1 parameter, but the call has 0"),
        ("fn main() {\n  len(1);\n}", "2:3: int has no length"),
        ("fn main() { prnt(\"\"); }", "1:13: the function prnt does not exist"),
        ("fn print() { }\nfn main() { }", "1:1: the function print is declared twice"),
        ("record A { }\nrecord A { }\nfn main() { }", "2:1: the type A is declared twice"),
        ("record A { x: B }\nfn main() { }", "1:15: the type B does not exist"),
        ("record A { x: int }\nfn main() { let a = A { }; }", "2:21: the field x of A is missing"),
        ("record A { x: int }\nfn main() { let a = A { x: 1, y: 2 }; }", "2:31: A has no field y after these"),
        ("record A { x: int }\nfn main() { let a = A { x: 1 }; a.y = 2; }", "2:34: A has no field y"),
        ("fn main() { let a = null; }", "1:21: the type of null is unknown here"),
        ("fn main() { let a: int = null; }", "1:26: expected int, found null"),
        ("fn main() { 1 = 2; }", "1:13: only variables, elements and fields can be assigned"),
        ("fn main() { break; }", "1:13: `break` outside of a loop"),
        ("fn f(): int {\n  if true { return 1; }\n}\nfn main() { }", "3:1: f can end without returning a value"),
        ("fn f() { }", "1:1: the program has no function `fn main()`"),
        ("fn main() { let a = 1 }", "1:23: expected `;`, found `}`"),
        ("fn main() { let é = 1; }", "1:17: unexpected character `é`"),
        ("let", "1:1: expected `record` or `fn`, found `let`"),
        ("fn main() {", "1:12: expected an expression, found the end of the file"),
        ("fn main() { if 1 { } }", "1:16: expected bool, found int"),
        ("fn main() { let a = true + false; }", "1:26: `+` does not exist for bool"),
        ("fn main() { let a = print(\"\"); }", "1:21: expected a value, found a call without a result"),
        ("fn main() { let a = 1; let a = 2; }", "1:24: the variable a is declared twice"),
    ] {
        let error = compile("t", source, &Config::new()).map(|_| ()).unwrap_err();
        assert_eq!(error, format!("t:{message}"), "{source}");
    }
    let deep = format!("fn main() {{ let a = {}1{}; }}", "(".repeat(2000), ")".repeat(2000));
    let error = compile("t", &deep, &Config::new()).map(|_| ()).unwrap_err();
    assert!(error.contains("the program is nested more than 100 levels deep"), "{error}");
}

#[test]
fn unused_functions_are_not_in_the_module() {
    let text = linmem::wat::print(&sample("hello.words", &Config::new())).unwrap();
    assert!(text.contains("fd_write") && !text.contains("fd_read") && !text.contains("path_open"), "{text}");
}

#[test]
fn compiler_contains_no_address() {
    for path in support::files(&support::root().join("examples/words"), "rs") {
        let source = std::fs::read_to_string(&path).unwrap();
        for word in ["I32Load", "I32Store", "MemArg", "memory(", "ddress(", "Segment", "region"] {
            assert!(!source.contains(word), "{}: {word}", path.display());
        }
    }
}
