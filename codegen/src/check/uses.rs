//! Which operations, and so which functions, have to do with regions.

use crate::code::FunctionRef;
use crate::link::scan::{Body, Input};
use linmem_intrinsics::Operation;

/// Whether an operation allocates from the region whose handle is its first operand.
pub(super) fn allocates(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Allocate | Operation::AllocateAligned | Operation::ReadToEnd | Operation::Args | Operation::Environ
    )
}

/// Whether a function refers to an intrinsic that opens or closes regions or allocates. Most do not, and need no graph.
pub(super) fn uses_regions(input: &Input<'_>, body: &Body<'_>) -> bool {
    body.references.iter().any(|reference| match reference.target {
        FunctionRef::Program(function) => input.imports.intrinsic(function).is_some_and(|signature| {
            let operation = signature.intrinsic.operation();
            matches!(operation, Operation::Open | Operation::Close) || allocates(operation)
        }),
        _ => false,
    })
}
