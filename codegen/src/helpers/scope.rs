//! The regions of segments that are references, as structures in a linked list. The first one is in a global.
//!
//! A region has a structure only if one of its segments has one. So the list contains some of the open regions: in
//! reverse order of opening or, if any open region may allocate, in any order.

use crate::choices::Tracking;
use crate::globals::Global;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::segment::SegmentTypes;
use crate::segment::reference::{HANDLE, PREVIOUS};

/// Moves or adds the region with this handle to the front of the list.
///
/// ```wasm
/// ;; (handle)
/// scope != null   scope.handle == handle:   return
/// ;; if the list is unordered: search for it, and unlink it
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

/// Marks the region with this handle as closed, and unlinks it, if it is in the list.
///
/// ```wasm
/// ;; (handle)
/// scope == null:   return
/// scope.handle == handle:   scope.handle = 0   scope = scope.previous   return
/// ;; if the list is unordered: search for it, and do the same there
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

/// Declares the locals for a search, if the list is unordered.
fn locals(r: &mut Routine<'_>, types: SegmentTypes) -> Option<(Local, Local)> {
    let has_order = r.context().choices.tracking() != Tracking::List;
    match r.group(if has_order { 0 } else { 2 }, types.region_reference(true))[..] {
        [before, at] => Some((before, at)),
        _ => None,
    }
}

/// Searches the list after its first element for the region with this handle. Branches to `absent` if it is not found.
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
    /// Pushes a handle as it is stored in structures: its low 32 bits.
    fn handle(&mut self, handle: Local) -> &mut Self {
        self.get(handle).i32_from_ptr()
    }

    /// Marks the region whose handle is in a local as closed, if segments refer to their region.
    pub(super) fn leave_scope(&mut self, handle: Local) {
        if self.context().has_scopes() {
            self.get(handle).helper(Helper::LeaveScope);
        }
    }
}
