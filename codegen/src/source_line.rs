//! Lines of a source, as messages show them.

use std::borrow::Cow;
use std::fmt;

/// A line of a source: of a named file, or of the module's own text.
///
/// It is displayed as `src/main.rs:14:5`; as `src/main.rs:14` if the column is unknown; and as `line 14` if it is a
/// line of the module's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file, as named by the module's debug information; `None` if the module itself was given as text.
    pub file: Option<String>,
    /// The line, counted from one.
    pub line: u32,
    /// The column in bytes, counted from one, or zero if it is unknown.
    pub column: u32,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SourceLine { file, line, column } = self;
        match (file, column) {
            (None, _) => write!(f, "line {line}"),
            (Some(file), 0) => write!(f, "{}:{line}", one_line(file)),
            (Some(file), column) => write!(f, "{}:{line}:{column}", one_line(file)),
        }
    }
}

/// A name on one line: names in a module may contain any character.
pub(crate) fn one_line(name: &str) -> Cow<'_, str> {
    if name.contains('\n') { Cow::Owned(name.replace('\n', "\\n")) } else { Cow::Borrowed(name) }
}

/// The place of an operation of the frontend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its number, counted from one.
    pub(crate) operation: u32,
    /// The line that the frontend set.
    pub(crate) source: Option<SourceLine>,
}
