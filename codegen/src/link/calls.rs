//! The call graph of a module, and what follows from it: which functions can be entered again before they return, and how much
//! may be active below a function.
//!
//! ```text
//!   function   what it calls; for an indirect call, the type of the callee
//!   type       the functions of that type, or of a subtype, to which there are references
//!   outside    the functions that code outside of the module can call: exports, and functions with references
//! ```
//!
//! A call of an imported function leads outside, from where any export may be called, unless the function is one of WASI, which
//! call nothing back. An indirect call leads outside if references come from there. Everything is linear in the size of the
//! module, and nothing recurs, however deep the calls are.

use crate::code::FunctionRef;
use crate::link::input::Input;
use crate::planted::{self, Bug};
use std::collections::BTreeMap;
use wasmparser::types::CoreTypeId;
use wasmparser::{CompositeInnerType, ExternalKind, FieldType, StorageType, TypeRef, ValType};

/// A node of the graph: first all functions, then the types of indirect calls, then the outside.
type Node = u32;

/// The call graph of a module.
#[derive(Debug)]
pub(super) struct CallGraph {
    /// By node, the position of its first callee.
    starts: Vec<u32>,
    callees: Vec<Node>,
    /// The nodes, callers first, except for those that call each other in a cycle, which are adjacent.
    order: Vec<Node>,
    /// By node, the number of its cycle. Nodes that call each other have the same number.
    cycles: Vec<u32>,
    /// By node, whether there is a path from it to itself.
    recurs: Vec<bool>,
    /// By node, whether there is a path from it to the outside.
    leads_outside: Vec<bool>,
}

impl CallGraph {
    /// Reads a module. `allocator` are the functions of the program from which linmem obtains memory.
    pub(super) fn of(input: &Input<'_>, allocator: &[u32]) -> CallGraph {
        let Edges { count, edges } = Edges::of(input, allocator);
        let (starts, callees) = adjacent(count, &edges);
        let mut graph = CallGraph {
            starts,
            callees,
            order: Vec::new(),
            cycles: vec![0; count],
            recurs: vec![false; count],
            leads_outside: vec![false; count],
        };
        graph.find_cycles();
        graph.find_paths(count);
        graph
    }

    fn callees(&self, node: Node) -> &[Node] {
        let position = |node: usize| self.starts.get(node).copied().unwrap_or_default() as usize;
        self.callees.get(position(node as usize)..position(node as usize + 1)).unwrap_or_default()
    }

    /// The node that stands for the code outside of the module.
    pub(super) fn outside(&self) -> u32 {
        (self.cycles.len() as Node).saturating_sub(1)
    }

    /// Whether a function can be entered again before it returns.
    pub(super) fn recurs(&self, function: u32) -> bool {
        self.recurs.get(function as usize).copied().unwrap_or(true)
    }

    /// Whether a function may call a function outside of the module that may call it back, directly or through others.
    pub(super) fn leads_outside(&self, function: u32) -> bool {
        self.leads_outside.get(function as usize).copied().unwrap_or(true)
    }

    /// The functions that may be called by a function, directly or through others, are those that satisfy `found` first.
    /// Returns for each node whether it satisfies `found`, or calls one that does.
    pub(super) fn callers_of(&self, found: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut reaches: Vec<bool> = (0..self.cycles.len() as Node).map(found).collect();
        // Callees come first. Inside a cycle, one node decides for all.
        let mut rest = &self.order[..];
        while let Some(last) = rest.last() {
            let cycle = self.cycles.get(*last as usize);
            let members = rest.iter().rev().take_while(|node| self.cycles.get(**node as usize) == cycle).count();
            let (before, members) = rest.split_at(rest.len() - members);
            let any = members.iter().any(|node| {
                reaches.get(*node as usize) == Some(&true)
                    || self.callees(*node).iter().any(|callee| reaches.get(*callee as usize) == Some(&true))
            });
            if any {
                members.iter().for_each(|node| {
                    reaches.get_mut(*node as usize).into_iter().for_each(|reaches| *reaches = true);
                });
            }
            rest = before;
        }
        reaches
    }

    /// Visits all functions, callers before callees, each with the sum of what the functions below it hold on the heaviest path
    /// to it. `hold` returns that sum with what the function itself holds.
    pub(super) fn stack(&self, functions: u32, mut hold: impl FnMut(u32, u64) -> u64) {
        let mut below = vec![0_u64; self.cycles.len()];
        let mut rest = &self.order[..];
        while let Some(first) = rest.first() {
            let cycle = self.cycles.get(*first as usize);
            let members = rest.iter().take_while(|node| self.cycles.get(**node as usize) == cycle).count();
            let (members, after) = rest.split_at(members);
            let start = members.iter().filter_map(|node| below.get(*node as usize)).max().copied().unwrap_or_default();
            let ends = members.iter().map(|node| if *node < functions { hold(*node, start) } else { start });
            let end = ends.max().unwrap_or(start);
            for callee in members.iter().flat_map(|node| self.callees(*node)) {
                if let Some(below) = below.get_mut(*callee as usize) {
                    *below = if planted::has(Bug::StaticFrameOverlaps) { end } else { end.max(*below) };
                }
            }
            rest = after;
        }
    }

    /// Finds the cycles by Tarjan's algorithm, with a stack of its own.
    fn find_cycles(&mut self) {
        const NONE: u32 = u32::MAX;
        let count = self.cycles.len();
        let mut number = vec![NONE; count];
        let mut lowest = vec![NONE; count];
        let mut is_open = vec![false; count];
        let mut open: Vec<Node> = Vec::new();
        let mut path: Vec<(Node, usize)> = Vec::new();
        let (mut next, mut cycle) = (0, 0);
        for root in 0..count as Node {
            if number[root as usize] != NONE {
                continue;
            }
            path.push((root, 0));
            while let Some((node, at)) = path.pop() {
                let current = node as usize;
                if at == 0 {
                    (number[current], lowest[current], is_open[current]) = (next, next, true);
                    next += 1;
                    open.push(node);
                }
                let mut descend = None;
                for (position, &callee) in self.callees(node).iter().enumerate().skip(at.saturating_sub(1)) {
                    let callee_at = callee as usize;
                    if number[callee_at] == NONE {
                        descend = Some((position, callee));
                        break;
                    }
                    if is_open[callee_at] {
                        lowest[current] = lowest[current].min(lowest[callee_at]);
                    }
                }
                if let Some((position, callee)) = descend {
                    // The callee is examined again when it is done.
                    path.push((node, position + 1));
                    path.push((callee, 0));
                    continue;
                }
                if lowest[current] == number[current] {
                    let first = self.order.len();
                    while let Some(member) = open.pop() {
                        is_open[member as usize] = false;
                        self.cycles[member as usize] = cycle;
                        self.order.push(member);
                        if member == node {
                            break;
                        }
                    }
                    let is_larger = self.order.len() - first > 1 && !planted::has(Bug::StaticFrameMissesCycle);
                    let is_cycle = is_larger || self.callees(node).contains(&node);
                    for position in first..self.order.len() {
                        let member = self.order[position] as usize;
                        self.recurs[member] = is_cycle;
                    }
                    cycle += 1;
                }
            }
        }
        self.order.reverse();
    }

    fn find_paths(&mut self, count: usize) {
        let outside = count as Node - 1;
        self.leads_outside = self.callers_of(|node| node == outside);
    }
}

/// The edges of the graph.
struct Edges {
    /// The number of nodes.
    count: usize,
    edges: Vec<(Node, Node)>,
}

impl Edges {
    fn of(input: &Input<'_>, allocator: &[u32]) -> Edges {
        let types = input.types.as_ref();
        let functions = input.function_count;
        let mut by_type: BTreeMap<CoreTypeId, Node> = BTreeMap::new();
        for body in &input.bodies {
            for ty in &body.indirect {
                let next = functions + by_type.len() as Node;
                by_type.entry(types.core_type_at_in_module(*ty)).or_insert(next);
            }
        }
        let outside = functions + by_type.len() as Node;
        let mut edges = Vec::new();
        for import in 0..input.imports.function_count() {
            if input.imports.intrinsic(import).is_some() {
                edges.extend(allocator.iter().map(|function| (import, *function)));
            } else if input.imports.may_throw(import) && !planted::has(Bug::StaticFrameIgnoresHost) {
                // The functions that may throw are those that may call back: all but those of WASI.
                edges.push((import, outside));
            }
        }
        for body in &input.bodies {
            let start = body.body.range().start;
            for reference in &body.references {
                // The function index follows a one-byte opcode.
                let is_call = input.bytes.get(start + reference.at - 1) != Some(&REF_FUNC);
                if let (FunctionRef::Program(function), true) = (reference.target, is_call) {
                    edges.push((body.index, function));
                }
            }
            for ty in &body.indirect {
                let node = by_type.get(&types.core_type_at_in_module(*ty));
                edges.extend(node.map(|node| (body.index, *node)));
            }
        }
        let from_outside = takes_references(input) && !planted::has(Bug::StaticFrameIgnoresGiven);
        let exported = input.exports.iter().filter(|export| is_function(export.kind)).map(|export| export.index);
        edges.extend(exported.clone().map(|function| (outside, function)));
        edges.extend(input.referred.iter().map(|function| (outside, *function)));
        if from_outside {
            edges.extend(by_type.values().map(|node| (*node, outside)));
        }
        for function in &input.referred {
            let mut ty = Some(types.core_function_at(*function));
            while let Some(id) = ty {
                edges.extend(by_type.get(&id).map(|node| (*node, *function)));
                ty = input.types.as_ref().supertype_of(id);
            }
        }
        Edges { count: outside as usize + 1, edges }
    }
}

const REF_FUNC: u8 = 0xd2;

/// Whether code outside of the module can give it references to functions: by a table, by a global, by an operand of a function
/// that it can call, by a result of an import, or with an exception. References to other objects may contain some; and if objects
/// have fields that can be assigned, code outside can put references into each object that it gets.
fn takes_references(input: &Input<'_>) -> bool {
    let types = input.types.as_ref();
    let is_reference = |ty: &ValType| matches!(ty, ValType::Ref(_));
    let is_object = |ty: &ValType| matches!(ty, ValType::Ref(reference) if !reference.is_func_ref());
    let function = |index: u32| input.function_type(index);
    let imported = (0..input.imports.function_count()).filter(|import| input.imports.may_throw(*import));
    let exported = input.exports.iter().filter(|export| is_function(export.kind)).map(|export| export.index);
    let called: Vec<u32> = exported.chain(input.referred.iter().copied()).collect();
    let takes_results = imported.clone().any(|import| function(import).results().iter().any(is_reference));
    let takes_operands = called.iter().any(|called| function(*called).params().iter().any(is_reference));
    let imports = input.import_list.iter().any(|import| match import.ty {
        TypeRef::Table(_) | TypeRef::Tag(_) => true,
        TypeRef::Global(global) => is_reference(&global.content_type),
        TypeRef::Func(_) | TypeRef::FuncExact(_) | TypeRef::Memory(_) => false,
    });
    let global = |export: &wasmparser::Export<'_>| types.global_at(export.index);
    let exports = input.exports.iter().any(|export| match export.kind {
        ExternalKind::Table | ExternalKind::Tag => true,
        ExternalKind::Global => global(export).mutable && is_reference(&global(export).content_type),
        ExternalKind::Func | ExternalKind::FuncExact | ExternalKind::Memory => false,
    });
    let gives_objects = || {
        imported.clone().any(|import| function(import).params().iter().any(is_object))
            || called.iter().any(|called| function(*called).results().iter().any(is_object))
            || input
                .exports
                .iter()
                .any(|export| export.kind == ExternalKind::Global && is_object(&global(export).content_type))
    };
    takes_results || takes_operands || imports || exports || (has_assignable_references(input) && gives_objects())
}

/// Whether a type of the module has fields or elements that are references and that can be assigned.
fn has_assignable_references(input: &Input<'_>) -> bool {
    let types = input.types.as_ref();
    let is_assignable =
        |field: &FieldType| field.mutable && matches!(field.element_type, StorageType::Val(ValType::Ref(_)));
    (0..types.core_type_count_in_module()).any(|index| {
        match &types[types.core_type_at_in_module(index)].composite_type.inner {
            CompositeInnerType::Struct(ty) => ty.fields.iter().any(is_assignable),
            CompositeInnerType::Array(ty) => is_assignable(&ty.0),
            CompositeInnerType::Func(_) | CompositeInnerType::Cont(_) => false,
        }
    })
}

fn is_function(kind: ExternalKind) -> bool {
    matches!(kind, ExternalKind::Func | ExternalKind::FuncExact)
}

/// The edges by caller: the position of the first callee of each, and all callees.
fn adjacent(count: usize, edges: &[(Node, Node)]) -> (Vec<u32>, Vec<Node>) {
    let mut starts = vec![0_u32; count + 1];
    for (caller, _) in edges {
        starts[*caller as usize + 1] += 1;
    }
    for position in 0..count {
        starts[position + 1] += starts[position];
    }
    let mut next = starts.clone();
    let mut callees = vec![0; edges.len()];
    for (caller, callee) in edges {
        let position = &mut next[*caller as usize];
        callees[*position as usize] = *callee;
        *position += 1;
    }
    (starts, callees)
}
