//! The end of a function that closes a region before it returns a value: the value stays on the operand stack.
//!
//! Compilers put the value of a scope in a local, close the region, and read the local:
//!
//! ```wasm
//! local.set $sum
//! local.get $region   global.set $linmem.top
//! local.get $sum
//! end                                             ;; of the function
//! ```
//!
//! The function ends after that, so that nothing reads the local again, and its assignment and the read can both be removed: the
//! code of the close leaves operands below its own as they are, does not read the local, and neither branches nor throws.

use crate::engine::operands::{Operand, Value};
use crate::engine::tape::{Position, Tape};
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};

/// An assignment of a local, and the close of a region that may have followed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    local: LocalIndex,
    /// The first byte of the assignment.
    start: u32,
    /// The position after the assignment.
    assigned: Position,
    /// The position after the close of a region, if that followed immediately.
    closed: Option<Position>,
}

impl Tail {
    /// A local was assigned by the instruction from `start` to `end`.
    pub(super) fn assigned(local: LocalIndex, start: u32, end: Position) -> Tail {
        Tail { local, start, assigned: end, closed: None }
    }

    /// Whether nothing follows the assignment but the read of a handle in another local, which has not been written yet.
    pub(super) fn is_before_close(&self, handle: &Operand, tape: &Tape) -> bool {
        let reads_other = handle.deferred && handle.source.is_some_and(|source| source != self.local);
        reads_other && self.closed.is_none() && tape.is_end(self.assigned)
    }

    /// Records that the code of a close follows the assignment, up to `end`. It contains no call.
    pub(super) fn close(self, end: Position) -> Tail {
        Tail { closed: Some(end), ..self }
    }

    /// Removes the assignment, and the read of the local for the result of the function, which ends here, if nothing but the
    /// close is between both.
    pub(super) fn leave_on_stack(&self, result: &Operand, tape: &mut Tape) {
        let (Some(closed), Some(position), Some(start)) = (self.closed, result.position, result.start) else { return };
        let is_read = result.value == Value::Local(self.local)
            || planted::has(Bug::TailReturnsOther) && matches!(result.value, Value::Local(_));
        let follows = start == closed.byte() && position.byte() == tape.len() && tape.is_plain_after(closed);
        if is_read && follows && !planted::is_off(Optimization::Tail) {
            tape.delete(self.start, self.assigned);
            tape.delete(start, position);
        }
    }
}
