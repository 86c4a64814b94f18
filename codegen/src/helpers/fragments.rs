//! Code fragments that several lowerings and helpers share.

use crate::context::{Context, Home};
use crate::globals::Global;
use crate::helpers::routine::{Local, Routine};
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use linmem_allocator::layout::{ALIGNMENT, CHUNK_END, HANDLE_STEP, PAGE, REGION_HANDLE};
use wasm_encoder::{InstructionSink, MemArg};

/// The shift that converts a number of pages to bytes.
pub(super) const PAGE_SHIFT: u32 = PAGE.trailing_zeros();

/// A field of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The end of a chunk.
    End,
    /// The next chunk.
    Next,
    /// The handle of a region.
    Handle,
    /// The header of the region that was innermost before this one.
    Previous,
}

/// Pushes the address of home's header.
pub(crate) fn push_home<'s, 'b>(sink: &'s mut InstructionSink<'b>, context: &Context) -> &'s mut InstructionSink<'b> {
    match context.home.start() {
        Some(start) => sink.ptr_const(context.width(), start),
        None => sink.global_get(context.global(Global::Home)),
    }
}

/// Assigns a handle to the region whose header is at the address in the local `header`. Pushes that address and the
/// first value that [`emit_store_header`] stores, as an `i64`: the header or, in a 64-bit memory, the handle.
///
/// ```wasm
/// local.get $header
/// global.get $linmem.serial   i32.const 2   i32.add   global.set $linmem.serial
/// global.get $linmem.serial   i64.extend_i32_u
/// global.get $linmem.region   i64.extend_i32_u   i64.const 32   i64.shl   i64.or
/// ```
pub(crate) fn emit_header(sink: &mut InstructionSink<'_>, context: &Context, header: u32) {
    let (region, serial, width) = (context.global(Global::Region), context.global(Global::Serial), context.width());
    sink.local_get(header);
    sink.global_get(serial).ptr_const(width, u64::from(HANDLE_STEP)).ptr_add(width).global_set(serial);
    sink.global_get(serial).ptr_extend(width);
    if width == Width::Bits32 {
        let half = i64::from(width.pointer_bits());
        sink.global_get(region).ptr_extend(width).i64_const(half).i64_shl().i64_or();
    }
}

/// Writes the header, and makes its region the innermost one.
///
/// ```wasm
/// i64.store
/// local.get $header   global.get $linmem.region   i64.store offset=8       ;; in a 64-bit memory
/// local.get $header   global.set $linmem.region
/// ```
pub(crate) fn emit_store_header(sink: &mut InstructionSink<'_>, context: &Context, header: u32) {
    let region = context.global(Global::Region);
    sink.i64_store(context.memarg(REGION_HANDLE, 8));
    if context.width() == Width::Bits64 {
        let previous = context.memarg(context.layout().region_previous(), 8);
        sink.local_get(header).global_get(region).ptr_store(context.width(), previous);
    }
    sink.local_get(header).global_set(region);
}

/// Pushes the identity of the innermost open region: its header or, in a 64-bit memory, its handle.
///
/// ```wasm
/// global.get $linmem.region   i64.load
/// ```
pub(crate) fn emit_load_header<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    context: &Context,
) -> &'s mut InstructionSink<'b> {
    sink.global_get(context.global(Global::Region)).i64_load(context.memarg(REGION_HANDLE, 8))
}

impl Routine<'_> {
    /// Pushes the address of home's header.
    pub(super) fn home(&mut self) -> &mut Self {
        self.emit(|sink, context| {
            push_home(sink, context);
        })
    }

    /// Assigns a handle to a region, writes its header at the address in a local, and makes it the innermost region.
    pub(super) fn begin_region(&mut self, header: Local) -> &mut Self {
        self.emit(|sink, context| {
            emit_header(sink, context, header.index());
            emit_store_header(sink, context, header.index());
        })
    }

    fn field(&self, field: Field) -> MemArg {
        let layout = self.context().layout();
        let offset = match field {
            Field::End => CHUNK_END,
            Field::Next => layout.chunk_next(),
            Field::Handle => REGION_HANDLE,
            Field::Previous => layout.region_previous(),
        };
        self.at(offset, self.width().pointer_bytes())
    }

    /// Loads a field of the header whose address is on the stack.
    pub(super) fn load(&mut self, field: Field) -> &mut Self {
        let at = self.field(field);
        self.ptr_load(at)
    }

    /// Same as `load`, but extended to an `i64`.
    pub(super) fn load_wide(&mut self, field: Field) -> &mut Self {
        let at = self.field(field);
        self.ptr_load_wide(at)
    }

    /// Stores the pointer on the stack in a field of the header whose address is below it.
    pub(super) fn store(&mut self, field: Field) -> &mut Self {
        let at = self.field(field);
        self.ptr_store(at)
    }

    /// Zeroes the header of a chunk whose address is in a local.
    pub(super) fn clear_chunk_header(&mut self, chunk: Local) {
        for offset in (CHUNK_END..self.context().layout().chunk_header()).step_by(8) {
            let at = self.at(offset, self.width().pointer_bytes());
            self.get(chunk).i64_const(0).i64_store(at);
        }
    }

    /// Zeroes home's header, whose address is in a local, if that has not been done: memory above a base may contain
    /// anything. The first helper that needs the header does this, and then counts home's pages.
    ///
    /// ```wasm
    /// owned == 0:   home.end = 0   home.next = 0   owned = PAGES
    /// ```
    pub(super) fn clear_home(&mut self, home: Local) {
        if let Home::Reserved { zeroed: false, .. } = self.context().home {
            let pages = self.context().home.pages();
            self.read(Global::Owned).ptr_eqz().if_();
            self.clear_chunk_header(home);
            self.ptr_const(pages).write(Global::Owned).end();
        }
    }

    /// Rounds the `i64` on the stack up to the alignment of all segments.
    pub(super) fn round_up_wide(&mut self) -> &mut Self {
        let mask = i64::from(ALIGNMENT) - 1;
        self.i64_const(mask).i64_add().i64_const(!mask).i64_and()
    }

    /// Rounds the pointer on the stack up to the alignment of all segments. The result may wrap around.
    pub(super) fn round_up_pointer(&mut self) -> &mut Self {
        let mask = u64::from(ALIGNMENT) - 1;
        self.ptr_const(mask).ptr_add().ptr_const(!mask).ptr_and()
    }

    /// Adds the size of a chunk's header to the address on the stack.
    pub(super) fn skip_header(&mut self) -> &mut Self {
        let bytes = self.context().layout().chunk_header();
        self.ptr_const(u64::from(bytes)).ptr_add()
    }

    /// Converts the end of a chunk on the stack to include the reserve for a region's header.
    pub(super) fn add_reserve(&mut self) -> &mut Self {
        match self.context().reserve() {
            0 => self,
            reserve => self.ptr_const(u64::from(reserve)).ptr_add(),
        }
    }

    /// Converts the end of a chunk on the stack to exclude the reserve for a region's header.
    pub(super) fn subtract_reserve(&mut self) -> &mut Self {
        match self.context().reserve() {
            0 => self,
            reserve => self.ptr_const(u64::from(reserve)).ptr_sub(),
        }
    }

    /// Converts the number of pages on the stack to bytes.
    pub(super) fn pages_to_bytes(&mut self) -> &mut Self {
        self.ptr_const(u64::from(PAGE_SHIFT)).ptr_shl()
    }

    /// Adds the number of pages in a local to the pages that linmem owns.
    pub(super) fn own(&mut self, pages: Local) -> &mut Self {
        self.read(Global::Owned).get(pages).ptr_add().write(Global::Owned)
    }
}
