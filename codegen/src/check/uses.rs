//! Finds the functions that use regions.

use crate::code::FunctionRef;
use crate::link::input::{Body, Input};
use crate::link::wrappers::Step;
use linmem_intrinsics::Signature;

/// Whether a function refers to an intrinsic that opens or closes regions or allocates. Most functions do not, and need
/// no graph.
pub(super) fn uses_regions(input: &Input<'_>, body: &Body<'_>) -> bool {
    body.references.iter().any(|reference| match reference.target {
        FunctionRef::Program(function) => intrinsic_of(input, function).is_some_and(|signature| {
            let effects = signature.intrinsic.effects();
            effects.opens() || effects.closes() || effects.allocates()
        }),
        _ => false,
    })
}

/// Whether a function opens a region.
pub(super) fn opens(input: &Input<'_>, body: &Body<'_>) -> bool {
    body.references.iter().any(|reference| match reference.target {
        FunctionRef::Program(function) => {
            intrinsic_of(input, function).is_some_and(|signature| signature.intrinsic.effects().opens())
        }
        _ => false,
    })
}

/// The intrinsic that a function is, or that it passes on to where it is called.
fn intrinsic_of<'a>(input: &'a Input<'_>, function: u32) -> Option<&'a Signature> {
    let passed_on = || {
        input.wrappers.get(function)?.steps.iter().find_map(|step| match step {
            Step::Intrinsic(callee) | Step::Wrapper(callee) => intrinsic_of(input, *callee),
            _ => None,
        })
    };
    input.intrinsic(function).or_else(passed_on)
}
