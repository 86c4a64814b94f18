//! What can be wrong with what is asked, said in sentences with a place.

use crate::source_line::SourceLine;
use linmem_intrinsics::{FunctionType, HeapType, Representation, ValueType, Violation, names::did_you_mean};
use std::fmt;
use thiserror::Error;

/// Where something is: as near as the input allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The module as a whole.
    #[default]
    Module,
    /// A line and a column of a text, counted from one.
    Text {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// An offset in the binary, in bytes.
    Offset(usize),
    /// An import, counted from zero over all imports.
    Import(u32),
    /// A function that is being built, by its name.
    Function(String),
    /// An instruction.
    Instruction {
        /// The function, by its name if it has one, else by its index.
        function: String,
        /// The offset of the instruction in the binary, in bytes.
        offset: usize,
        /// The line of the source that it was made from, if that is known. In a box, since errors are to stay small.
        source: Option<Box<SourceLine>>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Module => f.write_str("in the module"),
            Place::Text { line, column } => write!(f, "at {line}:{column}"),
            Place::Offset(offset) => write!(f, "at offset {offset:#x}"),
            Place::Import(index) => write!(f, "at import {index}"),
            Place::Function(name) => write!(f, "in {name}"),
            Place::Instruction { function, source: Some(line), .. } => write!(f, "in {function} at {line}"),
            Place::Instruction { function, offset, source: None } => write!(f, "in {function} at offset {offset:#x}"),
        }
    }
}

/// A reason why a module cannot be made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not WebAssembly text.
    #[error("invalid text: {message} ({place})")]
    Text {
        /// What the parser says.
        message: String,
        /// Where.
        place: Place,
    },
    /// The bytes are not a valid module.
    #[error("invalid module: {message} ({place})")]
    Invalid {
        /// What the validator says.
        message: String,
        /// Where.
        place: Place,
    },
    /// An import from `linmem` that is in no catalogue.
    #[error("unknown import `linmem.{name}`, declared {declared}{} ({place})", did_you_mean(suggestion.as_deref()))]
    UnknownIntrinsic {
        /// The name that is imported.
        name: String,
        /// The type that is declared.
        declared: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
        /// Where.
        place: Place,
    },
    /// An import of an intrinsic with a type that it cannot have.
    #[error("`linmem.{name}` cannot have the type {declared}; it can have {} ({place})", alternatives(possible))]
    WrongType {
        /// The name that is imported.
        name: String,
        /// The type that is declared.
        declared: String,
        /// The types that it can have.
        possible: Vec<FunctionType>,
        /// Where.
        place: Place,
    },
    /// An import from `linmem` that is not a function.
    #[error("`linmem.{name}` is imported as a {kind}, but imports from `linmem` must be functions ({place})")]
    WrongKind {
        /// The name that is imported.
        name: String,
        /// What it is imported as.
        kind: &'static str,
        /// Where.
        place: Place,
    },
    /// Imports that do not agree on what a segment is.
    #[error(
        "`linmem.{name}` declares segments as {declared}, but `linmem.{first_name}` declares them as {first}; all \
         imports of a module must agree ({place})"
    )]
    MixedRepresentations {
        /// The import that differs.
        name: String,
        /// What it declares.
        declared: Representation,
        /// The import that came first.
        first_name: String,
        /// What that one declares.
        first: Representation,
        /// Where.
        place: Place,
    },
    /// A use that is wrong for certain.
    #[error("{kind}: {message} ({place})")]
    Violation {
        /// What is wrong.
        kind: Violation,
        /// The numbers that are.
        message: String,
        /// Where.
        place: Place,
    },
    /// A program that is to be sealed makes segments of addresses.
    #[error(
        "--sealed: the program uses MemorySegment.ofAddress, which creates segments from addresses ({})",
        list(places)
    )]
    Sealed {
        /// Each place where it does.
        places: Vec<Place>,
    },
    /// A region that is open when its function is left, and that nobody else can close.
    #[error("{message} ({place})")]
    LeftOpen {
        /// Which.
        message: String,
        /// Where.
        place: Place,
    },
    /// How linmem and the program share a memory. It is a warning or a note.
    #[error("{message} ({place})")]
    Sharing {
        /// What was chosen, and why.
        message: String,
        /// Where the program does what the choice follows from.
        place: Place,
    },
    /// Custom sections that are left out of a module that changes. It is a warning.
    #[error("removed custom sections, since they describe positions in code that linking changed: {}", names.join(", "))]
    Dropped {
        /// The names of the sections.
        names: Vec<String>,
    },
    /// Something that is promised and will be built.
    #[error("{what} is not supported yet{advice}")]
    NotYet {
        /// What was asked.
        what: String,
        /// What would work instead; empty, or a clause that follows a semicolon.
        advice: String,
    },
    /// Something that this module has and that linmem cannot serve.
    #[error("{message} ({place})")]
    Unsupported {
        /// What, and why not.
        message: String,
        /// Where.
        place: Place,
    },
    /// Something that cannot be, whatever the input is.
    #[error("internal error: {message}; this is a bug in linmem")]
    Internal {
        /// What is wrong.
        message: String,
    },
    /// A choice that does not fit the module.
    #[error("{message}")]
    Option {
        /// What does not fit.
        message: String,
    },
    /// The library door was used in a way that makes no module.
    #[error("{message}")]
    Builder {
        /// What was done.
        message: String,
    },
}

impl Error {
    pub(crate) fn component() -> Error {
        let message = "the input is a component; linmem links core modules".to_string();
        Error::Unsupported { message, place: Place::Offset(0) }
    }

    /// The place of something that is wrong with an import.
    pub(crate) fn import_place(&mut self) -> Option<&mut Place> {
        match self {
            Error::UnknownIntrinsic { place, .. }
            | Error::WrongType { place, .. }
            | Error::WrongKind { place, .. }
            | Error::MixedRepresentations { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The result of lowering does not validate. That cannot be anybody else's fault.
    pub(crate) fn defect(error: wasmparser::BinaryReaderError) -> Error {
        let message =
            format!("lowering produced an invalid module: {} at offset {:#x}", error.message(), error.offset());
        Error::Internal { message }
    }

    pub(crate) fn invalid(error: &wasmparser::BinaryReaderError) -> Error {
        Error::Invalid { message: error.message().to_string(), place: Place::Offset(error.offset()) }
    }
}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Error {
        Error::invalid(&error)
    }
}

/// Places, one after the other.
fn list(places: &[Place]) -> String {
    places.iter().map(Place::to_string).collect::<Vec<_>>().join("; ")
}

/// A list of types as prose: `a`, `a or b`, `a, b or c`. Of the many references that a segment can be, one stands for
/// all.
fn alternatives(types: &[FunctionType]) -> String {
    let is_variant = |ty: &FunctionType| {
        let variant =
            |ty: &ValueType| matches!(ty, ValueType::Reference { .. }) && *ty != ValueType::nullable(HeapType::Any);
        ty.params.iter().chain(&ty.results).any(variant)
    };
    let shown: Vec<String> = types.iter().filter(|ty| !is_variant(ty)).map(FunctionType::to_string).collect();
    let list = match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "no type".to_string(),
    };
    let rest = if shown.len() < types.len() {
        "; eqref, structref and non-nullable references can replace anyref"
    } else {
        ""
    };
    format!("{list}{rest}")
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is wrong in every execution of the function that it is in.
    Error,
    /// It is wrong in some executions, or it may be.
    Warning,
    /// Nothing is wrong.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        })
    }
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How certain it is.
    pub severity: Severity,
    /// What is wrong.
    pub error: Error,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.error)
    }
}
