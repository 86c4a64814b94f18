//! A compiler for a small language with strings on the GC heap, `withAllocator` and exceptions.
//!
//! The compiler parses and checks a program once, and can emit it in three ways: with linmem's builders, with a module
//! writer of its own, and with imports from `linmem`, which are replaced when the module is linked. `// linmem` marks the
//! lines that exist only because of linmem.
//!
//! ```text
//! cargo run --example mini -- examples/mini/hello.mini                       compiles and runs
//! cargo run --example mini -- --way placeholder FILE                         the same in another way
//! cargo run --example mini -- FILE -o OUT.wasm                               compiles
//! ```

mod compiler;

use compiler::{Way, compile};
use std::process::ExitCode;

fn main() -> ExitCode {
    match execute() {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(1)
        }
    }
}

fn execute() -> Result<u8, String> {
    let usage = "usage: mini [--way builder|writer|placeholder] FILE [-o OUT.wasm]";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut rest: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut way = Way::Builder;
    if let ["--way", name, ..] = rest[..] {
        way = *Way::ALL.iter().find(|way| way.name() == name).ok_or(usage)?;
        rest.drain(..2);
    }
    let (file, output) = match rest[..] {
        [file] => (file, None),
        [file, "-o", output] => (file, Some(output)),
        _ => return Err(usage.to_string()),
    };
    let source = std::fs::read_to_string(file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let module = compile(file, &source, way, &linmem::Config::default())?;
    match output {
        Some(output) => {
            std::fs::write(output, module).map_err(|error| format!("{output}: cannot be written: {error}"))?;
            Ok(0)
        }
        None => {
            let status = linmem_host::run::run(&module, &linmem_host::run::Options::default());
            status.map(|status| status as u8).map_err(|error| format!("{file}: {error}"))
        }
    }
}
