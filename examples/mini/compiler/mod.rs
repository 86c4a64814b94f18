//! The compiler: source text is parsed and checked once, and compiled in one of three ways.

pub(crate) mod ast;
pub(crate) mod builder;
pub(crate) mod check;
pub(crate) mod lex;
pub(crate) mod parse;
pub(crate) mod placeholder;
pub(crate) mod sections;
pub(crate) mod tree;
pub(crate) mod wasm;
pub(crate) mod writer;

use linmem::Config;

/// How linmem is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// linmem's builders write the module.
    Builder,
    /// The compiler has its own module writer, and linmem lowers the functions.
    Writer,
    /// The compiler imports linmem's intrinsics, and the module is linked.
    Placeholder,
}

impl Way {
    /// Every way.
    pub(crate) const ALL: [Way; 3] = [Way::Builder, Way::Writer, Way::Placeholder];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Builder => "builder",
            Way::Writer => "writer",
            Way::Placeholder => "placeholder",
        }
    }
}

/// Compiles a program to a WASI command. An error begins with the file and the line, if it has a place.
pub(crate) fn compile(file: &str, source: &str, way: Way, config: &Config) -> Result<Vec<u8>, String> {
    let mut functions = parse::parse("prelude.mini", include_str!("prelude.mini"))?;
    functions.extend(parse::parse(file, source)?);
    let program = check::check(&functions)?;
    let compiled = match way {
        Way::Builder => builder::compile(&program, config),
        Way::Writer => writer::compile(&program, config),
        Way::Placeholder => placeholder::compile(&program, config),
    };
    compiled.map_err(|error| format!("{file}: {error}"))
}
