//! Operands that are needed a second time, when the instructions that pushed them lie far behind.

use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::index::LocalIndex;
use crate::segment::Held;
use wasm_encoder::ValType;

impl Engine<'_> {
    /// The local that an operand was read from, if it still holds it.
    pub(super) fn local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        let (Value::Local(local) | Value::Region(_, Some(local))) = operand.value else { return None };
        let since = operand.position?;
        self.locals.contents.is_unchanged(local, since).then(|| self.locals.written(local))?
    }

    /// The same, but only a local of the program, by which an operand can be recognized later.
    pub(super) fn program_local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        self.local_of(operand).filter(|local| self.locals.contents.is_of_program(*local))
    }

    /// A number, to be pushed again. It stays on the stack where it is.
    pub(super) fn hold(&mut self, operand: &mut Operand) -> Held {
        match operand.constant() {
            Some(constant) => Held::Constant(constant),
            None => Held::Local(self.hold_in_local(operand, ValType::I32)),
        }
    }

    /// A local that holds an operand, which stays on the stack where it is.
    pub(super) fn hold_in_local(&mut self, operand: &mut Operand, ty: ValType) -> LocalIndex {
        if let Value::Region(_, Some(local)) = operand.value {
            self.locals.contents.read(local);
            self.locals.write(local);
        }
        if let Some(local) = self.local_of(operand) {
            return local;
        }
        self.materialize(operand);
        let position = self.at(operand);
        let local = self.locals.take_held(ty, position);
        self.tape.insert(position, |sink| {
            sink.local_tee(local.0);
        });
        // What pushes it cannot be left out any more.
        (operand.start, operand.packing, operand.deferred) = (None, None, false);
        local
    }
}
