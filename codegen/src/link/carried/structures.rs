//! Structures, their arms, and branches.

use super::follow::{Follow, Frame, Value};
use wasmparser::{BlockType, ModuleArity, ValType};

/// The largest number of blocks that are followed in a function.
const MAX_BLOCKS: usize = 4096;

impl Follow<'_> {
    /// Opens a structure, above whose parameters there are conditions. Its parameters may be used in any way.
    pub(super) fn open(
        &mut self,
        ty: BlockType,
        height: usize,
        conditions: usize,
        offset: Option<usize>,
    ) -> Option<()> {
        let (params, results) = self.validator.block_type_arity(ty)?;
        let at = height.saturating_sub(params as usize + conditions);
        self.give_up(at);
        self.cut(at);
        let is_reference = matches!(ty, BlockType::Type(ValType::Ref(_)));
        let is_followed = self.with_blocks && is_reference && (params, results) == (0, 1);
        let result = match offset.filter(|_| is_followed && self.blocks.len() < MAX_BLOCKS) {
            Some(offset) => {
                let node = self.node();
                self.blocks.push((offset, node));
                Some(node)
            }
            None => None,
        };
        let assigned = self.assigned;
        self.frames.push(Frame { height: at, assigned, at_end: u64::MAX, result, is_loop: false, is_if: false });
        Some(())
    }

    pub(super) fn frame(&self, depth: u32) -> Option<Frame> {
        self.frames.get(self.frames.len().checked_sub(depth as usize + 1)?).copied()
    }

    /// Branches to a label with the operands below `top`, or with others.
    pub(super) fn branch(&mut self, depth: u32, top: Option<usize>) -> Option<()> {
        let frame = self.frame(depth)?;
        if let Some(top) = top {
            match frame.result {
                Some(result) => {
                    let value = self.operands.get(top.checked_sub(1)?).copied().unwrap_or(Value::Other);
                    self.flow(value, result);
                }
                None => {
                    // Whatever it carries may be used in any way. At most these are carried.
                    let carried = self.carried_by(depth)?;
                    for position in top.saturating_sub(carried)..top {
                        if let Some(Value::Of(node)) = self.operands.get(position).copied() {
                            self.exclude(node);
                        }
                    }
                }
            }
        } else if let Some(result) = frame.result {
            self.exclude(result);
        }
        let position = self.frames.len().checked_sub(depth as usize + 1)?;
        let frame = self.frames.get_mut(position)?;
        if !frame.is_loop {
            frame.at_end &= self.assigned;
        }
        Some(())
    }

    /// The number of operands that a branch to a label carries.
    pub(super) fn carried_by(&self, depth: u32) -> Option<usize> {
        let frame = self.validator.get_control_frame(depth as usize)?;
        let (params, results) = self.validator.block_type_arity(frame.block_type)?;
        Some(if self.frame(depth)?.is_loop { params } else { results } as usize)
    }

    /// Ends an arm: its results reach the end of the structure.
    pub(super) fn end_arm(&mut self) {
        if self.dead.take().is_some() {
            return;
        }
        let Some(frame) = self.frames.last().copied() else { return };
        match frame.result {
            Some(result) => {
                let value = self.operands.last().copied().unwrap_or(Value::Other);
                self.flow(value, result);
            }
            None => self.give_up(frame.height),
        }
        let assigned = self.assigned;
        if let Some(frame) = self.frames.last_mut() {
            frame.at_end &= assigned;
        }
    }

    pub(super) fn end(&mut self) -> Option<()> {
        self.end_arm();
        let frame = self.frames.pop()?;
        // Without `else`, the other arm is empty.
        self.assigned = if frame.is_if { frame.at_end & frame.assigned } else { frame.at_end };
        self.cut(frame.height);
        if let Some(result) = frame.result {
            self.push(Value::Of(result));
        }
        Some(())
    }
}
