//! The locals of the function that is being lowered: the program's, and those that lowering needs.

use crate::engine::knowledge::contents::{Assigned, Content, Contents};
use crate::engine::tape::Position;
use crate::index::LocalIndex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use wasm_encoder::ValType;

/// How many locals a function can have: a limit that engines share, by the JavaScript interface of WebAssembly.
pub(crate) const MOST_LOCALS: usize = 50_000;

/// A local that exists as soon as code needs it.
#[derive(Clone, Copy, Debug)]
struct Unwritten {
    ty: ValType,
    local: Option<LocalIndex>,
}

/// The scratch local of one purpose; each is written right before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scratch {
    /// A size.
    Bytes,
    /// An end, or any other sum of 64 bits.
    End,
    /// The address of what is written, or simply an address.
    To,
    /// The address of what is read.
    From,
    /// A pattern of bytes.
    Pattern,
    /// The handle of a region that is being checked.
    Handle,
    /// The index of a loop, while its checks run.
    Index,
}

impl Scratch {
    fn ty(self) -> ValType {
        match self {
            Scratch::Bytes | Scratch::To | Scratch::From | Scratch::Handle | Scratch::Index => ValType::I32,
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

/// The locals of one type that operands were held in, each with the position up to which code reads what it holds.
#[derive(Debug)]
struct Holders {
    ty: ValType,
    free: BinaryHeap<Reverse<(Position, LocalIndex)>>,
}

/// The locals of a function.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    params: u32,
    declared: Vec<ValType>,
    /// What is known of them.
    pub(crate) contents: Contents,
    /// By the number of the local among those that did not exist when they were added.
    unwritten: Vec<Unwritten>,
    scratch: Vec<(Scratch, LocalIndex)>,
    spills: Vec<(ValType, LocalIndex, bool)>,
    held: Vec<Holders>,
    /// The locals that are taken to hold operands of the current intrinsic.
    holding: Vec<(ValType, LocalIndex)>,
    free_bases: Vec<LocalIndex>,
    /// The locals of handles that nothing reads any more, each with the position since when.
    free_handles: Vec<(Position, LocalIndex)>,
    added: Vec<Added>,
}

impl Locals {
    /// The locals of a function that has them already. `assigned` is as long as there are locals, parameters first.
    pub(crate) fn new(params: u32, declared: Vec<ValType>, assigned: Vec<Assigned>) -> Locals {
        Locals { params, declared, contents: Contents::new(assigned), ..Locals::default() }
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

    /// Adds a local of one assignment that is there only if code needs it. What is assigned to it is deferred.
    pub(crate) fn add_unwritten(&mut self, ty: ValType) -> LocalIndex {
        self.unwritten.push(Unwritten { ty, local: None });
        self.contents.add_unwritten()
    }

    /// The local that code reads and writes for one that is there only if code needs it.
    pub(crate) fn write(&mut self, local: LocalIndex) -> LocalIndex {
        let Some(Unwritten { ty, local: written }) = self.unwritten(local).copied() else { return local };
        if let Some(written) = written {
            return written;
        }
        let (written, assigned) = match self.contents.content(local) {
            Some(Content::Region(_)) => {
                // A local that was free before this handle was assigned, which may be long ago.
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

    /// The local that code reads and writes, if there is one.
    pub(crate) fn written(&self, local: LocalIndex) -> Option<LocalIndex> {
        match self.unwritten(local) {
            Some(unwritten) => unwritten.local,
            None => Some(local),
        }
    }

    /// Gives back the local of a handle that nothing reads from a position on.
    pub(crate) fn free_handle(&mut self, local: LocalIndex, since: Position) {
        let written = self.unwritten(local).and_then(|unwritten| unwritten.local);
        self.free_handles.extend(written.map(|written| (since, written)));
    }

    fn unwritten(&self, local: LocalIndex) -> Option<&Unwritten> {
        self.unwritten.get(Contents::unwritten_position(local)?)
    }

    /// The scratch local of a purpose.
    pub(crate) fn scratch(&mut self, purpose: Scratch) -> LocalIndex {
        if let Some((_, local)) = self.scratch.iter().find(|(known, _)| *known == purpose) {
            return *local;
        }
        let local = self.add_named(purpose.ty(), purpose.name());
        self.scratch.push((purpose, local));
        local
    }

    /// A local for a value that has to leave the stack for a moment. It is taken until it is given back.
    pub(crate) fn take_spill(&mut self, ty: ValType) -> LocalIndex {
        if let Some((_, local, taken)) = self.spills.iter_mut().find(|(known, _, taken)| *known == ty && !*taken) {
            *taken = true;
            return *local;
        }
        let local = self.add_named(ty, "linmem.spill");
        self.spills.push((ty, local, true));
        local
    }

    /// Gives all taken spills back.
    pub(crate) fn free_spills(&mut self) {
        for (_, _, taken) in &mut self.spills {
            *taken = false;
        }
    }

    /// A local that holds a value from a position on, until [`free_held`](Locals::free_held) says up to where.
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

    /// Gives back all locals that were taken to hold values.
    pub(crate) fn free_held(&mut self, until: Position) {
        for (ty, local) in self.holding.drain(..) {
            let free = Reverse((until, local));
            match self.held.iter_mut().find(|holders| holders.ty == ty) {
                Some(holders) => holders.free.push(free),
                None => self.held.push(Holders { ty, free: BinaryHeap::from([free]) }),
            }
        }
    }

    /// Whether a local may hold a segment of this type: one of the program's. The types of parameters are not known.
    pub(crate) fn may_hold(&self, local: LocalIndex, ty: ValType) -> bool {
        let own = self.contents.is_own(local);
        let declared = local.0.checked_sub(self.params).and_then(|position| self.declared.get(position as usize));
        !own && declared.is_none_or(|declared| *declared == ty)
    }

    /// Whether a function can have so many more locals.
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.params as usize + self.declared.len() + count <= MOST_LOCALS
    }

    /// Whether the function has a local so far.
    pub(crate) fn has(&self, local: LocalIndex) -> bool {
        local.position() < self.params as usize + self.declared.len()
    }

    /// Whether a local is a parameter.
    pub(crate) fn is_parameter(&self, local: LocalIndex) -> bool {
        local.0 < self.params
    }

    /// A local for a part of what another one holds.
    pub(crate) fn add_part(&mut self, name: &'static str) -> LocalIndex {
        self.add_named(ValType::I32, name)
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

    /// A local for the start of a frame.
    pub(crate) fn take_base(&mut self) -> LocalIndex {
        self.free_bases.pop().unwrap_or_else(|| self.add_named(ValType::I32, "linmem.frame"))
    }

    /// Gives back the local of a frame that nothing refers to any more.
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
