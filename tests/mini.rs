//! The compiler of `examples/mini`, included as modules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

#[path = "../examples/mini/compiler/mod.rs"]
mod compiler;

use compiler::{Way, compile};
use linmem::{Config, Nesting, Safety, Unwind, Zero};
use support::host::{Running, State};
use support::shown;

/// The samples: each name, the source, and the output that the comment at its end gives.
fn samples() -> Vec<(String, String, String)> {
    let folder = support::root().join("examples/mini");
    let read = |path: std::path::PathBuf| {
        let source = std::fs::read_to_string(&path).unwrap();
        let (_, output) = source.split_once("// Output:\n").expect("every sample gives its output");
        let output = output.lines().map(|line| format!("{}\n", line.strip_prefix("// ").unwrap())).collect();
        (path.file_name().unwrap().to_str().unwrap().to_string(), source, output)
    };
    let all: Vec<_> =
        support::files(&folder, "mini").into_iter().filter(|path| !path.ends_with("prelude.mini")).map(read).collect();
    assert!(all.len() >= 5, "only {} samples", all.len());
    all
}

#[test]
fn samples_print_expected_output_in_every_way() {
    let configurations = [
        Config::new(),
        Config::new().with_safety(Safety::None),
        Config::new().with_safety(Safety::Temporal).with_unwind(Unwind::Release),
        Config::new().with_safety(Safety::Temporal),
        Config::new().with_safety(Safety::Temporal).with_zero(Zero::Free).with_nesting(Nesting::Outermost),
    ];
    for (name, source, output) in samples() {
        for config in &configurations {
            for way in Way::ALL {
                let place = format!("{name}, {}, {config:?}", way.name());
                let module = compile(&name, &source, way, config).unwrap_or_else(|error| panic!("{place}: {error}"));
                let mut running = Running::new(&module, State::default());
                running.call("_start", &[]).unwrap_or_else(|error| panic!("{place}: {error:?}"));
                let printed = String::from_utf8(std::mem::take(&mut running.store.data_mut().output)).unwrap();
                assert_eq!(printed, output, "{place}");
                // The samples open regions 10,000 times, and leave them in every way.
                assert_eq!(running.memory().size(&running.store), 1, "{place}: memory was not freed");
            }
        }
    }
}

#[test]
fn samples_use_every_feature() {
    let sources: String = samples().into_iter().map(|(_, source, _)| source).collect();
    let words =
        ["@host(", "let ", "] = ", "if ", "else if ", "else {", "while ", "break;", "return;", "throw ", "try {"];
    for word in words {
        assert!(sources.contains(word), "no sample uses `{word}`");
    }
    let members = compiler::tree::Memory::ALL.map(|(_, name, ..)| name);
    for name in members.into_iter().chain(["withAllocator", "newString", "length"]) {
        assert!(sources.contains(name), "no sample uses `{name}`");
    }
}

/// The code of functions, as the module with this name has it in each of these ways.
fn code(sample: &str, function: &str, ways: &[Way]) -> String {
    let (name, source, _) = samples().into_iter().find(|(name, ..)| name == sample).unwrap();
    let show = |way: &Way| {
        let printed = linmem::wat::print(&compile(&name, &source, *way, &Config::new()).unwrap()).unwrap();
        let part = shown::functions(&printed).into_iter().find(|part| part.name == function).unwrap();
        format!(";; {}\n{}{}", way.name(), part.head, shown::pack(&part.text))
    };
    ways.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[test]
fn code_matches_golden() {
    let _guard = support::goldens("mini");
    insta::assert_snapshot!("print", code("hello.mini", "$print", &Way::ALL));
    insta::assert_snapshot!("count", code("memory.mini", "$count", &[Way::Builder]));
}

/// The lines of a file that exist only because of linmem, and the others; without comments and empty lines. The former
/// end with `// linmem`, or are between `// linmem {` and `// } linmem`.
fn glue(file: &str) -> (Vec<String>, Vec<String>) {
    let source = std::fs::read_to_string(support::root().join("examples/mini/compiler").join(file)).unwrap();
    let (mut glue, mut rest, mut is_inside) = (Vec::new(), Vec::new(), false);
    for line in source.lines().map(str::trim) {
        match line {
            "// linmem {" | "// } linmem" => {
                assert_eq!(is_inside, line == "// } linmem", "{file}: the marks are not balanced");
                is_inside = !is_inside;
            }
            _ if line.is_empty() || line.starts_with("//") => {}
            _ if is_inside || line.ends_with("// linmem") => glue.push(line.to_string()),
            _ => rest.push(line.to_string()),
        }
    }
    assert!(!is_inside, "{file}: the marks are not balanced");
    (glue, rest)
}

#[test]
fn few_lines_exist_because_of_linmem() {
    let words = ["linmem", "region", "segment", "allocator", "memory", "intrinsic", "lowering", "parts"];
    let shared = glue("wasm.rs").0.len();
    let ways: [(&[&str], usize); 3] =
        [(&["builder.rs"], 80), (&["writer.rs", "sections.rs"], 75), (&["placeholder.rs"], 70)];
    for (files, most) in ways {
        let mut count = shared;
        for file in files {
            let (glue, rest) = glue(file);
            for line in rest.into_iter().filter(|line| !line.starts_with("use super::")) {
                let lower = line.to_lowercase();
                assert!(!words.iter().any(|word| lower.contains(word)), "{file}: this line is not marked: {line}");
            }
            count += glue.len();
        }
        println!("{files:?}: {count} lines");
        assert!(count < most, "{files:?}: {count} lines");
    }
}

#[test]
fn errors_name_their_place() {
    let cases = [
        ("fn f() {}", "the program has no function main"),
        ("fn main(x: int) {}", "t:1: main: main must have a body, no parameters and no result"),
        ("fn main() {}\nfn print() {}", "t:2: print: a function with this name is already defined"),
        ("fn main() {}\nfn f(): int { if 1 { return 1; } }", "t:2: f: the function can end without a result"),
        ("fn main() {\n  let = 1;\n}", "t:2: expected a name, found `=`"),
        ("fn main() {\n  x = 1;\n}", "t:2: unknown variable x"),
        ("fn main() {\n  f(1);\n}", "t:2: unknown function f"),
        ("fn main() {\n  print(1);\n}", "t:2: print takes a string; found an int"),
        ("fn main() {\n  let x = print(\"\");\n}", "t:2: no value cannot be kept in a variable"),
        ("fn main() {\n  let x = 1 + \"\";\n}", "t:2: expected an int, found a string"),
        ("fn main() {\n  break;\n}", "t:2: break outside of a loop"),
        ("fn main() {\n  return 1;\n}", "t:2: this function returns no value"),
        ("fn main() { withAllocator a {\n  let b = a;\n} }", "t:2: an allocator cannot be kept in a variable"),
        ("fn main() { withAllocator a {\n  a = a;\n} }", "t:2: an allocator cannot be assigned again"),
        ("fn main() { withAllocator a { }\n  a.allocate(1);\n}", "t:2: unknown variable a"),
        ("fn main() {\n  let x = 99999999999;\n}", "t:2: 99999999999 is too large for an int"),
        ("fn main() {\n  print(\"\n\");\n}", "t:2: this \" is not closed on its line"),
        ("fn main() {\n  #\n}", "t:2: unexpected character `#`"),
        ("fn main() {", "t:1: expected an expression, found the end of the file"),
        ("@host(\"a\") fn f();", "t:1: expected an annotation with a module and a name, found `fn`"),
    ];
    for (source, message) in cases {
        assert_eq!(compile("t", source, Way::Builder, &Config::new()), Err(message.to_string()), "{source}");
    }
    for (open, close) in [("(", ")"), ("-", ""), ("1+", ""), ("f(", ")")] {
        let source = format!("fn main() {{ let x = {}1{}; }}", open.repeat(10_000), close.repeat(10_000));
        let error = compile("t", &source, Way::Builder, &Config::new());
        assert_eq!(error, Err("t:1: the program is nested too deeply".to_string()), "{open}");
    }
}
