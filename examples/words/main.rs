//! A compiler for a small language whose strings, arrays and records are on the GC heap. Its programs read files and write text,
//! and contain no address of linear memory.
//!
//! ```text
//! cargo run --example words -- examples/words/hello.words                       compiles and runs
//! cargo run --example words -- examples/words/count.words README.md             with arguments; files of this folder
//! cargo run --example words -- FILE -o OUT.wasm                                  compiles
//! ```

mod compiler;

use compiler::compile;
use linmem_host::run::{Directory, Options, run};
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
    let (file, rest) = arguments.split_first().ok_or("usage: words FILE [ARGS...], or words FILE -o OUT.wasm")?;
    let source = std::fs::read_to_string(file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let module = compile(file, &source, &linmem::Config::default())?;
    if let [option, output] = rest
        && option == "-o"
    {
        std::fs::write(output, module).map_err(|error| format!("{output}: cannot be written: {error}"))?;
        return Ok(0);
    }
    let args = arguments.iter().map(|argument| argument.clone().into_bytes()).collect();
    let directories = vec![Directory { host: ".".into(), guest: ".".to_string() }];
    let status = run(&module, &Options { args, directories, ..Options::default() });
    status.map(|status| status as u8).map_err(|error| format!("{file}: {error}"))
}
