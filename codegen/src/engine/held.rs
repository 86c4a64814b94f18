//! Operands that are needed a second time, long after the instructions that pushed them.

use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::index::LocalIndex;
use crate::segment::Held;
use crate::width::PointerType;
use wasm_encoder::ValType;

impl Engine {
    /// The local that an operand was read from, if it still holds the operand.
    pub(super) fn local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        let local = match (operand.value, operand.source) {
            (Value::Local(local), _) | (Value::Region(_), Some(local)) => local,
            _ => return None,
        };
        let since = operand.position?;
        self.locals.contents.is_unchanged(local, since).then(|| self.locals.written(local))?
    }

    /// Same as `local_of`, but only for locals of the program, which identify an operand later.
    pub(super) fn program_local_of(&self, operand: &Operand) -> Option<LocalIndex> {
        self.local_of(operand).filter(|local| self.locals.contents.is_of_program(*local))
    }

    /// The value of an operand, if it is a constant pointer below 2^32.
    pub(super) fn constant(&self, operand: &Operand) -> Option<u32> {
        operand.pointer(self.context.width())
    }

    /// Makes a pointer available for a later push: as a constant, or in a local. It stays on the stack.
    pub(super) fn hold(&mut self, operand: &mut Operand) -> Held {
        match self.constant(operand) {
            Some(constant) => Held::Constant(constant),
            None => Held::Local(self.hold_in_local(operand, self.context.width().val_type())),
        }
    }

    /// Returns a local that holds an operand. The operand stays on the stack.
    pub(super) fn hold_in_local(&mut self, operand: &mut Operand, ty: ValType) -> LocalIndex {
        if let (Value::Region(_), Some(local)) = (operand.value, operand.source) {
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
        // The instructions that push it can no longer be removed.
        (operand.start, operand.packing, operand.made, operand.deferred) = (None, None, None, false);
        local
    }
}
