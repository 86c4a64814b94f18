//! The compiler: `lex` and `parse` make a tree of the source, `check` and `typing` resolve its names and types, and `emit` writes
//! the module with linmem's builders.
//!
//! Strings, arrays and records are objects on the GC heap. No address of linear memory occurs in the compiler: only `runtime`
//! calls the host, through operations that take and return GC arrays.

mod ast;
mod check;
mod emit;
mod error;
mod lex;
mod names;
mod parse;
mod runtime;
mod tree;
mod types;
mod typing;

use linmem::Config;

/// The part of the library that is written in the language.
const PRELUDE: &str = include_str!("prelude.words");

/// Compiles a program. An error has the form `FILE:LINE:COLUMN: message`.
pub(crate) fn compile(file: &str, source: &str, config: &Config) -> Result<Vec<u8>, String> {
    let mut program = ast::File::default();
    // The prelude has no errors, which the tests show. So each error of the checker is in the program.
    parse::parse(PRELUDE, &mut program).map_err(|error| error.in_file("prelude.words"))?;
    let prelude = program.functions.len();
    parse::parse(source, &mut program).map_err(|error| error.in_file(file))?;
    let tree = check::check(&program).map_err(|error| error.in_file(file))?;
    emit::emit(&tree, config, file, prelude).map_err(|error| format!("{file}: {error}"))
}
