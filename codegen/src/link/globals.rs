//! The globals of static data in the linked module, and how code and constant expressions refer to them.

use crate::code::structures;
use crate::engine::Lowered;
use crate::link::initial::PlacedData;
use crate::link::statics::Statics;
use crate::segment::Segments;
use crate::statics::StaticSegment;
use wasm_encoder::{ConstExpr, GlobalType, Instruction, ValType};

/// The globals of the linked module.
#[derive(Clone, Copy)]
pub(super) struct Globals<'a> {
    pub(super) statics: &'a Statics<'a>,
    pub(super) data: &'a PlacedData,
    pub(super) segments: Segments,
}

impl Globals<'_> {
    /// The new index of a global. Out of range for static data without a global, which only [`constant`] replaces.
    ///
    /// [`constant`]: Globals::constant
    pub(super) fn index(&self, global: u32) -> u32 {
        self.statics.index(global).unwrap_or(u32::MAX)
    }

    /// The instruction that replaces the `global.get` of a global, if the global is static data.
    pub(super) fn constant(&self, global: u32) -> Option<Instruction<'static>> {
        let segment = self.statics.segment(global)?;
        let placed = &self.data.placed;
        Some(match self.segments {
            Segments::Address => Instruction::I32Const(placed.address(segment) as i32),
            Segments::Packed => Instruction::I64Const(placed.packed(segment)),
            Segments::Reference(_) => Instruction::GlobalGet(self.index(global)),
        })
    }

    /// The instructions that make the structure of a global, if the global is static data and segments are structures.
    pub(super) fn structure(&self, global: u32) -> Option<Vec<u8>> {
        let segment = self.statics.segment(global)?;
        self.segments.types().map(|types| self.data.placed.structure(segment, types))
    }

    /// The type and the value of a global that holds a segment.
    pub(super) fn definition(&self, segment: StaticSegment) -> (GlobalType, ConstExpr) {
        let placed = &self.data.placed;
        let (val_type, value) = match self.segments {
            Segments::Address => (ValType::I32, ConstExpr::i32_const(placed.address(segment) as i32)),
            Segments::Packed => (ValType::I64, ConstExpr::i64_const(placed.packed(segment))),
            Segments::Reference(types) => {
                (ValType::Ref(types.segment_reference(false)), ConstExpr::raw(placed.structure(segment, types)))
            }
        };
        (GlobalType { val_type, mutable: false, shared: false }, value)
    }

    /// The names of the globals that hold segments, by their indices.
    pub(super) fn names(&self) -> impl Iterator<Item = (u32, String)> {
        (0..).zip(self.data.placed.globals.values()).map(|(number, index)| (*index, format!("linmem.static.{number}")))
    }
}

impl PlacedData {
    /// Inserts the addresses of static data into lowered code. The segments that it uses as structures, and that have no
    /// global yet, get globals from `first_global` on.
    pub(super) fn place_in(&mut self, lowered: &mut [Option<Lowered>], first_global: u32) {
        let mut next = first_global;
        for segment in structures(lowered.iter().flatten().map(|lowered| &lowered.code)) {
            self.placed.globals.entry(segment).or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
        for lowered in lowered.iter_mut().flatten() {
            lowered.code.place_statics(&self.placed);
        }
    }
}
