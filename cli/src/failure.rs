//! Why a command failed.

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The error message.
    pub(crate) message: String,
    /// The exit status: 1, or 2 for bad usage.
    pub(crate) status: u8,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, status: 1 }
    }
}
