//! Finds the functions that use regions.

use crate::code::FunctionRef;
use crate::link::input::{Body, Input};

/// Whether a function refers to an intrinsic that opens or closes regions or allocates. Most functions do not, and need
/// no graph.
pub(super) fn uses_regions(input: &Input<'_>, body: &Body<'_>) -> bool {
    body.references.iter().any(|reference| match reference.target {
        FunctionRef::Program(function) => input.intrinsic(function).is_some_and(|signature| {
            let effects = signature.intrinsic.effects();
            effects.opens() || effects.closes() || effects.allocates()
        }),
        _ => false,
    })
}
