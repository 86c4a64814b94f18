//! The regions of segments that are references: structures, each with the one around it, the innermost in a global.
//!
//! A region has a structure only if one of its segments does. So the list has some of the open regions, in the order in
//! which they were opened, or, where any of them may allocate, in any order.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::segment::SegmentTypes;
use crate::segment::reference::{HANDLE, PREVIOUS};

/// Makes the region with this handle the first one of the list.
///
/// ```wasm
/// ;; (handle)
/// scope != null   scope.handle == handle:   return
/// ;; where the list has no order, look for it, and take it out
/// scope = region(handle, scope)
/// ```
pub(super) fn enter(r: &mut Routine<'_>) {
    let Some(types) = r.context().segments.types() else { return };
    let [handle] = r.params();
    let region = types.region();
    let behind = locals(r, types);
    let absent = r.block();
    r.read(Global::Scope).ref_is_null().br_if(absent);
    r.read(Global::Scope).struct_get(region, HANDLE).handle(handle).i32_eq().if_();
    r.return_().end();
    if let Some((before, at)) = behind {
        find(r, region, handle, (before, at), absent, |r| {
            r.get(before).get(at).struct_get(region, PREVIOUS).struct_set(region, PREVIOUS);
            r.get(at).read(Global::Scope).struct_set(region, PREVIOUS);
            r.get(at).write(Global::Scope).return_();
        });
    }
    r.end();
    r.handle(handle).read(Global::Scope).struct_new(region).write(Global::Scope);
}

/// Says that the region with this handle is closed, and takes it out of the list, if it is there.
///
/// ```wasm
/// ;; (handle)
/// scope == null:   return
/// scope.handle == handle:   scope.handle = 0   scope = scope.previous   return
/// ;; where the list has no order, look for it, and do the same there
/// ```
pub(super) fn leave(r: &mut Routine<'_>) {
    let Some(types) = r.context().segments.types() else { return };
    let [handle] = r.params();
    let region = types.region();
    let behind = locals(r, types);
    let absent = r.block();
    r.read(Global::Scope).ref_is_null().br_if(absent);
    r.read(Global::Scope).struct_get(region, HANDLE).handle(handle).i32_eq().if_();
    r.read(Global::Scope).i32_const(0).struct_set(region, HANDLE);
    r.read(Global::Scope).struct_get(region, PREVIOUS).write(Global::Scope).return_().end();
    if let Some((before, at)) = behind {
        find(r, region, handle, (before, at), absent, |r| {
            r.get(at).i32_const(0).struct_set(region, HANDLE);
            r.get(before).get(at).struct_get(region, PREVIOUS).struct_set(region, PREVIOUS);
            r.return_();
        });
    }
    r.end();
}

/// The locals for two regions of the list, where the list has no order, so that regions are looked for.
fn locals(r: &mut Routine<'_>, types: SegmentTypes) -> Option<(Local, Local)> {
    let has_order = r.context().choices.tracking() != Tracking::List;
    match r.group(if has_order { 0 } else { 2 }, types.region_reference(true))[..] {
        [before, at] => Some((before, at)),
        _ => None,
    }
}

/// Looks for the region with this handle behind the first one, and branches to `absent` if it is not there.
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
    r: &mut Routine<'_>,
    region: u32,
    handle: Local,
    (before, at): (Local, Local),
    absent: Label,
    found: impl FnOnce(&mut Routine<'_>),
) {
    r.read(Global::Scope).set(before);
    let next = r.repeat();
    r.get(before).struct_get(region, PREVIOUS).tee(at).ref_is_null().br_if(absent);
    r.get(at).struct_get(region, HANDLE).handle(handle).i32_eq().if_();
    found(r);
    r.end();
    r.get(at).set(before).br(next).end();
}

impl Routine<'_> {
    /// Pushes a handle as structures hold it: the low 32 bits.
    fn handle(&mut self, handle: Local) -> &mut Self {
        self.get(handle).i32_from_ptr()
    }

    /// Says that the region whose handle is in a local is closed, where segments know their region.
    pub(super) fn leave_scope(&mut self, handle: Local) {
        if self.context().has_scopes() {
            self.get(handle).helper(Helper::LeaveScope);
        }
    }
}
