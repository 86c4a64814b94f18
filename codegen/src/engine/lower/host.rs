//! Calls of the host.
//!
//! ```wasm
//! ;; the file descriptor   the segment
//! call $linmem.fd_write
//! ```
//!
//! The helper builds the iovec in a frame of its own.

use crate::engine::Engine;
use crate::engine::operands::Operand;
use crate::helpers::{Helper, HostCall};
use linmem_intrinsics::{Operation, Signature};

impl Engine<'_> {
    pub(in crate::engine) fn lower_host_call(&mut self, signature: &Signature, operands: &mut [Operand]) {
        if let ([_, segment, ..], true) = (&mut *operands, self.context.checks_segments()) {
            self.check_all_live(segment);
        }
        match operands {
            [descriptor, segment] if self.context.segment_types.is_some() => {
                self.materialize(descriptor);
                self.push_parts(segment);
            }
            operands => operands.iter().for_each(|operand| self.materialize(operand)),
        }
        let call = match signature.intrinsic.operation() {
            Operation::FdRead => HostCall::FdRead,
            Operation::WriteAll => HostCall::WriteAll,
            _ => HostCall::FdWrite,
        };
        let packed = self.context.is_packed();
        self.call_helper(Helper::HostCall { call, packed, folded: signature.folded });
        self.called();
        self.produce(signature.results().len() as u32);
    }

    /// Pushes the address and the size of a segment that is a reference.
    fn push_parts(&mut self, segment: &mut Operand) {
        let extent = self.extent(segment);
        self.unwrap_segment(segment);
        self.push_size_of(extent);
    }
}
