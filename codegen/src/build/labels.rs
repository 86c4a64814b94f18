//! Translates the labels of raw instructions, which do not count hidden structures, to the labels of the function.

use crate::build::builder::FunctionBuilder;
use crate::engine::late::Late;
use crate::engine::tape::Tape;
use crate::engine::wrappers::CrossingLabel;
use std::borrow::Cow;
use wasm_encoder::{Catch, Encode, Instruction};

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

/// A label as it is written.
#[derive(Clone, Copy)]
enum Written {
    /// A number.
    Number(u32),
    /// A number that depends on the handlers that are added around scopes.
    Crossing(CrossingLabel),
}

impl Written {
    fn write(self, tape: &mut Tape) {
        match self {
            Written::Number(number) => {
                let mut bytes = Vec::new();
                number.encode(&mut bytes);
                tape.raw(&bytes);
            }
            Written::Crossing(label) => tape.late(Late::Label(label)),
        }
    }
}

impl FunctionBuilder {
    /// The label as it is written here. It counts the open structures, hidden ones included, but no wrappers.
    fn written(&self, label: u32) -> Written {
        let crossed = self.target(label).map(|target| self.left_by(target));
        let wrapper = |scope: usize| self.scopes.get(scope).and_then(|scope| scope.wrapper);
        match crossed.filter(|first| *first < self.scopes.len()) {
            Some(first) => match wrapper(self.scopes.len() - 1) {
                Some(inner) => {
                    let outer = first.checked_sub(1).and_then(wrapper);
                    Written::Crossing(CrossingLabel { label, inner, outer })
                }
                None => Written::Number(label),
            },
            None => Written::Number(label),
        }
    }

    /// Returns a function that writes an instruction whose labels may cross the wrappers of scopes.
    pub(super) fn branch_writer<'i>(&self, instruction: &'i Instruction<'i>) -> impl Fn(&mut Tape) + 'i {
        use Instruction::*;
        let labels: Vec<Written> = match instruction {
            Br(label) | BrIf(label) | BrOnNull(label) | BrOnNonNull(label) | Rethrow(label) => {
                vec![self.written(*label)]
            }
            BrTable(labels, default) => labels.iter().chain([default]).map(|label| self.written(*label)).collect(),
            BrOnCast { relative_depth, .. } | BrOnCastFail { relative_depth, .. } => {
                vec![self.written(*relative_depth)]
            }
            _ => Vec::new(),
        };
        let crosses = labels.iter().any(|label| matches!(label, Written::Crossing(_)));
        move |tape| {
            if !crosses {
                return tape.instruction(instruction);
            }
            let mut bytes = Vec::new();
            match instruction {
                Br(_) => bytes.push(0x0c),
                BrIf(_) => bytes.push(0x0d),
                BrOnNull(_) => bytes.push(0xd5),
                BrOnNonNull(_) => bytes.push(0xd6),
                Rethrow(_) => bytes.push(0x09),
                BrTable(labels, _) => {
                    bytes.push(0x0e);
                    labels.len().encode(&mut bytes);
                }
                BrOnCast { from_ref_type, to_ref_type, .. } | BrOnCastFail { from_ref_type, to_ref_type, .. } => {
                    let opcode = if matches!(instruction, BrOnCast { .. }) { 0x18 } else { 0x19 };
                    let nullable = u8::from(from_ref_type.nullable) | u8::from(to_ref_type.nullable) << 1;
                    bytes.extend([0xfb, opcode, nullable]);
                }
                _ => {}
            }
            tape.raw(&bytes);
            labels.iter().for_each(|label| label.write(tape));
            if let BrOnCast { from_ref_type, to_ref_type, .. } | BrOnCastFail { from_ref_type, to_ref_type, .. } =
                instruction
            {
                bytes.clear();
                from_ref_type.heap_type.encode(&mut bytes);
                to_ref_type.heap_type.encode(&mut bytes);
                tape.raw(&bytes);
            }
        }
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
