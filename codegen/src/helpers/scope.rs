//! The regions of segments that are references: structures, each with the one around it, the innermost in a global.
//!
//! A region has a structure only if one of its segments does. So the list has some of the open regions, in the order in
//! which they were opened, or, where any of them may allocate, in any order.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::{Bodies, Helper};
use crate::segment::reference::{HANDLE, PREVIOUS};
use wasm_encoder::{BlockType, Function, InstructionSink};

/// Makes the region with this handle the first one of the list.
///
/// ```wasm
/// ;; (handle)
/// scope != null   scope.handle == handle:   return
/// ;; where the list has no order, look for it, and take it out
/// scope = region(handle, scope)
/// ```
pub(super) fn enter(bodies: &Bodies<'_>) -> Function {
    let Some(types) = bodies.context.segments.types() else { return nothing() };
    let scope = bodies.context.global(Global::Scope);
    let (handle, before, at) = (0, 1, 2);
    let region = types.region();
    let has_order = bodies.context.choices.tracking() != Tracking::List;
    let mut function = Function::new([(if has_order { 0 } else { 2 }, types.region_reference(true))]);
    let sink = &mut function.instructions();
    sink.block(BlockType::Empty);
    sink.global_get(scope).ref_is_null().br_if(0);
    sink.global_get(scope).struct_get(region, HANDLE).local_get(handle).i32_eq().if_(BlockType::Empty);
    sink.return_().end();
    if !has_order {
        find(sink, region, scope, (handle, before, at), |sink| {
            sink.local_get(before).local_get(at).struct_get(region, PREVIOUS).struct_set(region, PREVIOUS);
            sink.local_get(at).global_get(scope).struct_set(region, PREVIOUS);
            sink.local_get(at).global_set(scope).return_();
        });
    }
    sink.end();
    sink.local_get(handle).global_get(scope).struct_new(region).global_set(scope).end();
    function
}

/// Says that the region with this handle is closed, and takes it out of the list, if it is there.
///
/// ```wasm
/// ;; (handle)
/// scope == null:   return
/// scope.handle == handle:   scope.handle = 0   scope = scope.previous   return
/// ;; where the list has no order, look for it, and do the same there
/// ```
pub(super) fn leave(bodies: &Bodies<'_>) -> Function {
    let Some(types) = bodies.context.segments.types() else { return nothing() };
    let scope = bodies.context.global(Global::Scope);
    let (handle, before, at) = (0, 1, 2);
    let region = types.region();
    let has_order = bodies.context.choices.tracking() != Tracking::List;
    let mut function = Function::new([(if has_order { 0 } else { 2 }, types.region_reference(true))]);
    let sink = &mut function.instructions();
    sink.block(BlockType::Empty);
    sink.global_get(scope).ref_is_null().br_if(0);
    sink.global_get(scope).struct_get(region, HANDLE).local_get(handle).i32_eq().if_(BlockType::Empty);
    sink.global_get(scope).i32_const(0).struct_set(region, HANDLE);
    sink.global_get(scope).struct_get(region, PREVIOUS).global_set(scope).return_().end();
    if !has_order {
        find(sink, region, scope, (handle, before, at), |sink| {
            sink.local_get(at).i32_const(0).struct_set(region, HANDLE);
            sink.local_get(before).local_get(at).struct_get(region, PREVIOUS).struct_set(region, PREVIOUS);
            sink.return_();
        });
    }
    sink.end().end();
    function
}

/// Looks for the region with this handle behind the first one, and leaves the block around if it is not there.
///
/// ```wasm
/// before = scope
/// loop
///   at = before.previous   at == null:   break
///   at.handle == handle:   ;; found
///   before = at   continue
/// end
/// ```
fn find(
    sink: &mut InstructionSink<'_>,
    region: u32,
    scope: u32,
    (handle, before, at): (u32, u32, u32),
    found: impl FnOnce(&mut InstructionSink<'_>),
) {
    sink.global_get(scope).local_set(before);
    sink.loop_(BlockType::Empty);
    sink.local_get(before).struct_get(region, PREVIOUS).local_tee(at).ref_is_null().br_if(1);
    sink.local_get(at).struct_get(region, HANDLE).local_get(handle).i32_eq().if_(BlockType::Empty);
    found(sink);
    sink.end();
    sink.local_get(at).local_set(before).br(0).end();
}

/// Nobody calls these where segments have no regions.
fn nothing() -> Function {
    let mut function = Function::new([]);
    function.instructions().end();
    function
}

impl Bodies<'_> {
    /// Says that the region whose handle is in a local is closed, where segments know their region.
    pub(super) fn leave_scope(&self, sink: &mut InstructionSink<'_>, handle: u32) {
        if self.context.has_scopes() {
            sink.local_get(handle);
            sink.call((self.index)(crate::code::FunctionRef::Helper(Helper::LeaveScope)));
        }
    }
}
