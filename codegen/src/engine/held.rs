//! Operands that are needed a second time, when the instructions that pushed them lie far behind.

use crate::engine::Engine;
use crate::engine::operands::{Operand, Value};
use crate::index::LocalIndex;
use wasm_encoder::{InstructionSink, ValType};

/// A number of 32 bits that can be pushed anywhere from here to the end of the intrinsic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Constant(u32),
    Local(LocalIndex),
}

impl Held {
    /// Pushes it.
    pub(super) fn push<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        match self {
            Held::Constant(constant) => sink.i32_const(constant as i32),
            Held::Local(local) => sink.local_get(local.0),
        }
    }

    /// Pushes it as a number of 64 bits.
    pub(super) fn push_wide<'s, 'b>(self, sink: &'s mut InstructionSink<'b>) -> &'s mut InstructionSink<'b> {
        match self {
            Held::Constant(constant) => sink.i64_const(i64::from(constant)),
            Held::Local(local) => sink.local_get(local.0).i64_extend_i32_u(),
        }
    }
}

impl Engine<'_> {
    /// The local that an operand was read from, if it still holds it.
    pub(super) fn local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        let (Value::Local(local) | Value::Region(_, Some(local))) = operand.value else { return None };
        let since = operand.position?;
        self.locals.is_unchanged(local, since).then(|| self.locals.written(local))?
    }

    /// The same, but only a local of the program, by which an operand can be recognized later.
    pub(super) fn program_local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        self.local_of(operand).filter(|local| self.locals.is_of_program(*local))
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
            self.locals.read(local);
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
