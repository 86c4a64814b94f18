//! The region that a segment is allocated in.

use crate::context::Context;
use crate::globals::Global;
use crate::index::LocalIndex;
use crate::width::PointerInstructions;
use linmem_allocator::layout::REGION_HANDLE;
use wasm_encoder::InstructionSink;

/// How to find the region of a segment at run time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Maker {
    /// The innermost region.
    Innermost,
    /// The region whose handle is in a local.
    Handle(LocalIndex),
    /// The region whose header is in a local.
    Header(LocalIndex),
}

impl Maker {
    /// Pushes the handle.
    pub(crate) fn push_handle(self, sink: &mut InstructionSink<'_>, context: &Context) {
        let width = context.width();
        match self {
            Maker::Innermost => {
                sink.global_get(context.global(Global::Region)).ptr_load(width, context.ptr_memarg(REGION_HANDLE))
            }
            Maker::Handle(local) => sink.local_get(local.0),
            Maker::Header(local) => sink.local_get(local.0).ptr_wrap(width),
        };
    }
}
