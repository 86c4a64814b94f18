//! The region that a segment is allocated from.

use crate::context::Context;
use crate::globals::Global;
use crate::index::LocalIndex;
use linmem_allocator::layout::REGION_HANDLE;
use wasm_encoder::InstructionSink;

/// Which region a segment is made in, at run time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Maker {
    /// The innermost one.
    Innermost,
    /// The one whose handle a local holds.
    Handle(LocalIndex),
    /// The one whose header a local holds.
    Header(LocalIndex),
}

impl Maker {
    /// Pushes the handle.
    pub(crate) fn push_handle(self, sink: &mut InstructionSink<'_>, context: &Context) {
        match self {
            Maker::Innermost => {
                sink.global_get(context.global(Global::Region)).i32_load(context.memarg(REGION_HANDLE, 4))
            }
            Maker::Handle(local) => sink.local_get(local.0),
            Maker::Header(local) => sink.local_get(local.0).i32_wrap_i64(),
        };
    }
}
