//! Checks of segments that are made from addresses.

use crate::engine::knowledge::proven::{Fact, Subject};
use crate::engine::knowledge::scan::Checked;
use crate::engine::operands::Operand;
use crate::engine::state::{Certain, Engine};
use crate::helpers::Helper;
use crate::segment::Held;
use crate::width::PointerInstructions;
use linmem_intrinsics::{Violation, beyond_memory};

/// The number of addresses.
pub(in crate::engine) const ADDRESSES: u64 = 1 << 32;

impl Engine {
    /// Checks that a segment made from an address ends at or below 2^32.
    ///
    /// ```wasm
    /// ;; the address   i64.extend_i32_u   the size   i64.extend_i32_u   i64.add
    /// i64.const 1 << 32   i64.gt_u
    /// if  call $linmem.OutOfBounds  end
    /// ```
    ///
    /// # Errors
    ///
    /// If it is known to end above.
    pub(super) fn check_of_address(&mut self, address: &mut Operand, bytes: &mut Operand) -> Result<(), Certain> {
        match (self.constant(address), self.constant(bytes)) {
            (Some(0), _) | (_, Some(0)) => return Ok(()),
            (Some(start), Some(size)) if u64::from(start) + u64::from(size) > ADDRESSES => {
                if self.reports() {
                    [start, size, 0].into_iter().for_each(|number| self.push_held(Held::Constant(number)));
                }
                return Err(self.certain(Violation::OutOfBounds, beyond_memory(start, size)));
            }
            (Some(_), Some(_)) => return Ok(()),
            _ => {}
        }
        // Fewer bytes from the same address end below the end of more bytes.
        let known = self.program_local_of(address).zip(self.constant(bytes));
        if let Some((local, size)) = known
            && self.knowledge.proven().fits(local, size, &self.locals.contents)
        {
            return Ok(());
        }
        let start = self.tape.here();
        self.reads.clear();
        let (address, bytes) = (self.hold(address), self.hold(bytes));
        let width = self.context.width();
        self.tape.emit(|sink| {
            match (address, bytes) {
                // Neither is 0, so `2^32 - constant` fits in 32 bits.
                (Held::Constant(constant), variable) | (variable, Held::Constant(constant)) => {
                    let last = u64::from(constant.wrapping_neg());
                    variable.push(sink, width).ptr_const(width, last).ptr_gt_u(width)
                }
                _ => {
                    address.push_wide(sink, width);
                    bytes.push_wide(sink, width).i64_add().i64_const(ADDRESSES as i64).i64_gt_u()
                }
            };
        });
        self.write_if(|engine| {
            if engine.reports() {
                engine.push_held(address);
                engine.push_held(bytes);
                engine.push_held(Held::Constant(0));
            }
            engine.call_helper(Helper::Violation(Violation::OutOfBounds));
        });
        let subject = known.map(|(address, bytes)| Subject::At { address, bytes });
        self.record_check(start, subject, (Some(0), None), known.map(|(_, size)| size), Checked::Fits);
        if let Some((local, size)) = known {
            self.prove(Fact::Fits(local, size));
        }
        Ok(())
    }
}
