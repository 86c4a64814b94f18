//! Sums over the elements of an array, which theorems define: what the code should compute.
//!
//! ```text
//! ;; sum more $i <= 2: if(element($0, $i) < 0x80, 0, 1)   more(a, b) is the sum of this, for $i from a up to, but not including, b
//! ```
//!
//! A sum is the difference of a function at two indices. That the function grows by the summand from an index to the next one
//! is assumed of each index at which the code reads an array, and where a claim says `step(index)`, which is true. The theorem
//! proves that the summand is between 0 and the number in the line. So a sum of n of them is between 0 and n times this number,
//! which is assumed wherever a claim mentions a sum.

use crate::error::Error;
use crate::parse::Expr;
use std::collections::BTreeMap;

/// A sum.
#[derive(Clone, Debug)]
pub struct Sum {
    /// The name of the index.
    pub(crate) index: String,
    /// The largest summand.
    pub(crate) most: u8,
    /// The summand at an index. Locals are the parameters.
    pub(crate) summand: Expr,
}

/// Sums by their names.
pub type Sums = BTreeMap<String, Sum>;

impl Sum {
    /// Reads the parts of the line that defines a sum.
    pub(crate) fn new(index: &str, most: &str, summand: Expr) -> Result<Sum, Error> {
        let index = index.strip_prefix('$').ok_or_else(|| Error::new("an index has a name"))?.to_string();
        let most = most.parse().ok().filter(|most| *most < 128).ok_or_else(|| Error::new("a summand is below 128"))?;
        Ok(Sum { index, most, summand })
    }
}
