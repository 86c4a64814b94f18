//! The bodies of helpers: dispatches to the file that writes each.

use crate::context::Context;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Body, Routine};
use crate::helpers::{allocate, blame, close, home, live, loan, open, record, refill, scope, share, text, violation};

impl Helper {
    /// Writes the body. `is_needed` tells which helpers the module needs.
    pub(super) fn body(self, context: &Context, is_needed: &dyn Fn(Helper) -> bool) -> Body {
        let mut routine = Routine::new(self, context);
        let r = &mut routine;
        match self {
            Helper::Violation(kind) => violation::body(r, kind),
            Helper::FindHome => home::find_home(r),
            Helper::Grow => share::grow(r),
            Helper::ProgramSize => share::program_size(r),
            Helper::ProgramGrow => share::program_grow(r),
            Helper::Claim => share::claim(r),
            Helper::Refill(refused, alignment) => refill::body(r, refused, alignment, is_needed),
            Helper::Bump => allocate::bump(r),
            Helper::AllocateAligned => allocate::allocate_aligned(r),
            Helper::Open => open::open(r),
            Helper::Close => close::close(r),
            Helper::Blame(closed) => blame::body(r, closed),
            Helper::Release => close::release(r),
            Helper::Lend => loan::lend(r),
            Helper::EndLoans => loan::end_loans(r),
            Helper::Refuses => loan::refuses(r),
            Helper::CheckSegment => live::check_segment(r),
            Helper::EnterScope => scope::enter(r),
            Helper::LeaveScope => scope::leave(r),
            Helper::Wasi(call, form) => call.write(form, r),
            Helper::Array(code, ty) => code.write(ty, r),
            Helper::Text(code, encoding, ty) => code.write(encoding, ty, r),
            Helper::String(code, encoding) => code.write(encoding, r),
            Helper::Malformed(encoding) => text::malformed(r, encoding),
            Helper::TraceOpen => record::open(r),
            Helper::TraceAllocate => record::allocate(r),
            Helper::TraceClose => record::close(r),
        }
        routine.finish()
    }
}
