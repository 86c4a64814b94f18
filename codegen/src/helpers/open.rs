//! Opening a region that has a header, out of line.

use crate::choices::Tracking;
use crate::context::Home;
use crate::globals::Global;
use crate::helpers::fragments::{emit_header, emit_store_header, push_home};
use crate::helpers::{Alignment, Bodies, Helper, Refused};
use linmem_allocator::layout::{ALIGNMENT, REGION_HEADER};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Opens a region, and reserves a frame that begins with its header. The header lies at top, if that is not above the
/// end of its chunk, since room for it is kept there; what does not fit behind it may lie in another chunk.
///
/// ```wasm
/// ;; (bytes) -> start of the frame
/// from = top
/// header = try_refill(from, 0)                        ;; at top if it can be, else in the next chunk
/// header == 0:   call $linmem.OutOfMemory
/// frame = header   top = header + 8
/// bytes > 8:
///   frame = try_refill(top, bytes - 8) - 8
///   frame == -8:   top = from   call $linmem.OutOfMemory
/// region == HOME:   mark = from                       ;; where regions are in a list
/// header.handle = serial += 2   header.previous = region   region = header
/// frame
/// ```
///
/// # Traps
///
/// In `$linmem.OutOfMemory`, with top as it was.
pub(super) fn open(bodies: &Bodies<'_>) -> Function {
    let context = bodies.context;
    let top = context.top();
    let (bytes, site) = (0, 1);
    let from = site + u32::from(Helper::Open.is_told_site(context));
    let (header, frame) = (from + 1, from + 2);
    let refill = Helper::Refill(Refused::Null, Alignment::Fixed);
    let size = REGION_HEADER as i32;
    let refused = |sink: &mut InstructionSink<'_>| {
        let bytes = |sink: &mut InstructionSink<'_>| {
            sink.local_get(bytes);
        };
        bodies.out_of_memory(sink, site, bytes, |sink| {
            sink.i32_const(ALIGNMENT as i32);
        });
    };
    let mut function = Function::new([(3, ValType::I32)]);
    let sink = &mut function.instructions();
    if matches!(context.home, Home::Found { .. }) {
        sink.global_get(top).i32_eqz().if_(BlockType::Empty);
        bodies.call(sink, Helper::FindHome, site);
        sink.end();
    }
    sink.global_get(top).local_tee(from).i32_const(0);
    bodies.call(sink, refill, site);
    sink.local_tee(header).local_tee(frame).i32_eqz().if_(BlockType::Empty);
    refused(sink);
    sink.end();
    sink.local_get(header).i32_const(size).i32_add().global_set(top);
    sink.local_get(bytes).i32_const(size).i32_gt_u().if_(BlockType::Empty);
    sink.global_get(top).local_get(bytes).i32_const(size).i32_sub();
    bodies.call(sink, refill, site);
    sink.i32_const(size).i32_sub().local_tee(frame).i32_const(-size).i32_eq().if_(BlockType::Empty);
    sink.local_get(from).global_set(top);
    refused(sink);
    sink.end().end();
    if context.choices.tracking() == Tracking::List {
        sink.global_get(context.global(Global::Region));
        push_home(sink, context).i32_eq().if_(BlockType::Empty);
        sink.local_get(from).global_set(context.global(Global::Mark)).end();
    }
    emit_header(sink, context, header);
    emit_store_header(sink, context, header);
    sink.local_get(frame).end();
    function
}
