//! The errors of a function or a module.

use crate::error::Error;

/// At least one error.
pub(super) struct Errors(pub(super) Vec<Error>);

impl Errors {
    pub(super) fn into_first(self) -> Error {
        let none = || Error::Internal { message: "linking failed without an error".to_string() };
        self.0.into_iter().next().unwrap_or_else(none)
    }
}

impl<E: Into<Error>> From<E> for Errors {
    fn from(error: E) -> Errors {
        Errors(vec![error.into()])
    }
}
