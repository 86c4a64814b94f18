//! A compiler from Brainfuck to WebAssembly, through the library door.
//!
//! The tape is a segment of 65536 bytes, and the pointer wraps around on it; a cell is a byte. Output is collected in a
//! segment, which is written when it is full, before input is read, and at the end. At the end of the input, reading
//! sets the cell to 0.
//!
//! ```text
//! cargo run --example brainfuck -- examples/brainfuck/hello.bf       compiles and runs
//! cargo run --example brainfuck -- FILE -o OUT.wasm                  compiles
//! ```

#[path = "brainfuck/compile.rs"]
mod compile;
#[path = "brainfuck/parse.rs"]
mod parse;

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, output) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [file] => (file, None),
        [file, "-o", output] => (file, Some(output)),
        _ => return Err("usage: brainfuck FILE [-o OUT.wasm]".to_string()),
    };
    let source = std::fs::read(file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let program = parse::parse(&source).map_err(|error| format!("{file}:{error}"))?;
    let module = compile::compile(&program).map_err(|error| format!("{file}: {error}"))?;
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
