//! Translates the labels of raw instructions, which do not count hidden structures, to the labels of the function.

use crate::build::builder::FunctionBuilder;
use std::borrow::Cow;
use wasm_encoder::{Catch, Instruction};

impl FunctionBuilder {
    /// The number of the structure that a label refers to: the number of open structures up to and including it. 0 is
    /// the function.
    pub(super) fn target(&self, relative: u32) -> Option<usize> {
        self.structures.len().checked_sub(relative as usize)
    }

    /// The label that refers to the structure with this number.
    pub(super) fn relative(&self, target: usize) -> u32 {
        self.structures.len().saturating_sub(target) as u32
    }

    /// The number of operands that a branch to the structure with this number carries.
    pub(super) fn carried(&self, target: usize) -> Option<u32> {
        match target.checked_sub(1) {
            Some(position) => self.structures.get(position).map(|structure| structure.carried),
            None => Some(self.results),
        }
    }

    /// Translates a label that does not count hidden structures to one that does.
    fn physical(&self, logical: u32) -> u32 {
        let mut left = logical;
        for (passed, structure) in (0..).zip(self.structures.iter().rev()) {
            if !structure.hidden {
                if left == 0 {
                    return passed;
                }
                left -= 1;
            }
        }
        // The function itself, or a label that does not exist, which validation rejects.
        (self.structures.len() as u32).saturating_add(left)
    }

    /// An instruction of the frontend, with its labels translated to those of the function.
    pub(super) fn with_labels<'i>(&self, instruction: &'i Instruction<'i>) -> Cow<'i, Instruction<'i>> {
        use Instruction::*;
        if self.hidden == 0 {
            return Cow::Borrowed(instruction);
        }
        let physical = |label: &u32| self.physical(*label);
        Cow::Owned(match instruction {
            Br(label) => Br(physical(label)),
            BrIf(label) => BrIf(physical(label)),
            BrTable(targets, default) => BrTable(targets.iter().map(physical).collect(), physical(default)),
            BrOnNull(label) => BrOnNull(physical(label)),
            BrOnNonNull(label) => BrOnNonNull(physical(label)),
            BrOnCast { relative_depth, from_ref_type, to_ref_type } => BrOnCast {
                relative_depth: physical(relative_depth),
                from_ref_type: *from_ref_type,
                to_ref_type: *to_ref_type,
            },
            BrOnCastFail { relative_depth, from_ref_type, to_ref_type } => BrOnCastFail {
                relative_depth: physical(relative_depth),
                from_ref_type: *from_ref_type,
                to_ref_type: *to_ref_type,
            },
            TryTable(ty, catches) => {
                TryTable(*ty, catches.iter().map(|catch| relabel(catch, physical(&label_of(catch)))).collect())
            }
            Rethrow(label) => Rethrow(physical(label)),
            // `delegate` counts from outside of the structure that it ends.
            Delegate(label) => Delegate(self.physical(label.saturating_add(1)).saturating_sub(1)),
            _ => return Cow::Borrowed(instruction),
        })
    }
}

/// The label of a clause.
pub(super) fn label_of(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } | Catch::All { label } | Catch::AllRef { label } => {
            *label
        }
    }
}

/// A clause with another label.
pub(super) fn relabel(catch: &Catch, label: u32) -> Catch {
    match catch {
        Catch::One { tag, .. } => Catch::One { tag: *tag, label },
        Catch::OneRef { tag, .. } => Catch::OneRef { tag: *tag, label },
        Catch::All { .. } => Catch::All { label },
        Catch::AllRef { .. } => Catch::AllRef { label },
    }
}
