//! Entry point of intrinsics: takes the operands from the stack and lowers the operation.

use crate::engine::knowledge::event::Event;
use crate::engine::operands::Operand;
use crate::engine::state::{Certain, Engine, Purpose};
use crate::engine::tape::Position;
use linmem_intrinsics::{Operation, Signature};

impl Engine {
    /// Lowers an intrinsic whose operands are on the stack.
    ///
    /// # Errors
    ///
    /// If the operation is a violation whenever it is reached.
    pub(crate) fn intrinsic(&mut self, signature: &Signature) -> Result<(), Certain> {
        if self.is_dead() {
            return Ok(());
        }
        self.recorded_intrinsic(signature);
        let record = self.record.take();
        let lowered = self.lower_intrinsic(signature);
        self.record = record;
        lowered
    }

    fn lower_intrinsic(&mut self, signature: &Signature) -> Result<(), Certain> {
        // `ofAddress` has no effect, so that checks may move across it, but not out of a loop.
        let is_address = signature.intrinsic.operation() == Operation::OfAddress;
        let is_access = signature.intrinsic.is_access() || is_address;
        if !is_access || is_address && self.knowledge.is_scanning() {
            self.event(Event::Pinned);
        }
        self.current = Some((signature.intrinsic.name(), None));
        let mut operands = std::mem::take(&mut self.taken);
        self.take(signature, &mut operands);
        let lowered = self.lower(signature, &mut operands);
        self.taken = operands;
        // Later checks must not move before the effects of this intrinsic.
        if !is_access || lowered.is_err() {
            self.event(Event::Pinned);
        }
        self.locals.free_spills();
        let end = self.tape.here();
        self.locals.free_held(end);
        if lowered.is_err() {
            match self.purpose {
                Purpose::Code => self.die(None),
                Purpose::Findings => self.produce(signature.results().len() as u32),
            }
        }
        lowered
    }

    /// The operand's position, which `take` has ensured exists.
    pub(super) fn at(&mut self, operand: &Operand) -> Position {
        match operand.position {
            Some(position) => position,
            None => self.tape.here(),
        }
    }
}
