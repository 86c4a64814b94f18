//! What is wrong with a program, and where.

/// A place in a source file, counted from 1. Columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// An error in a source file.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) at: Position,
    pub(crate) message: String,
}

impl Error {
    pub(crate) fn new<T>(at: Position, message: impl Into<String>) -> Result<T, Error> {
        Err(Error { at, message: message.into() })
    }

    /// The error as `FILE:LINE:COLUMN: message`.
    pub(crate) fn in_file(self, file: &str) -> String {
        format!("{file}:{}:{}: {}", self.at.line, self.at.column, self.message)
    }
}
