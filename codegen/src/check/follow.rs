//! Follows segments through the instructions of a function, and through the parameters of others.

use super::graph::{Callee, Step};
use super::read::{self, How};
use super::segments::{Param, Source};
use super::throws::Throws;
use super::walk::{Operand, Walk};
use crate::error::Error;
use crate::link::input::Input;
use linmem_intrinsics::{Operation, Representation, Signature};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Operator, ValType};

impl Walk<'_> {
    /// Whether a local may hold a segment.
    pub(super) fn may_hold_segment(&self, local: u32) -> bool {
        self.follows && is_segment(self.input, self.validator.get_local_type(local))
    }

    /// Gives up the segments from a position upwards.
    pub(super) fn escape(&mut self, at: u32) {
        let at = at as usize;
        let first = at.max(self.first_segment);
        for operand in self.operands.get_mut(first..).into_iter().flatten() {
            if let Operand::Segment(source) = *operand {
                self.graph.segments.escape(source);
                *operand = Operand::Other;
            }
        }
        // So operands that stay on the stack are examined once, however often segments are given up.
        if at <= self.first_segment {
            self.first_segment = usize::MAX;
        }
    }

    /// Pushes a segment.
    pub(super) fn push_segment(&mut self, source: Source) {
        self.first_segment = self.first_segment.min(self.operands.len());
        self.operands.push(Operand::Segment(source));
    }

    /// Uses the segments from a position upwards, which are operands of an intrinsic. Returns the segment that the result is a
    /// part of.
    pub(super) fn touch(&mut self, signature: &Signature, at: u32) -> Option<Source> {
        let operation = signature.intrinsic.operation();
        let makes = signature.results().iter().any(|result| result.is_segment());
        match operation {
            // Only the program can use the number, unless it becomes a segment again.
            Operation::Address if !self.input.makes_segments() => return None,
            Operation::Size => return None,
            Operation::Slice => {}
            Operation::Address => self.escape(at),
            _ if makes => self.escape(at),
            _ => {}
        }
        let mut first = None;
        for position in at as usize..self.operands.len() {
            if let Some(Operand::Segment(source)) = self.operands.get(position).copied() {
                self.graph.push(Step::Touch { source });
                first.get_or_insert(source);
            }
        }
        first.filter(|_| operation == Operation::Slice)
    }

    /// Pushes the segment that an intrinsic makes, if it is its only result.
    pub(super) fn made(&mut self, signature: &Signature, source: Source) {
        if self.follows && matches!(signature.results()[..], [result] if result.is_segment()) {
            self.push_segment(source);
        }
    }

    /// Passes segments to a function of the module.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, callee: Callee, height: u32) -> Option<()> {
        let Callee::Known(function) = callee else { return Some(()) };
        let (pops, _) = operator.operator_arity(&self.validator)?;
        let at = height.saturating_sub(pops) as usize;
        for (index, operand) in (0..).zip(self.operands.get_mut(at..).into_iter().flatten()) {
            if let Operand::Segment(source) = *operand {
                self.graph.push(Step::Touch { source });
                self.graph.segments.pass(source, Param { function, index });
                *operand = Operand::Other;
            }
        }
        Some(())
    }
}

/// Whether a type may be that of segments.
fn is_segment(input: &Input<'_>, ty: Option<ValType>) -> bool {
    match (input.imports.representation(), ty) {
        (Some(Representation::Packed), Some(ty)) => ty == ValType::I64,
        (Some(Representation::Reference { .. }), Some(ty)) => matches!(ty, ValType::Ref(_)),
        _ => false,
    }
}

/// The parameters through which segments may escape.
#[derive(Debug, Default)]
pub(crate) struct Escapes {
    /// The functions that were followed.
    known: BTreeSet<u32>,
    escaping: BTreeSet<Param>,
}

impl Escapes {
    /// Follows segments from these parameters on.
    ///
    /// # Errors
    ///
    /// If a function cannot be read.
    pub(crate) fn from(
        input: &Input<'_>,
        throws: &Throws,
        first: impl IntoIterator<Item = Param>,
    ) -> Result<Escapes, Error> {
        let bodies: BTreeMap<u32, usize> = input.bodies.iter().map(|body| body.index).zip(0..).collect();
        let mut escapes = Escapes::default();
        // By parameter, the parameters that are passed to it.
        let mut passed: BTreeMap<Param, Vec<Param>> = BTreeMap::new();
        let mut pending: Vec<u32> = first.into_iter().map(|param| param.function).collect();
        let mut lost: Vec<Param> = Vec::new();
        while let Some(function) = pending.pop() {
            let body = bodies.get(&function).and_then(|position| input.bodies.get(*position));
            let Some((body, calls)) = body.and_then(|body| Some((body, body.calls.as_ref()?))) else { continue };
            if !escapes.known.insert(function) {
                continue;
            }
            let params = input.function_type(function).params().to_vec();
            let graph = read::graph(input, body, calls, throws, How::Followed)?;
            let graph = graph.filter(|graph| !graph.segments.is_too_large(params.len()));
            for (index, ty) in (0..).zip(params) {
                let param = Param { function, index };
                if !is_segment(input, Some(ty)) {
                    continue;
                }
                let Some(graph) = &graph else {
                    lost.push(param);
                    continue;
                };
                let (is_lost, callees) = graph.segments.fate(Source::Local(index));
                lost.extend(is_lost.then_some(param));
                for callee in callees {
                    pending.push(callee.function);
                    passed.entry(callee).or_default().push(param);
                }
            }
        }
        // Functions that cannot be followed keep what they get.
        lost.extend(passed.keys().filter(|param| !escapes.known.contains(&param.function)));
        while let Some(param) = lost.pop() {
            if escapes.escaping.insert(param) {
                lost.extend(passed.get(&param).into_iter().flatten());
            }
        }
        Ok(escapes)
    }

    /// Whether a segment that is passed to a parameter may be used after the call.
    pub(crate) fn escapes(&self, param: Param) -> bool {
        !self.known.contains(&param.function) || self.escaping.contains(&param)
    }
}
