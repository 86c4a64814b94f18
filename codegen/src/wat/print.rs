//! Prints modules, parts of modules, and single functions.
//!
//! A module is printed as a whole; parts of it are chosen by the lines of the text. Each field of the module starts with
//! a parenthesis that is indented by two blanks, and its other lines are indented further, or close it. Line breaks in
//! names and data are escaped.

use crate::error::{Error, Place};
use crate::wat::own::{Functions, Own};

/// Prints a module in the text format, with its names.
///
/// # Errors
///
/// If the module cannot be parsed.
pub fn print(module: &[u8]) -> Result<String, Error> {
    wasmprinter::print_bytes(module)
        .map_err(|error| Error::Invalid { message: error.to_string(), place: Place::Module })
}

/// A function of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function<'a> {
    /// The first function with this name in the name section, or else the function with this export name.
    Named(&'a str),
    /// The function with this index, imports included.
    Index(u32),
}

impl<'a> From<&'a str> for Function<'a> {
    fn from(name: &'a str) -> Function<'a> {
        Function::Named(name)
    }
}

impl From<u32> for Function<'_> {
    fn from(index: u32) -> Self {
        Function::Index(index)
    }
}

/// Prints one function of a module, given by its name or its index.
///
/// ```
/// # fn main() -> Result<(), linmem_codegen::Error> {
/// use linmem_codegen::wat;
///
/// let module = wat::parse(br#"(module (func $f (result i32) i32.const 1) (func $g))"#)?;
/// let text = wat::print_function(&module, "f")?;
/// assert_eq!(text, "(func $f (;0;) (type 0) (result i32)\n  i32.const 1\n)\n");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the module cannot be parsed, or the function does not exist or is imported.
pub fn print_function<'a>(module: &[u8], function: impl Into<Function<'a>>) -> Result<String, Error> {
    let fail = |what: String, reason: &str| {
        Err(Error::Builder { message: format!("{what} cannot be printed: {reason}"), place: Place::Module })
    };
    let functions = Functions::read(module)?;
    let function = function.into();
    let (index, what) = match function {
        Function::Named(name) => (functions.index(name), format!("function `{name}`")),
        Function::Index(index) => (Some(index), format!("function {index}")),
    };
    let Some(index) = index else { return fail(what, "it does not exist") };
    let Some(position) = index.checked_sub(functions.imported()) else { return fail(what, "it is imported") };
    let printed = print(module)?;
    let field = pieces(&printed).into_iter().filter(|field| kind(field) == "func").nth(position as usize);
    match field {
        Some(field) => Ok(field.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()),
        None => fail(what, "it does not exist"),
    }
}

/// Prints modules with options.
///
/// ```
/// # fn example(module: &[u8]) -> Result<(), linmem_codegen::Error> {
/// let code = linmem_codegen::wat::Printer::new().with_helpers(false).print(module)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Printer {
    helpers: bool,
}

impl Default for Printer {
    fn default() -> Printer {
        Printer::new()
    }
}

impl Printer {
    /// Prints whole modules, as [`print`](print()) does.
    pub fn new() -> Printer {
        Printer { helpers: true }
    }

    /// Whether to print what linmem adds to a module for itself: helpers and the function types that only they have,
    /// globals, the types of segments, and the section of sites. Without them, a snapshot of a frontend changes only if
    /// the code of the frontend does. They are recognized by their names, which start with `linmem.`. Imports are always
    /// printed, because a host must provide them.
    pub fn with_helpers(mut self, helpers: bool) -> Printer {
        self.helpers = helpers;
        self
    }

    /// Prints a module in the text format, with its names. Text without helpers is for reading: it is not a complete
    /// module.
    ///
    /// # Errors
    ///
    /// If the module cannot be parsed.
    pub fn print(&self, module: &[u8]) -> Result<String, Error> {
        let printed = print(module)?;
        if self.helpers {
            return Ok(printed);
        }
        let own = Own::read(module)?;
        let mut functions = 0..;
        let mut is_own = |field: &str| match kind(field) {
            "func" => functions.next().is_some_and(|position| own.defines(position)),
            "type" => number(field).is_some_and(|index| own.has_type(index)),
            "global" => number(field).is_some_and(|index| own.has_global(index)),
            "rec" => field.lines().nth(1).and_then(number).is_some_and(|index| own.has_segment_type(index)),
            "@custom" => field.trim_start().starts_with("(@custom \"linmem."),
            _ => false,
        };
        Ok(pieces(&printed).into_iter().filter(|piece| !is_own(piece)).collect())
    }
}

/// The pieces of a printed module: each field with all of its lines, and the lines before and after the fields.
fn pieces(printed: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut position) = (0, 0);
    for line in printed.split_inclusive('\n') {
        if line.starts_with("  (") || !line.starts_with("  ") {
            pieces.push(&printed[start..position]);
            start = position;
        }
        position += line.len();
    }
    pieces.push(&printed[start..position]);
    pieces
}

/// The word that a field starts with.
fn kind(field: &str) -> &str {
    let rest = field.trim_start().trim_start_matches('(');
    rest.split([' ', ')', '\n']).next().unwrap_or_default()
}

/// The index that is printed in a comment at the start of a field.
fn number(field: &str) -> Option<u32> {
    let (_, rest) = field.split_once("(;")?;
    rest.split_once(";)")?.0.parse().ok()
}
