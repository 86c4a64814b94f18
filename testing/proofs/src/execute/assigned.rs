//! What the body of a loop assigns.

use super::atomic::atomic;
use super::memory::stored;
use crate::module::{Code, Module};
use std::collections::BTreeSet;
use wasmparser::Operator;

/// What code assigns.
#[derive(Default)]
pub(super) struct Assigned {
    pub(super) locals: BTreeSet<u32>,
    pub(super) globals: BTreeSet<u32>,
    pub(super) memory: bool,
    pub(super) grows: bool,
    pub(super) calls: bool,
    /// Elements of arrays.
    pub(super) elements: bool,
}

impl Assigned {
    pub(super) fn scan(&mut self, module: &Module<'_>, codes: &[Code<'_>]) {
        for code in codes {
            match code {
                Code::Block(_, body) | Code::Loop(_, _, body) => self.scan(module, body),
                Code::If(_, then, other) => {
                    self.scan(module, then);
                    self.scan(module, other);
                }
                Code::Plain(operator) => match operator {
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                        self.locals.insert(*local_index);
                    }
                    Operator::GlobalSet { global_index } => {
                        self.globals.insert(*global_index);
                    }
                    // After a function that always traps, nothing is left.
                    Operator::Call { function_index } => self.calls |= !module.always_traps(*function_index),
                    Operator::MemoryGrow { .. } => self.grows = true,
                    Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } | Operator::MemoryInit { .. } => {
                        self.memory = true;
                    }
                    Operator::ArraySet { .. } | Operator::ArrayFill { .. } | Operator::ArrayCopy { .. } => {
                        self.elements = true;
                    }
                    other => self.memory |= stored(other).is_some() || atomic(other).is_some(),
                },
            }
        }
    }
}
