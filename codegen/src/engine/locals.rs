//! The locals of the function that is being lowered: those of the program, and those that lowering adds.

use crate::engine::knowledge::contents::{Assigned, Content, Contents};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use crate::width::PointerType;
use linmem_allocator::Width;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use wasm_encoder::ValType;

/// The maximum number of locals of a function: an implementation limit of the JavaScript interface of WebAssembly that
/// engines share.
pub(crate) const MAX_LOCALS: usize = 50_000;

/// A local that is declared when code first needs it.
#[derive(Clone, Copy, Debug)]
struct Unwritten {
    ty: ValType,
    local: Option<LocalIndex>,
    /// Its name, if lowering assigns it more than once.
    name: Option<&'static str>,
}

/// The purposes of scratch locals. Each is written immediately before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scratch {
    /// A size.
    Bytes,
    /// An end, or another 64-bit sum.
    End,
    /// The address of a destination, or any other address.
    To,
    /// The address of a source.
    From,
    /// A byte pattern.
    Pattern,
    /// The handle of a region that is being checked.
    Handle,
    /// The index of a loop, saved while the hoisted checks run.
    Index,
    /// Top, while a loop allocates.
    Next,
}

impl Scratch {
    fn ty(self, width: Width) -> ValType {
        match self {
            Scratch::Bytes | Scratch::To | Scratch::From | Scratch::Handle | Scratch::Next => width.val_type(),
            // The index of a loop of the program.
            Scratch::Index => ValType::I32,
            Scratch::End | Scratch::Pattern => ValType::I64,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Scratch::Bytes => "linmem.bytes",
            Scratch::End => "linmem.end",
            Scratch::To => "linmem.to",
            Scratch::From => "linmem.from",
            Scratch::Pattern => "linmem.pattern",
            Scratch::Handle => "linmem.handle",
            Scratch::Index => "linmem.index",
            Scratch::Next => "linmem.next",
        }
    }
}

/// A local that lowering added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Added {
    /// Its index.
    pub(crate) local: LocalIndex,
    /// Its name.
    pub(crate) name: &'static str,
}

/// The free locals of one type that held operands, each with the position up to which code reads its old value.
#[derive(Debug)]
struct Holders {
    ty: ValType,
    free: BinaryHeap<Reverse<(Position, LocalIndex)>>,
}

/// The locals of a function.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    width: Width,
    params: u32,
    declared: Vec<ValType>,
    /// The contents of the locals.
    pub(crate) contents: Contents,
    /// By the index of the local among those that were added before they were declared.
    unwritten: Vec<Unwritten>,
    scratch: Vec<(Scratch, LocalIndex)>,
    spills: Vec<(ValType, LocalIndex, bool)>,
    held: Vec<Holders>,
    /// The locals that hold operands of the current intrinsic.
    holding: Vec<(ValType, LocalIndex)>,
    free_bases: Vec<LocalIndex>,
    /// The parameters whose rounded value is in a local, which the function assigns when it begins.
    rooms: Vec<(LocalIndex, LocalIndex)>,
    /// The locals of handles that nothing reads any more, each with the position of the last use.
    free_handles: Vec<(Position, LocalIndex)>,
    added: Vec<Added>,
}

impl Locals {
    /// The locals of a function as it is given, in a module whose pointers have this width. `assigned` has one entry for each local, parameters first.
    pub(crate) fn new(width: Width, params: u32, declared: Vec<ValType>, assigned: Vec<Assigned>) -> Locals {
        Locals { width, params, declared, contents: Contents::new(assigned), ..Locals::default() }
    }

    /// All locals that are not parameters.
    pub(crate) fn declared(&self) -> &[ValType] {
        &self.declared
    }

    /// The locals that lowering added.
    pub(crate) fn added(&self) -> &[Added] {
        &self.added
    }

    /// Adds a local.
    pub(crate) fn add(&mut self, ty: ValType, assigned: Assigned) -> LocalIndex {
        let local = LocalIndex(self.params + self.declared.len() as u32);
        self.declared.push(ty);
        self.contents.add(local, assigned);
        local
    }

    /// Adds a local that is assigned once and declared only if code needs it. Its assignment is deferred.
    pub(crate) fn add_unwritten(&mut self, ty: ValType) -> LocalIndex {
        self.unwritten.push(Unwritten { ty, local: None, name: None });
        self.contents.add_unwritten()
    }

    /// Declares a local if that has not been done, and returns the local that code reads and writes.
    pub(crate) fn write(&mut self, local: LocalIndex) -> LocalIndex {
        let Some(Unwritten { ty, local: written, name }) = self.unwritten(local).copied() else { return local };
        if let Some(written) = written {
            return written;
        }
        let (written, assigned) = match (self.contents.content(local), name) {
            (_, Some(name)) => (self.add_named(ty, name), Assigned::Often),
            (Some(Content::Region(_)), None) => {
                // Reuse a local that became free before this handle was assigned, possibly long ago.
                let assigned = self.contents.last_assignment(local);
                let is_free = |(since, _): &(Position, LocalIndex)| assigned.is_some_and(|assigned| *since < assigned);
                let free =
                    self.free_handles.iter().position(is_free).map(|position| self.free_handles.remove(position));
                (free.map_or_else(|| self.add(ty, Assigned::Often), |(_, local)| local), Assigned::Often)
            }
            _ => (self.add(ty, Assigned::Once), Assigned::Once),
        };
        self.contents.write(local, written, assigned);
        if let Some(unwritten) = Contents::unwritten_position(local).and_then(|at| self.unwritten.get_mut(at)) {
            unwritten.local = Some(written);
        }
        written
    }

    /// The local that code reads and writes, if it has been declared.
    pub(crate) fn written(&self, local: LocalIndex) -> Option<LocalIndex> {
        match self.unwritten(local) {
            Some(unwritten) => unwritten.local,
            None => Some(local),
        }
    }

    /// The type of a local that is not a parameter.
    pub(crate) fn ty(&self, local: LocalIndex) -> ValType {
        if let Some(unwritten) = self.unwritten(local) {
            return unwritten.ty;
        }
        let declared = local.0.checked_sub(self.params).and_then(|position| self.declared.get(position as usize));
        declared.copied().unwrap_or(ValType::I32)
    }

    /// Releases the local of a handle. Nothing reads it after `since`.
    pub(crate) fn free_handle(&mut self, local: LocalIndex, since: Position) {
        let written = self.unwritten(local).and_then(|unwritten| unwritten.local);
        self.free_handles.extend(written.map(|written| (since, written)));
    }

    fn unwritten(&self, local: LocalIndex) -> Option<&Unwritten> {
        self.unwritten.get(Contents::unwritten_position(local)?)
    }

    /// Returns the scratch local of a purpose.
    pub(crate) fn scratch(&mut self, purpose: Scratch) -> LocalIndex {
        if let Some((_, local)) = self.scratch.iter().find(|(known, _)| *known == purpose) {
            return *local;
        }
        let local = self.add_named(purpose.ty(self.width), purpose.name());
        self.scratch.push((purpose, local));
        local
    }

    /// Takes a local for a value that leaves the stack temporarily, until `free_spills`.
    pub(crate) fn take_spill(&mut self, ty: ValType) -> LocalIndex {
        if let Some((_, local, taken)) = self.spills.iter_mut().find(|(known, _, taken)| *known == ty && !*taken) {
            *taken = true;
            return *local;
        }
        let local = self.add_named(ty, "linmem.spill");
        self.spills.push((ty, local, true));
        local
    }

    /// Releases all locals taken by `take_spill`.
    pub(crate) fn free_spills(&mut self) {
        for (_, _, taken) in &mut self.spills {
            *taken = false;
        }
    }

    /// Takes a local that holds a value after `from`, until [`free_held`](Locals::free_held) gives the end of that
    /// range.
    pub(crate) fn take_held(&mut self, ty: ValType, from: Position) -> LocalIndex {
        let of_type = self.held.iter_mut().find(|holders| holders.ty == ty);
        let free = of_type.and_then(|holders| {
            let earliest = holders.free.peek_mut()?;
            let Reverse((until, local)) = *earliest;
            (until < from).then(|| {
                PeekMut::pop(earliest);
                local
            })
        });
        let local = free.unwrap_or_else(|| self.add_named(ty, "linmem.held"));
        self.holding.push((ty, local));
        local
    }

    /// Releases all locals taken by `take_held`. Code reads them up to `until`.
    pub(crate) fn free_held(&mut self, until: Position) {
        for (ty, local) in self.holding.drain(..) {
            let free = Reverse((until, local));
            match self.held.iter_mut().find(|holders| holders.ty == ty) {
                Some(holders) => holders.free.push(free),
                None => self.held.push(Holders { ty, free: BinaryHeap::from([free]) }),
            }
        }
    }

    /// Whether a local of the program may hold a segment of type `ty`. The types of parameters are unknown.
    pub(crate) fn may_hold(&self, local: LocalIndex, ty: ValType) -> bool {
        let own = self.contents.is_own(local);
        let declared = local.0.checked_sub(self.params).and_then(|position| self.declared.get(position as usize));
        !own && declared.is_none_or(|declared| *declared == ty)
    }

    /// Whether a function can have `count` more locals.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.params as usize + self.declared.len() + count <= MAX_LOCALS
    }

    /// Whether the function has declared a local so far.
    pub(crate) fn has(&self, local: LocalIndex) -> bool {
        local.position() < self.params as usize + self.declared.len()
    }

    /// Whether a local is a parameter.
    pub(crate) fn is_parameter(&self, local: LocalIndex) -> bool {
        local.0 < self.params
    }

    /// Adds a local for a part of the packed segment in another local. Both parts of a packed segment are 32-bit numbers.
    pub(crate) fn add_part(&mut self, name: &'static str) -> LocalIndex {
        self.add_named(ValType::I32, name)
    }

    /// A local for one of the numbers that a segment is. It is declared if code reads it.
    pub(crate) fn add_number(&mut self, ty: ValType, name: &'static str) -> LocalIndex {
        self.unwritten.push(Unwritten { ty, local: None, name: Some(name) });
        self.contents.add_unwritten()
    }

    /// A local for a segment as a structure.
    pub(crate) fn add_segment(&mut self, ty: ValType) -> LocalIndex {
        self.add_named(ty, "linmem.segment")
    }

    /// A local for the region of a frame, as a structure.
    pub(crate) fn add_scope(&mut self, ty: ValType) -> LocalIndex {
        self.add_named(ty, "linmem.scope")
    }

    /// A local for the header of a region.
    pub(crate) fn add_header(&mut self) -> LocalIndex {
        self.add_named(ValType::I64, "linmem.header")
    }

    /// A local for the handle of a region that exceptions close.
    pub(crate) fn add_home(&mut self) -> LocalIndex {
        self.add_named(self.width.val_type(), "linmem.open")
    }

    /// A local for the start of a frame.
    pub(crate) fn take_base(&mut self) -> LocalIndex {
        self.free_bases.pop().unwrap_or_else(|| self.add_named(self.width.val_type(), "linmem.frame"))
    }

    /// The local for the rounded value of a parameter that is never assigned.
    pub(crate) fn room_of(&mut self, parameter: LocalIndex) -> LocalIndex {
        if let Some((_, room)) = self.rooms.iter().find(|(known, _)| *known == parameter) {
            return *room;
        }
        let room = self.add_named(ValType::I64, "linmem.room");
        self.rooms.push((parameter, room));
        room
    }

    /// The parameters whose rounded value is in a local, with that local.
    pub(crate) fn rooms(&self) -> &[(LocalIndex, LocalIndex)] {
        &self.rooms
    }

    /// Releases the local of a frame that nothing refers to any more.
    pub(crate) fn free_base(&mut self, base: LocalIndex) {
        self.free_bases.push(base);
    }

    /// Whether a local is a parameter that is never assigned.
    pub(crate) fn is_constant_parameter(&self, local: LocalIndex) -> bool {
        local.0 < self.params && self.contents.assigned(local) == Assigned::Never
    }

    fn add_named(&mut self, ty: ValType, name: &'static str) -> LocalIndex {
        let local = self.add(ty, Assigned::Often);
        self.contents.own(local);
        self.added.push(Added { local, name });
        local
    }
}
