//! What the instructions of a function do, beyond what the linker changes.

use wasmparser::Operator;

/// What the instructions of a function do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Does {
    /// It throws an exception.
    pub(crate) throws: bool,
    /// It calls a function that is not known when the module is linked.
    pub(crate) calls_unknown: bool,
    /// It catches exceptions.
    pub(crate) catches: bool,
    /// It has an instruction of legacy exception handling.
    pub(crate) is_legacy: bool,
}

impl Does {
    /// Adds what an instruction does.
    pub(super) fn add(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Throw { .. } | Operator::ThrowRef | Operator::Rethrow { .. } => self.throws = true,
            Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Suspend { .. }
            | Operator::Switch { .. } => self.calls_unknown = true,
            Operator::TryTable { .. } => self.catches = true,
            Operator::Try { .. } => (self.catches, self.is_legacy) = (true, true),
            _ => {}
        }
    }
}
