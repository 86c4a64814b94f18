//! The safety levels. Each level includes the promises of the levels before it.

use std::fmt;
use std::str::FromStr;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Nothing is checked; the sequences are the shortest possible.
    None,
    /// No access outside its segment; no wrong slice, fill or copy.
    Spatial,
    /// In addition, no use of a freed segment, no allocation from a region that is closed or not innermost, no region
    /// closed twice or out of order, no region header overwritten.
    Temporal,
}

impl Safety {
    /// Every level, weakest first.
    pub const ALL: &'static [Safety] = &[Safety::None, Safety::Spatial, Safety::Temporal];

    /// The name of the level on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Safety::None => "none",
            Safety::Spatial => "spatial",
            Safety::Temporal => "temporal",
        }
    }
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Safety {
    type Err = String;

    fn from_str(text: &str) -> Result<Safety, String> {
        Safety::ALL
            .iter()
            .copied()
            .find(|level| level.name() == text)
            .ok_or_else(|| format!("`{text}` is not a safety level; expected one of none, spatial, temporal"))
    }
}
