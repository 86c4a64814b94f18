//! Stores of constants to static frames, which form [runs](crate::engine::stores).

use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::engine::stores::{Run, Store, Stored};
use crate::engine::tape::Position;
use crate::planted::{self, Bug, Optimization};
use linmem_intrinsics::Access;

/// The maximum number of stores in a run, since each is compared with all others.
const MAX_STORES: usize = 64;

impl Engine {
    /// Lowers a store of a constant to a constant address of a static frame. Returns `false` if it is another one.
    pub(super) fn store_constant(
        &mut self,
        access: Access,
        segment: &Operand,
        offset: &Operand,
        value: &Operand,
    ) -> bool {
        let Some(store) = self.constant_store(access, segment, offset, value) else { return false };
        let joined = self.stores.last().is_some_and(|run| {
            run.stores.len() < MAX_STORES
                && run.stores.iter().all(|other| {
                    other.segment.item == store.segment.item
                        && (!other.overlaps(&store) || planted::has(Bug::StoresIgnoreOverlap))
                })
                && self.follows(run.end, [offset, value])
        });
        self.discard(value);
        self.discard(offset);
        if !joined {
            self.tape.late(Late::Stores(self.stores.len()));
            let end = self.tape.here();
            self.stores.push(Run { stores: Vec::new(), end });
        }
        let end = self.tape.here();
        if let Some(run) = self.stores.last_mut() {
            run.stores.push(store);
            run.end = end;
        }
        true
    }

    fn constant_store(&self, access: Access, segment: &Operand, offset: &Operand, value: &Operand) -> Option<Store> {
        let Value::Static(to) = segment.value else { return None };
        let is_deferred = segment.deferred && self.is_in_static_frame(segment);
        if !is_deferred || self.traces() || planted::is_off(Optimization::Stores) {
            return None;
        }
        let can_go = value.deferred || value.start.is_some();
        let value = match (access, value.value) {
            (Access::Byte | Access::UByte, Value::I32(constant)) => Stored::Constant(u64::from(constant as u8)),
            (Access::Short | Access::UShort, Value::I32(constant)) => Stored::Constant(u64::from(constant as u16)),
            (Access::Int, Value::I32(constant)) => Stored::Constant(u64::from(constant as u32)),
            (Access::Long, Value::I64(constant)) => Stored::Constant(constant as u64),
            (Access::Int, Value::StaticAddress(segment)) => Stored::Address(segment),
            _ => return None,
        };
        let offset = self.constant(offset)?;
        can_go.then_some(Store { segment: to, offset, bytes: access.bytes(), value })
    }

    /// Whether nothing but these operands, which are constants, was written after a position.
    fn follows(&self, position: Position, operands: [&Operand; 2]) -> bool {
        if planted::has(Bug::StoresIgnoreCode) {
            return true;
        }
        let Some(remaining) = self.tape.remaining_after(position) else { return false };
        let written = operands.iter().filter_map(|operand| operand.position?.byte().checked_sub(operand.start?));
        let after =
            |operand: &&Operand| operand.deferred || operand.start.is_some_and(|start| start >= position.byte());
        operands.iter().all(after) && remaining == written.sum::<u32>()
    }
}
