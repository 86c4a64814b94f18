//! Errors and findings: sentences that name a place.

use crate::setting::Setting;
use crate::source_line::SourceLine;
use linmem_intrinsics::{Element, FunctionType, HeapType, Representation, ValueType, Violation, names::did_you_mean};
use std::fmt;
use thiserror::Error;

/// A place in the input, as precise as the input allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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
    /// An instruction or operation of a function that is being built. It is boxed to keep errors small.
    Built(Box<Built>),
    /// An instruction.
    Instruction {
        /// The function, by its name if it has one, else by its index.
        function: String,
        /// The offset of the instruction in the binary, in bytes.
        offset: usize,
        /// The source line that it was compiled from, if known. It is boxed to keep errors small.
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
            Place::Built(built) => write!(f, "in {built}"),
            Place::Instruction { function, source: Some(line), .. } => write!(f, "in {function} at {line}"),
            Place::Instruction { function, offset, source: None } => write!(f, "in {function} at offset {offset:#x}"),
        }
    }
}

/// A place in a function that is being built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// The name of the function.
    pub function: String,
    /// The number of the instruction or operation, counted from one; `None` for the function as a whole.
    pub operation: Option<u32>,
    /// The instruction, if it is one of WebAssembly.
    pub instruction: Option<String>,
    /// The line that the frontend set for it.
    pub source: Option<SourceLine>,
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function)?;
        if let Some(source) = &self.source {
            write!(f, " at {source}")?;
        }
        match (self.operation, &self.instruction) {
            (Some(number), Some(instruction)) => write!(f, ", operation {number}: {instruction}"),
            (Some(number), None) => write!(f, ", operation {number}"),
            (None, Some(instruction)) => write!(f, ", {instruction}"),
            (None, None) => Ok(()),
        }
    }
}

/// A reason why a module cannot be produced, or a finding about it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not WebAssembly text.
    #[error("invalid text: {message} ({place})")]
    Text {
        /// The parser's message.
        message: String,
        /// The place.
        place: Place,
    },
    /// The bytes are not a valid module.
    #[error("invalid module: {message} ({place})")]
    Invalid {
        /// The validator's message.
        message: String,
        /// The place.
        place: Place,
    },
    /// An import from `linmem` that is not in the catalogue.
    #[error("unknown import `linmem.{name}`, declared {declared}{} ({place})", did_you_mean(suggestion.as_deref()))]
    UnknownIntrinsic {
        /// The imported name.
        name: String,
        /// The declared type.
        declared: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
        /// The place.
        place: Place,
    },
    /// An import of an intrinsic with a type that it cannot have.
    #[error("`linmem.{name}` cannot have the type {declared}; it can have {} ({place})", alternatives(possible))]
    WrongType {
        /// The imported name.
        name: String,
        /// The declared type.
        declared: String,
        /// The types that it can have.
        possible: Vec<FunctionType>,
        /// The place.
        place: Place,
    },
    /// An import from `linmem` that is not a function.
    #[error("`linmem.{name}` is imported as a {kind}, but imports from `linmem` must be functions ({place})")]
    WrongKind {
        /// The imported name.
        name: String,
        /// The kind of the import.
        kind: &'static str,
        /// The place.
        place: Place,
    },
    /// Imports that declare different representations of segments.
    #[error(
        "`linmem.{name}` declares segments as {declared}, but `linmem.{first_name}` declares them as {first}; all \
         imports of a module must agree ({place})"
    )]
    MixedRepresentations {
        /// The import that differs.
        name: String,
        /// The representation that it declares.
        declared: Representation,
        /// The import that came first.
        first_name: String,
        /// The representation that the first import declares.
        first: Representation,
        /// The place.
        place: Place,
    },
    /// An import from a module of static data that is not static data, or that has no place in the memory.
    #[error("import {import}: {message} ({place})")]
    Static {
        /// The module and the name of the import, each in quotes as in the text format.
        import: String,
        /// The reason.
        message: String,
        /// The place.
        place: Place,
    },
    /// A definite violation: every execution that reaches the use violates the safety level.
    #[error("{kind}: {message} ({place})")]
    Violation {
        /// The kind of violation.
        kind: Violation,
        /// The details, such as the numbers that violate a bound.
        message: String,
        /// The place.
        place: Place,
    },
    /// A program that must be sealed creates segments from addresses.
    #[error(
        "{}: the program uses MemorySegment.ofAddress, which creates segments from addresses ({})",
        Setting::sealed(),
        list(places)
    )]
    Sealed {
        /// All places where it does.
        places: Vec<Place>,
    },
    /// A region that is left open when its function exits, and that no other code can close.
    #[error("{message} ({place})")]
    LeftOpen {
        /// What is left open.
        message: String,
        /// The place.
        place: Place,
    },
    /// How linmem and the program share a memory. It is a warning or a note.
    #[error("{message} ({place})")]
    Sharing {
        /// The choice and its reason.
        message: String,
        /// The instruction that the choice is based on, if there is one.
        place: Place,
    },
    /// Custom sections that were removed from a module that linking changed. It is a warning.
    #[error("removed custom sections, since they describe positions in code that linking changed: {}", names.join(", "))]
    Dropped {
        /// The names of the sections.
        names: Vec<String>,
    },
    /// A documented feature that is not implemented yet.
    #[error("{what} is not supported yet{advice}")]
    NotYet {
        /// What was requested.
        what: String,
        /// An alternative that works; empty, or a clause that starts with a semicolon.
        advice: String,
    },
    /// A property of the module that linmem does not support.
    #[error("{message} ({place})")]
    Unsupported {
        /// The property, and why it is not supported.
        message: String,
        /// The place.
        place: Place,
    },
    /// A bug in linmem, whatever the input is.
    #[error("internal error: {message}; this is a bug in linmem")]
    Internal {
        /// A description of the bug.
        message: String,
    },
    /// An option that is invalid for the module.
    #[error("{setting}: {message}")]
    Option {
        /// The option.
        setting: Setting,
        /// The reason.
        message: String,
    },
    /// An incorrect use of the library door.
    #[error("{message} ({place})")]
    Builder {
        /// What was incorrect.
        message: String,
        /// The place.
        place: Place,
    },
    /// A module that was built and does not validate, because instructions of the frontend are wrong.
    #[error("the module does not validate: {message} ({place})")]
    NotValid {
        /// The validator's message.
        message: String,
        /// The place.
        place: Place,
        /// The module, in the binary format.
        module: Vec<u8>,
    },
}

impl Error {
    /// The option of the configuration that the error is about, if it is about one. The message starts with it and a colon.
    pub fn setting(&self) -> Option<Setting> {
        match self {
            Error::Option { setting, .. } => Some(setting.clone()),
            Error::Sealed { .. } => Some(Setting::sealed()),
            _ => None,
        }
    }

    pub(crate) fn option(setting: Setting, message: impl Into<String>) -> Error {
        Error::Option { setting, message: message.into() }
    }

    pub(crate) fn component() -> Error {
        let message = "the input is a component; linmem links core modules".to_string();
        Error::Unsupported { message, place: Place::Offset(0) }
    }

    /// The place of an error in an import.
    pub(crate) fn import_place(&mut self) -> Option<&mut Place> {
        match self {
            Error::UnknownIntrinsic { place, .. }
            | Error::WrongType { place, .. }
            | Error::WrongKind { place, .. }
            | Error::Static { place, .. }
            | Error::MixedRepresentations { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The error for output that does not validate. That is always a bug in linmem.
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

/// Places, separated by semicolons.
fn list(places: &[Place]) -> String {
    places.iter().map(Place::to_string).collect::<Vec<_>>().join("; ")
}

/// A list of types as prose: `a`, `a or b`, `a, b or c`. Of all reference types that a segment can have, only one is
/// listed, with the types that can replace it; and of an array of text and a string, only the array.
fn alternatives(types: &[FunctionType]) -> String {
    const LISTED: ValueType = ValueType::nullable(HeapType::Any);
    const STRING: ValueType = ValueType::nullable(HeapType::Extern);
    let mut types = types.to_vec();
    let is_string = |ty: &FunctionType| ty.params.iter().chain(&ty.results).any(|ty| *ty == STRING);
    let has_strings = types.iter().any(is_string);
    types.retain(|ty| !is_string(ty));
    let is_variant = |ty: &FunctionType| {
        let is_array = |ty: &ValueType| {
            matches!(ty, ValueType::Reference { heap: HeapType::AnyArray { .. } | HeapType::AnyTexts, .. })
        };
        let variant = |ty: &ValueType| {
            matches!(ty, ValueType::Reference { .. }) && *ty != LISTED && !is_array(ty) && *ty != STRING
        };
        ty.params.iter().chain(&ty.results).any(variant)
    };
    let shown: Vec<&FunctionType> = types.iter().filter(|ty| !is_variant(ty)).collect();
    let mut message = prose(&shown, "or");
    if message.is_empty() {
        return "no type".to_string();
    }
    if shown.len() < types.len() {
        message += "; eqref, structref and non-nullable references can replace anyref";
        // A form with one result returns the null segment if the call fails.
        let is_nullable =
            |ty: &&FunctionType| ty.results.contains(&LISTED) && !types.contains(&without_null(ty, LISTED));
        let nullable: Vec<&FunctionType> = shown.into_iter().filter(is_nullable).collect();
        if !nullable.is_empty() {
            message += &format!(
                ", but the result of {} must be nullable: it is null if the call fails",
                prose(&nullable, "and")
            );
        }
    }
    message + &array_types(&types, has_strings)
}

/// What `$array` stands for in these types, and what can replace it; empty if they do not contain it.
fn array_types(types: &[FunctionType], has_strings: bool) -> String {
    let all = || types.iter().flat_map(|ty| ty.params.iter().chain(&ty.results));
    let pattern = all().find_map(|ty| match ty {
        ValueType::Reference { heap: HeapType::AnyArray { mutable, elements }, .. } => Some((*mutable, *elements)),
        _ => None,
    });
    let Some((mutable, elements)) = pattern else {
        let is_texts = |ty: &ValueType| matches!(ty, ValueType::Reference { heap: HeapType::AnyTexts, .. });
        let has_texts = types.iter().any(|ty| ty.results.iter().any(is_texts));
        let what = "; $texts is any mutable array type whose elements are references to mutable arrays of i16 or i8; \
                    the result is null if the call fails";
        return if has_texts { what.to_string() } else { String::new() };
    };
    let can = |element: &&Element| elements.contain(**element);
    let names: Vec<&str> = Element::ALL.iter().filter(can).map(|element| element.name()).collect();
    let mutable = if mutable { "mutable " } else { "" };
    let names = match &names[..] {
        [] => return String::new(),
        [one] => (*one).to_string(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    };
    // A call of the host returns null if it fails.
    let is_result = |ty: &FunctionType| {
        matches!(ty.results[..], [ValueType::I32, ValueType::Reference { heap: HeapType::AnyArray { .. }, .. }])
    };
    let reference = match has_strings {
        true => "(ref $array), externref and (ref extern) can replace (ref null $array)",
        false if types.iter().any(is_result) => "the result is null if the call fails",
        false => "(ref $array) can replace (ref null $array)",
    };
    format!("; $array is any {mutable}array type with elements {names}; {reference}")
}

/// A type in which non-nullable references replace those of the type `reference`.
fn without_null(ty: &FunctionType, reference: ValueType) -> FunctionType {
    let replaced = |types: &[ValueType]| {
        let replace = |ty: &ValueType| match *ty {
            ValueType::Reference { heap, .. } if *ty == reference => ValueType::Reference { nullable: false, heap },
            other => other,
        };
        types.iter().map(replace).collect()
    };
    FunctionType { params: replaced(&ty.params), results: replaced(&ty.results) }
}

/// A list of types as prose, with a word before the last one; empty if there are none.
fn prose(types: &[&FunctionType], word: &str) -> String {
    let texts: Vec<String> = types.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It is a misuse in every execution of its function.
    Error,
    /// It is or may be a misuse in some executions.
    Warning,
    /// It is not a misuse.
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

/// A result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Its severity.
    pub severity: Severity,
    /// The error, warning or note itself.
    pub error: Error,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.error)
    }
}
