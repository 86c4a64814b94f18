//! The items of a module that is being built, other than types and functions.
//!
//! Imports come first in each index space. An index is final when its item is added, because imports must precede
//! definitions of their kind. linmem's own memory and globals are the first definitions; imports move them as long as no
//! code and no other item refers to an index behind them.

use crate::build::ids::{FunctionId, Named};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_encoder::{ConstExpr, EntityType, GlobalType, MemoryType, RefType, TableType};

/// An import of an item that is not a function.
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) ty: EntityType,
}

/// The contents of an element segment.
pub(super) enum Contents {
    Functions(Vec<FunctionId>),
    Expressions(RefType, Vec<ConstExpr>),
}

/// When an element or data segment is copied.
pub(super) enum Mode {
    /// When the module is instantiated: to a table or memory, at an offset.
    Active(u32, ConstExpr),
    /// By an instruction.
    Passive,
    /// Never: it declares the functions that `ref.func` refers to.
    Declared,
}

/// A data segment.
pub(super) struct Data {
    /// The memory and the offset; `None` if it is passive.
    pub(super) target: Option<(u32, ConstExpr)>,
    pub(super) bytes: Vec<u8>,
}

/// A custom section.
pub(super) struct Custom {
    pub(super) name: String,
    pub(super) contents: Vec<u8>,
}

/// The items of a module, other than types and functions.
#[derive(Default)]
pub(super) struct Items {
    pub(super) imports: Vec<Import>,
    pub(super) imported_globals: u32,
    pub(super) imported_memories: u32,
    pub(super) imported_tables: u32,
    pub(super) imported_tags: u32,
    /// The globals that are defined, linmem's first.
    pub(super) globals: Vec<(GlobalType, ConstExpr)>,
    /// The names of linmem's globals.
    pub(super) own_globals: Vec<&'static str>,
    /// The memories that are defined, linmem's first.
    pub(super) memories: Vec<MemoryType>,
    pub(super) tables: Vec<(TableType, Option<ConstExpr>)>,
    /// The function types of tags.
    pub(super) tags: Vec<u32>,
    pub(super) elements: Vec<(Mode, Contents)>,
    /// The functions that `ref.func` may refer to, besides those that segments, exports and globals contain.
    pub(super) referenced: Vec<FunctionId>,
    pub(super) data: Vec<Data>,
    /// The custom sections before all other sections.
    pub(super) first: Vec<Custom>,
    /// The custom sections after all other sections.
    pub(super) last: Vec<Custom>,
    pub(super) names: BTreeMap<Named, String>,
    /// The names of fields, by type and position.
    pub(super) fields: BTreeMap<(u32, u32), String>,
    is_settled: AtomicBool,
}

impl Items {
    /// Fixes the indices of linmem's memory and globals. Reading one index is enough, so it takes a shared reference.
    pub(super) fn settle(&self) {
        self.is_settled.store(true, Ordering::Relaxed);
    }

    /// Whether the indices of linmem's memory and globals are fixed.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
    }
}
