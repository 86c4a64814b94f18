//! Constant expressions that refer to static data, before it has addresses.
//!
//! The expression that a frontend gets is a `global.get` of a reserved index, which stands for the constant. It can be a
//! part of a larger expression. It is replaced when the module is finished.

use crate::build::indices::VIRTUAL;
use crate::segment::SegmentTypes;
use crate::statics::{PlacedStatics, StaticNumber};
use indexmap::IndexSet;
use wasm_encoder::ConstExpr;

/// The constants that constant expressions refer to.
#[derive(Debug, Default)]
pub(super) struct LateConstants(IndexSet<StaticNumber>);

impl LateConstants {
    /// An expression that stands for a constant.
    pub(super) fn add(&mut self, number: StaticNumber) -> ConstExpr {
        let (position, _) = self.0.insert_full(number);
        ConstExpr::global_get(VIRTUAL + position as u32)
    }

    /// The instructions that the `global.get` of an index stands for, if it stands for a constant.
    pub(super) fn instructions(
        &self,
        global: u32,
        placed: &PlacedStatics,
        types: Option<SegmentTypes>,
    ) -> Option<Vec<u8>> {
        let number = self.0.get_index(global.checked_sub(VIRTUAL)? as usize)?;
        Some(placed.constant(*number, types))
    }
}
