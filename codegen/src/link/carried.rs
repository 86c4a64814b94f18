//! Finds the locals and the blocks of a function whose segments can be numbers: where segments are references, those that hold
//! only segments that the function makes, and that are read only by intrinsics.
//!
//! One pass over the code follows what is on the stack. Locals and the results of blocks whose segments may meet form classes;
//! one use or one assignment of another kind excludes a whole class. This decides what pays: the engine can make a structure of
//! the numbers wherever one is needed. What code depends on is less:
//!
//! 1. Each assignment of a local of the result is of a segment whose numbers the engine has: one that an intrinsic makes, or one
//!    of the same class. The same holds for what reaches the end of a block.
//! 2. Each read of such a local is preceded by an assignment on every path. A branch to the end of a structure, an exception and
//!    the end of an arm keep what is assigned on all paths to there. At the start of a loop, that is what was assigned before it.
//! 3. No value that was read from such a local is on the stack where the local is assigned. Otherwise the engine would have to
//!    add locals for each.

use crate::engine::numbers::MAX_CARRIED;
use crate::error::Error;
use crate::link::input::{Body, Calls, Input};
use crate::link::wrappers::{Step, Wrapper};
use crate::planted::{self, Bug, Optimization};
use linmem_intrinsics::{Operation, Signature};
use std::collections::BTreeSet;
use wasmparser::{
    BlockType, Catch, FuncToValidate, FuncValidator, FuncValidatorAllocations, ModuleArity, Operator, OperatorsReader,
    ValType, ValidatorResources,
};

/// What is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// The locals.
    pub(super) locals: Vec<u32>,
    /// The offsets of the instructions that open the blocks.
    pub(super) blocks: BTreeSet<usize>,
}

/// The largest number of blocks that are followed in a function.
const MAX_BLOCKS: usize = 4096;

/// Finds the locals and blocks of a function. `with_blocks` says whether its structures stay as they are.
pub(super) fn carried(input: &Input<'_>, body: &Body<'_>, calls: &Calls, with_blocks: bool) -> Result<Carried, Error> {
    if planted::is_off(Optimization::Numbers) {
        return Ok(Carried::default());
    }
    let again = FuncToValidate { resources: calls.validator.resources.clone(), ..calls.validator };
    let mut validator = again.into_validator(FuncValidatorAllocations::default());
    let mut reader = body.body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let params = input.function_type(body.index).params().len() as u32;
    let mut follow = Follow {
        input,
        validator,
        params,
        nodes: Vec::new(),
        locals: Vec::new(),
        blocks: Vec::new(),
        pending: Vec::new(),
        operands: Vec::new(),
        frames: Vec::new(),
        assigned: 0,
        dead: None,
        with_blocks,
    };
    follow.frames.push(Frame { height: 0, assigned: 0, at_end: u64::MAX, result: None, is_loop: false, is_if: false });
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if follow.step(&operator, offset).is_none() {
            return Ok(Carried::default());
        }
        follow.validator.op(offset, &operator)?;
        if follow.dead.is_none() {
            let height = follow.validator.operand_stack_height() as usize;
            follow.cut(height);
            follow.operands.resize(height, Value::Other);
        }
    }
    Ok(follow.finish())
}

/// A class of locals and blocks, or a member of one, by its position.
type Node = usize;

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Other,
    /// A segment that was made here.
    Made,
    /// A segment of a local or of a block.
    Of(Node),
}

/// An open control structure.
#[derive(Clone, Copy, Debug)]
struct Frame {
    height: usize,
    /// What is assigned at its start.
    assigned: u64,
    /// What is assigned on all branches to its end so far.
    at_end: u64,
    /// Its result, if it is followed.
    result: Option<Node>,
    is_loop: bool,
    /// Whether it is an `if` without `else` so far.
    is_if: bool,
}

#[derive(Clone, Copy, Debug)]
struct Class {
    parent: Node,
    excluded: bool,
}

struct Follow<'a> {
    input: &'a Input<'a>,
    validator: FuncValidator<ValidatorResources>,
    params: u32,
    nodes: Vec<Class>,
    /// The locals that are followed, each with its node. The position is its bit.
    locals: Vec<(u32, Node)>,
    /// The blocks that are followed.
    blocks: Vec<(usize, Node)>,
    /// By node, the number of operands that were read from the local.
    pending: Vec<u32>,
    operands: Vec<Value>,
    frames: Vec<Frame>,
    /// The followed locals that are certainly assigned, by their bits.
    assigned: u64,
    /// In unreachable code: the number of structures opened there.
    dead: Option<u32>,
    with_blocks: bool,
}

impl Follow<'_> {
    /// Reads an instruction, before the validator sees it. `None` if the function cannot be followed.
    fn step(&mut self, operator: &Operator<'_>, offset: usize) -> Option<()> {
        if let Some(depth) = self.dead {
            match operator {
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => {
                    self.dead = Some(depth + 1);
                    return Some(());
                }
                Operator::End | Operator::Delegate { .. } if depth > 0 => {
                    self.dead = Some(depth - 1);
                    return Some(());
                }
                Operator::Else | Operator::Catch { .. } | Operator::CatchAll if depth == 0 => {}
                Operator::End | Operator::Delegate { .. } => {}
                _ => return Some(()),
            }
        }
        let height = self.validator.operand_stack_height() as usize;
        match operator {
            Operator::LocalGet { local_index } => self.get(*local_index),
            Operator::LocalSet { local_index } => self.set(*local_index),
            Operator::LocalTee { local_index } => {
                self.set(*local_index);
                self.get(*local_index);
            }
            Operator::Drop => self.cut(height.saturating_sub(1)),
            Operator::TypedSelect { .. } | Operator::Select => self.select(height),
            Operator::Call { function_index } => self.call(operator, *function_index, height)?,
            Operator::GlobalGet { global_index } if self.input.statics.segment(*global_index).is_some() => {
                self.push(Value::Made);
            }

            Operator::Block { blockty } => self.open(*blockty, height, 0, Some(offset))?,
            Operator::If { blockty } => {
                self.open(*blockty, height, 1, Some(offset))?;
                self.frames.last_mut()?.is_if = true;
            }
            Operator::Try { blockty } => self.open(*blockty, height, 0, None)?,
            Operator::Loop { blockty } => {
                self.open(*blockty, height, 0, None)?;
                self.frames.last_mut()?.is_loop = true;
            }
            Operator::TryTable { try_table } => {
                for catch in &try_table.catches {
                    let (Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label }) = *catch;
                    self.branch(label, None)?;
                }
                self.open(try_table.ty, height, 0, None)?;
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                self.end_arm();
                let frame = self.frames.last_mut()?;
                frame.is_if = false;
                let Frame { height, assigned, .. } = *frame;
                self.assigned = assigned;
                self.cut(height);
            }
            Operator::End | Operator::Delegate { .. } => self.end()?,

            Operator::Br { relative_depth } => {
                self.branch(*relative_depth, Some(height))?;
                self.dead = Some(0);
            }
            Operator::BrIf { relative_depth } => self.branch(*relative_depth, Some(height.saturating_sub(1)))?,
            Operator::BrTable { targets } => {
                for depth in targets.targets().chain([Ok(targets.default())]) {
                    let depth = depth.ok()?;
                    if let Some(result) = self.frame(depth)?.result {
                        self.exclude(result);
                    }
                    self.branch(depth, None)?;
                }
                self.give_up(0);
                self.dead = Some(0);
            }
            Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => {
                if let Some(result) = self.frame(*relative_depth)?.result {
                    self.exclude(result);
                }
                self.branch(*relative_depth, None)?;
                self.give_up(0);
            }
            Operator::Unreachable
            | Operator::Return
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. } => {
                let (pops, _) = operator.operator_arity(&self.validator)?;
                self.give_up(height.saturating_sub(pops as usize));
                self.dead = Some(0);
            }
            Operator::BrOnCastDescEq { .. }
            | Operator::BrOnCastDescEqFail { .. }
            | Operator::Resume { .. }
            | Operator::ResumeThrow { .. }
            | Operator::ResumeThrowRef { .. }
            | Operator::Switch { .. } => return None,
            _ => self.consume(operator, height)?,
        }
        Some(())
    }

    /// Pops the operands of an instruction, which may use them in any way.
    fn consume(&mut self, operator: &Operator<'_>, height: usize) -> Option<()> {
        let (pops, _) = operator.operator_arity(&self.validator)?;
        let at = height.saturating_sub(pops as usize);
        self.give_up(at);
        self.cut(at);
        Some(())
    }

    fn push(&mut self, value: Value) {
        if let Value::Of(node) = value {
            self.pending[node] += 1;
        }
        self.operands.push(value);
    }

    /// Pops the operands from a position upwards.
    fn cut(&mut self, at: usize) {
        while self.operands.len() > at {
            if let Some(Value::Of(node)) = self.operands.pop() {
                self.pending[node] -= 1;
            }
        }
    }

    /// Excludes the segments from a position upwards.
    fn give_up(&mut self, at: usize) {
        for position in at..self.operands.len() {
            if let Value::Of(node) = self.operands[position] {
                self.exclude(node);
            }
        }
    }

    fn node(&mut self) -> Node {
        self.nodes.push(Class { parent: self.nodes.len(), excluded: false });
        self.pending.push(0);
        self.nodes.len() - 1
    }

    fn class(&mut self, mut node: Node) -> Node {
        while self.nodes[node].parent != node {
            let next = self.nodes[self.nodes[node].parent].parent;
            self.nodes[node].parent = next;
            node = next;
        }
        node
    }

    fn exclude(&mut self, node: Node) {
        let class = self.class(node);
        self.nodes[class].excluded = true;
    }

    /// A value is assigned to what a node stands for.
    fn flow(&mut self, value: Value, to: Node) {
        match value {
            Value::Other => self.exclude(to),
            Value::Made => {}
            Value::Of(from) => {
                let (from, to) = (self.class(from), self.class(to));
                self.nodes[to].excluded |= self.nodes[from].excluded;
                self.nodes[from].parent = to;
            }
        }
    }

    /// The bit and the node of a local, if it is followed.
    fn local(&mut self, local: u32) -> Option<(u64, Node)> {
        if let Some(position) = self.locals.iter().position(|(known, _)| *known == local) {
            return Some((1 << position, self.locals[position].1));
        }
        let is_reference = matches!(self.validator.get_local_type(local), Some(ValType::Ref(_)));
        if local < self.params || !is_reference || self.locals.len() == MAX_CARRIED {
            return None;
        }
        let node = self.node();
        self.locals.push((local, node));
        Some((1 << (self.locals.len() - 1), node))
    }

    fn get(&mut self, local: u32) {
        let Some((bit, node)) = self.local(local) else { return self.push(Value::Other) };
        if self.assigned & bit == 0 && !planted::has(Bug::NumbersUnassigned) {
            self.exclude(node);
        }
        self.push(Value::Of(node));
    }

    fn set(&mut self, local: u32) {
        let value = self.operands.last().copied().unwrap_or(Value::Other);
        let top = self.operands.len().saturating_sub(1);
        let Some((bit, node)) = self.local(local) else {
            self.give_up(top);
            return self.cut(top);
        };
        self.cut(top);
        if self.pending[node] > 0 {
            self.exclude(node);
        }
        self.flow(value, node);
        self.assigned |= bit;
    }

    /// `select` of two segments is a segment of the class of both.
    fn select(&mut self, height: usize) {
        let at = height.saturating_sub(3);
        let value = match self.operands.get(at..) {
            Some(&[first, second, _]) => match (first, second) {
                (Value::Other, _) | (_, Value::Other) => {
                    self.give_up(at);
                    Value::Other
                }
                (Value::Of(node), other) | (other, Value::Of(node)) => {
                    self.flow(other, node);
                    // The result is not read from the local.
                    let result = self.node();
                    self.flow(Value::Of(node), result);
                    Value::Of(result)
                }
                (Value::Made, Value::Made) => Value::Made,
            },
            _ => Value::Other,
        };
        self.cut(at);
        self.push(value);
    }

    fn call(&mut self, operator: &Operator<'_>, function: u32, height: usize) -> Option<()> {
        let input = self.input;
        if let Some(signature) = input.intrinsic(function) {
            let at = height.saturating_sub(signature.operand_count());
            for (position, meaning) in (at..).zip(signature.operands()) {
                if !meaning.is_segment() && matches!(self.operands.get(position), Some(Value::Of(_))) {
                    self.give_up(position);
                }
            }
            self.cut(at);
            if makes(signature) {
                self.push(Value::Made);
            }
            return Some(());
        }
        match input.wrappers.get(function).and_then(|wrapper| self.passes_on(wrapper)) {
            Some(made) => {
                self.cut(height.saturating_sub(input.function_type(function).params().len()));
                if made {
                    self.push(Value::Made);
                }
            }
            None => self.consume(operator, height)?,
        }
        Some(())
    }

    /// Whether a wrapper makes a segment; `None` if it may use its parameters other than as operands of intrinsics.
    fn passes_on(&self, wrapper: &Wrapper) -> Option<bool> {
        let mut made = false;
        for step in &wrapper.steps {
            made = match step {
                Step::Intrinsic(import) => makes(self.input.intrinsic(*import)?),
                Step::Wrapper(callee) => match (self.input.intrinsic(*callee), self.input.wrappers.get(*callee)) {
                    (Some(signature), _) => makes(signature),
                    (None, wrapper) => self.passes_on(wrapper?)?,
                },
                Step::Get(_) | Step::I32(_) | Step::I64(_) | Step::Static(_) | Step::Push(_) => false,
                Step::Convert(_) | Step::Drop => return None,
            };
        }
        Some(made)
    }

    /// Opens a structure, above whose parameters there are conditions. Its parameters may be used in any way.
    fn open(&mut self, ty: BlockType, height: usize, conditions: usize, offset: Option<usize>) -> Option<()> {
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

    fn frame(&self, depth: u32) -> Option<Frame> {
        self.frames.get(self.frames.len().checked_sub(depth as usize + 1)?).copied()
    }

    /// Branches to a label with the operands below `top`, or with others.
    fn branch(&mut self, depth: u32, top: Option<usize>) -> Option<()> {
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
    fn carried_by(&self, depth: u32) -> Option<usize> {
        let frame = self.validator.get_control_frame(depth as usize)?;
        let (params, results) = self.validator.block_type_arity(frame.block_type)?;
        Some(if self.frame(depth)?.is_loop { params } else { results } as usize)
    }

    /// Ends an arm: its results reach the end of the structure.
    fn end_arm(&mut self) {
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

    fn end(&mut self) -> Option<()> {
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

    fn finish(mut self) -> Carried {
        let mut carried = Carried::default();
        for (local, node) in self.locals.clone() {
            let class = self.class(node);
            if !self.nodes[class].excluded {
                carried.locals.push(local);
            }
        }
        for (offset, node) in self.blocks.clone() {
            let class = self.class(node);
            if !self.nodes[class].excluded {
                carried.blocks.insert(offset);
            }
        }
        carried
    }
}

/// Whether an intrinsic makes a segment whose numbers the engine has, and nothing else.
fn makes(signature: &Signature) -> bool {
    matches!(
        signature.intrinsic.operation(),
        Operation::Allocate
            | Operation::AllocateAligned
            | Operation::Slice
            | Operation::OfAddress
            | Operation::AllocateArray
            | Operation::AllocateText(_)
    ) && signature.results().len() == 1
}
