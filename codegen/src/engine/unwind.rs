//! The locals that hold the handles of open regions, for the link door's handlers of exceptions, and the code of the handlers
//! of both doors.

use crate::engine::shape::{Arity, Shape};
use crate::engine::state::Engine;
use crate::index::LocalIndex;
use crate::width::PointerInstructions;

impl Engine {
    /// Adds a local that holds the handle of a region while it is open, and zero while it is not.
    pub(crate) fn add_home(&mut self) -> LocalIndex {
        self.locals.add_home()
    }

    /// Pushes whether the region is open whose handle is in a local if it is, and zero if not.
    pub(crate) fn push_is_open(&mut self, home: LocalIndex) {
        let width = self.context.width();
        self.local_get(home);
        self.other(Shape::Pure, Arity::Known { pops: 1, pushes: 1 }, |tape| {
            tape.emit(|sink| {
                sink.ptr_nez(width);
            });
        });
    }

    /// Sets the lowest bit of the handle in a local, so that the local is not zero. Handles are multiples of 8 where this is
    /// needed.
    ///
    /// ```wasm
    /// local.get $home   i32.const 1   i32.or   local.set $home
    /// ```
    pub(crate) fn mark_home(&mut self, home: LocalIndex) {
        if self.is_dead() {
            return;
        }
        let width = self.context.width();
        self.locals.contents.read(home);
        self.tape.emit(|sink| {
            sink.local_get(home.0).ptr_const(width, 1).ptr_or(width).local_set(home.0);
        });
    }

    /// Pushes the handle in a local whose lowest bit is set.
    pub(crate) fn push_marked(&mut self, home: LocalIndex) {
        let width = self.context.width();
        self.local_get(home);
        self.other(Shape::Pure, Arity::Known { pops: 1, pushes: 1 }, |tape| {
            tape.emit(|sink| {
                sink.ptr_const(width, u64::MAX - 1).ptr_and(width);
            });
        });
    }

    /// Records in a local that the region is closed whose handle it held. The program does not read the local before it
    /// assigns it, so what is known of it does not change.
    pub(crate) fn clear_home(&mut self, home: LocalIndex) {
        if self.is_dead() {
            return;
        }
        let width = self.context.width();
        self.tape.emit(|sink| {
            sink.ptr_const(width, 0).local_set(home.0);
        });
    }

    /// Records that the code that follows closes regions for an exception.
    pub(crate) fn begin_unwinding(&mut self) {
        self.unwinds = true;
    }

    /// Records that the code that closes regions for an exception ends.
    pub(crate) fn end_unwinding(&mut self) {
        self.unwinds = false;
    }

    /// Whether the code closes regions for an exception. Only planted bugs depend on it.
    pub(crate) fn is_unwinding(&self) -> bool {
        self.unwinds
    }
}
