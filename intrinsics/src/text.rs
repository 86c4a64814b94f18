//! The encodings of text in segments.

use std::fmt;

/// An encoding of text in a segment.
///
/// In an array, text is UTF-16 if its elements are `i16`, and Latin-1 if they are `i8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-8, with U+FFFD in place of ill-formed input, as the Encoding standard specifies.
    Utf8,
    /// WTF-8: UTF-8 that can also contain lone surrogates.
    Wtf8,
    /// One byte for each character up to U+00FF.
    Latin1,
}

impl Encoding {
    /// All encodings.
    pub const ALL: &'static [Encoding] = &[Encoding::Utf8, Encoding::Wtf8, Encoding::Latin1];

    /// Its name in the names of helpers.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf8",
            Encoding::Wtf8 => "wtf8",
            Encoding::Latin1 => "latin1",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
