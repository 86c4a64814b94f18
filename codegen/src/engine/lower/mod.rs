//! The lowerings, one file for each family of intrinsics. Each lowering documents the shape of its code; the goldens in
//! `snapshots/` are authoritative.

mod access;
mod allocate;
mod array;
mod atomic;
pub(super) mod bounds;
mod bulk;
pub(super) mod bump;
mod check;
mod host;
mod live;
mod reference;
mod region;
mod segment;
mod source;
pub(super) mod static_frame;
mod stores;
mod text;
pub(super) mod vouched;

use crate::engine::lower::source::TextSource;
use crate::engine::operands::Operand;
use crate::engine::state::{Certain, Engine};
use crate::helpers::Call;
use linmem_intrinsics::{Operation, Signature};

impl Engine {
    /// Lowers an intrinsic whose operands were popped.
    ///
    /// # Errors
    ///
    /// If the operation is a violation whenever it is reached.
    pub(super) fn lower(&mut self, signature: &Signature, operands: &mut [Operand]) -> Result<(), Certain> {
        // Without checks, a cast is placed where the reference was pushed, unless one cast may serve all iterations of
        // a loop.
        let in_loop = self.knowledge.is_scanning() && operands.iter().all(|operand| self.is_plain(operand));
        if self.context.checks_bounds() || signature.intrinsic.takes_sizes() || in_loop || self.traces() {
            self.cast_segments(signature, operands);
        }
        let width = self.context.width();
        let ty = signature.array.map(|array| array.ty);
        let source = TextSource::of(signature);
        match (signature.intrinsic.operation(), operands) {
            (Operation::Open, []) => self.lower_open(),
            (Operation::Close, [handle]) => self.lower_close(handle),
            (Operation::Allocate, [handle, bytes]) => self.lower_allocate(handle, bytes),
            (Operation::AllocateAligned, [handle, bytes, alignment]) => {
                self.lower_allocate_aligned(handle, bytes, alignment)?;
            }
            (Operation::Get(access), [segment, offset]) => self.lower_get(access, segment, offset)?,
            (Operation::Set(access), [segment, offset, value]) => self.lower_set(access, segment, offset, value)?,
            (Operation::Address, [segment]) => self.lower_address(segment),
            (Operation::Size, [segment]) => self.lower_size(segment),
            (Operation::Slice, [segment, offset, bytes]) => self.lower_slice(segment, offset, bytes)?,
            (Operation::OfAddress, [address, bytes]) => self.lower_of_address(address, bytes)?,
            (Operation::Fill, [segment, offset, bytes, byte]) => self.lower_fill((segment, offset), bytes, byte)?,
            (Operation::Copy, [to, to_offset, from, from_offset, bytes]) => {
                self.lower_copy((to, to_offset), (from, from_offset), bytes)?;
            }
            (Operation::CopyFromArray, [segment, offset, array, index, count]) => {
                if let Some(ty) = ty {
                    self.lower_copy_from_array(ty, (segment, offset), (array, index, count))?;
                }
            }
            (Operation::CopyToArray, [segment, offset, array, index, count]) => {
                if let Some(ty) = ty {
                    self.lower_copy_to_array(ty, (segment, offset), (array, index, count))?;
                }
            }
            (Operation::AllocateArray, [handle, array, index, count]) => {
                if let Some(ty) = ty {
                    self.lower_allocate_array(ty, handle, (array, index, count));
                }
            }
            (Operation::ToArray, [segment, offset, count]) => {
                if let Some(ty) = ty {
                    self.lower_to_array(ty, (segment, offset), count)?;
                }
            }
            (Operation::AllocateText(encoding), [handle, array, index, count]) => {
                if let Some(source) = source {
                    self.lower_allocate_text(encoding, source, handle, (array, index, count));
                }
            }
            (Operation::SetText(encoding), [segment, offset, array, index, count]) => {
                if let Some(source) = source {
                    self.lower_set_text(encoding, source, (segment, offset), (array, index, count))?;
                }
            }
            (Operation::GetText(encoding), [segment, offset, bytes]) => {
                if let Some(source) = source {
                    self.lower_get_text(encoding, source, (segment, offset), bytes)?;
                }
            }
            (Operation::TextSize(encoding), [array, index, count]) => {
                if let Some(source) = source {
                    self.lower_text_size(encoding, source, [array, index, count]);
                }
            }
            (Operation::OnWord(atomic, word), [segment, offset, values @ ..]) => {
                self.lower_atomic(atomic, word, (segment, offset), values)?;
            }
            (Operation::Notify, [segment, offset, count]) => self.lower_notify(segment, offset, count)?,
            (Operation::Fence, []) => self.lower_fence(),
            (Operation::GetField(field), [segment]) => {
                self.lower_get(field.access(), segment, &mut Operand::of_pointer(width, field.offset()))?;
            }
            (Operation::SetField(field), [segment, value]) => {
                self.lower_set(field.access(), segment, &mut Operand::of_pointer(width, field.offset()), value)?;
            }
            (Operation::LastErrno, []) => self.lower_last_errno(),
            (operation, operands) => match Call::of(signature) {
                Some(call) => self.lower_call(call, signature, operands)?,
                // `take` provides the number of operands that the catalogue declares.
                None => debug_assert!(false, "{operation:?} has {} operands", operands.len()),
            },
        }
        Ok(())
    }
}
