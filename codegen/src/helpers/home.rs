//! Finding home in a memory that is somebody else's.

use crate::context::{Growth, Home};
use crate::globals::Global;
use crate::helpers::fragments::{PAGE_SHIFT, skip_header};
use crate::helpers::{Bodies, Helper};
use linmem_allocator::growth::LAST_PAGE;
use linmem_allocator::layout::{ALIGNMENT, CHUNK_END, CHUNK_HEADER, PAGE};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Finds home: what the base leaves, or a page of its own. Without memory for it, it stays to be found, if allocations
/// may give null and regions have no headers.
///
/// ```wasm
/// i32.const 1   memory.grow   local.tee $page
/// i32.const 65535   i32.ge_u   if  call $linmem.OutOfMemory  unreachable  end
/// local.get $page   i32.const 16   i32.shl   global.set $linmem.home
/// global.get $linmem.home   i32.const 65536   i32.add   global.set $linmem.limit
/// i32.const 1   global.set $linmem.owned
/// global.get $linmem.home   i32.const 8   i32.add   global.set $linmem.top
/// global.get $linmem.home   global.set $linmem.region           ;; if regions have headers
/// ```
///
/// Where chunks come from the allocator of the program, `$linmem.claim` finds home, and `limit` is what its header says.
pub(super) fn find_home(bodies: &Bodies<'_>) -> Function {
    let (context, choices) = (bodies.context, bodies.context.choices);
    let site = 0;
    let start = u32::from(Helper::FindHome.is_told_site(context));
    let page = start;
    let mut function = Function::new([(1, ValType::I32)]);
    let sink = &mut function.instructions();
    let (home, limit) = (context.global(Global::Home), context.limit());
    let owned = context.global(Global::Owned);
    let reserve = choices.reserve();
    let settle = |sink: &mut InstructionSink<'_>| {
        sink.global_get(home);
        skip_header(sink).global_set(context.top());
        if choices.checks_regions() {
            sink.global_get(home).global_set(context.global(Global::Region));
        }
    };
    if let Home::Found { base: Some((base, end)) } = context.home {
        let mask = ALIGNMENT as i32 - 1;
        // The rounding wraps only for a base in the last eight bytes, and then home would start at 0 in a memory that
        // ends there: the comparison below uses the unrounded base.
        sink.global_get(base.0).i32_const(mask).i32_add().i32_const(!mask).i32_and().local_set(start);
        sink.global_get(base.0).i64_extend_i32_u();
        sink.i64_const(i64::from(mask as u32 + CHUNK_HEADER + reserve)).i64_add().i64_const(i64::from(end)).i64_le_u();
        sink.if_(BlockType::Empty);
        sink.local_get(start).global_set(home);
        sink.local_get(start).i64_const(0).i64_store(context.memarg(CHUNK_END, 4));
        sink.i32_const(end.wrapping_sub(reserve) as i32).global_set(limit);
        sink.i32_const(end as i32).local_get(start).i32_sub().i32_const(PAGE as i32 - 1).i32_add();
        sink.i32_const(PAGE_SHIFT).i32_shr_u().global_set(owned);
        settle(sink);
        sink.return_().end();
    }
    if let Growth::Allocator(_) = context.growth {
        sink.i32_const(PAGE as i32);
        bodies.call(sink, Helper::Claim, site);
        sink.i32_eqz().if_(BlockType::Empty);
    } else {
        sink.i32_const(1);
        bodies.grow(sink);
        sink.local_tee(page).i32_const(LAST_PAGE as i32).i32_ge_u().if_(BlockType::Empty);
    }
    if choices.opens_without_home() {
        sink.return_();
    } else {
        let page = |sink: &mut InstructionSink<'_>| {
            sink.i32_const(PAGE as i32);
        };
        bodies.out_of_memory(sink, site, page, page);
    }
    sink.end();
    if let Growth::Allocator(_) = context.growth {
        sink.global_get(home).i32_load(context.memarg(CHUNK_END, 4)).global_set(limit);
    } else {
        sink.local_get(page).i32_const(PAGE_SHIFT).i32_shl().global_set(home);
        sink.global_get(home).i32_const((PAGE - reserve) as i32).i32_add().global_set(limit);
        sink.i32_const(1).global_set(owned);
    }
    settle(sink);
    sink.end();
    function
}
