//! Control structures and branches: their targets, and the operands that they carry.

use super::frames::{Frame, Kind};
use super::graph::{Branch, Catch as Handler, Exit, Leader, Step, Way};
use super::handlers::ScopeId;
use super::walk::{Operand, Walk};
use std::collections::BTreeSet;
use wasmparser::{BlockType, Catch, Handle, ModuleArity, Operator, ResumeTable};

/// Handles an instruction that begins, divides or ends a control structure; these matter even in unreachable code.
/// Returns whether the instruction is one; `None` if the function cannot be analysed.
pub(super) fn structure(walk: &mut Walk<'_>, operator: &Operator<'_>, height: u32, offset: usize) -> Option<bool> {
    carry(walk, operator, height);
    match operator {
        Operator::Block { blockty } => {
            let frame = enter(walk, Kind::Block, *blockty, height)?;
            walk.frames.push(frame);
        }
        Operator::Loop { blockty } => {
            let frame = enter(walk, Kind::Loop, *blockty, height)?;
            walk.frames.push(frame);
            if frame.live {
                fall_into(walk, frame.label, frame.height, frame.params);
            }
        }
        Operator::If { blockty } => {
            let height = height.saturating_sub(1);
            let otherwise = walk.graph.leader();
            if walk.live {
                walk.pop(height, |at| Step::Consume { at });
                walk.graph.push(Step::Branch(Branch::plain(otherwise, height)));
            }
            let frame = enter(walk, Kind::If(otherwise), *blockty, height)?;
            walk.frames.push(frame);
        }
        Operator::Try { blockty } => {
            let frame = enter(walk, Kind::Block, *blockty, height)?;
            let scope = scope(walk, frame.height);
            walk.frames.push(Frame { kind: Kind::Try(scope), scope: Some(scope), ..frame });
        }
        Operator::TryTable { try_table } => {
            let frame = enter(walk, Kind::Block, try_table.ty, height)?;
            let scope = scope(walk, frame.height);
            if walk.live {
                for (clause, catch) in (0..).zip(&try_table.catches) {
                    let (tag, depth) = match *catch {
                        Catch::One { tag, label } | Catch::OneRef { tag, label } => (Some(tag), label),
                        Catch::All { label } | Catch::AllRef { label } => (None, label),
                    };
                    let target = walk.frames.at(depth)?;
                    target.targeted = true;
                    let (to, height) = (target.label, target.height);
                    let catch = Handler { offset, clause, scope, to };
                    walk.handlers.handler(&mut walk.graph, catch, tag, height);
                }
            }
            walk.frames.push(Frame { scope: Some(scope), ..frame });
        }
        Operator::Else => otherwise(walk),
        Operator::Catch { tag_index } => handler(walk, Some(*tag_index), offset),
        Operator::CatchAll => handler(walk, None, offset),
        Operator::End => end(walk, offset),
        Operator::Delegate { relative_depth } => {
            let frame = walk.frames.last_mut()?;
            if let Kind::Try(scope) = frame.kind {
                frame.kind = Kind::Block;
                let to = walk.frames.at(relative_depth.saturating_add(1))?.scope;
                walk.handlers.delegate(scope, to);
            }
            end(walk, offset);
        }
        _ => return Some(false),
    }
    Some(true)
}

/// Gives up segments that an instruction of control carries to another place as operands.
fn carry(walk: &mut Walk<'_>, operator: &Operator<'_>, height: u32) {
    if !walk.follows || !walk.live {
        return;
    }
    let count = match operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::Try { blockty } => {
            walk.validator.block_type_arity(*blockty).map(|(params, _)| params)
        }
        Operator::TryTable { try_table } => walk.validator.block_type_arity(try_table.ty).map(|(params, _)| params),
        // The condition is on top.
        Operator::If { blockty } => walk.validator.block_type_arity(*blockty).map(|(params, _)| params + 1),
        Operator::Else | Operator::End | Operator::Catch { .. } | Operator::CatchAll | Operator::Delegate { .. } => {
            walk.frames.at(0).map(|frame| frame.results)
        }
        Operator::Br { relative_depth } => walk.frames.at(*relative_depth).map(|frame| frame.arity()),
        Operator::BrIf { relative_depth } => walk.frames.at(*relative_depth).map(|frame| frame.arity() + 1),
        Operator::BrTable { targets } => walk.frames.at(targets.default()).map(|frame| frame.arity() + 1),
        Operator::Return => Some(walk.frames.function_results()),
        Operator::BrOnNull { .. }
        | Operator::BrOnNonNull { .. }
        | Operator::BrOnCast { .. }
        | Operator::BrOnCastFail { .. }
        | Operator::BrOnCastDescEq { .. }
        | Operator::BrOnCastDescEqFail { .. } => Some(height),
        _ => return,
    };
    walk.escape(height.saturating_sub(count.unwrap_or(height)));
}

/// The frame of a structure that begins at a height that includes its parameters.
fn enter(walk: &mut Walk<'_>, kind: Kind, ty: BlockType, height: u32) -> Option<Frame> {
    let (params, results) = walk.validator.block_type_arity(ty)?;
    let around = walk.frames.innermost_loop();
    let inside = if kind == Kind::Loop { Some(walk.graph.add_loop(around)) } else { around };
    Some(Frame {
        kind,
        label: walk.graph.leader(),
        targeted: false,
        live: walk.live,
        height: height.saturating_sub(params),
        params,
        results,
        scope: walk.frames.scope(),
        caught: None,
        inside,
    })
}

/// Begins a scope of exceptions, with a stack of this height.
fn scope(walk: &mut Walk<'_>, height: u32) -> ScopeId {
    let outer = walk.frames.scope();
    let scope = walk.handlers.scope(outer, height);
    walk.graph.scopes.push(outer);
    if walk.live {
        walk.graph.push(Step::Enter { scope });
    }
    scope
}

/// Continues at a leader, which is then placed here.
fn fall_into(walk: &mut Walk<'_>, leader: Leader, height: u32, count: u32) {
    if walk.live {
        walk.graph.push(Step::Branch(Branch::plain(leader, height.saturating_add(count))));
        walk.graph.push(Step::Stop);
    }
    place(walk, leader, height, count);
}

/// Places a leader here. Control reaches it with `count` operands above `height`.
fn place(walk: &mut Walk<'_>, leader: Leader, height: u32, count: u32) {
    walk.graph.place(leader);
    walk.live = true;
    walk.operands.resize(height as usize, Operand::Other);
    walk.operands.resize(height.saturating_add(count) as usize, Operand::Handle);
}

/// The `else` of an `if`.
fn otherwise(walk: &mut Walk<'_>) {
    close_arm(walk);
    let Some(frame) = walk.frames.last_mut() else { return };
    if let Kind::If(otherwise) = frame.kind {
        frame.kind = Kind::Block;
        let Frame { live, height, params, .. } = *frame;
        if live {
            place(walk, otherwise, height, params);
        }
    }
}

/// Begins a handler of a legacy `try`: of one tag with its operands, or of all exceptions.
fn handler(walk: &mut Walk<'_>, tag: Option<u32>, offset: usize) {
    close_arm(walk);
    let params = tag.and_then(|tag| walk.validator.tag_type_arity(tag)).map_or(0, |(params, _)| params);
    // An exception thrown in a handler does not reach the other handlers of the same `try`.
    let outer = walk.frames.at(1).and_then(|frame| frame.scope);
    let Some(frame) = walk.frames.last_mut() else { return };
    frame.scope = outer;
    frame.caught = tag;
    if let Frame { kind: Kind::Try(scope), live: true, height, .. } = *frame {
        let leader = walk.graph.leader();
        let catch = Handler { offset, clause: 0, scope, to: leader };
        walk.handlers.handler(&mut walk.graph, catch, tag, height);
        place(walk, leader, height, params);
    }
}

/// Ends an arm that is not the last one.
fn close_arm(walk: &mut Walk<'_>) {
    let Some(frame) = walk.frames.last_mut() else { return };
    if walk.live {
        frame.targeted = true;
        let top = frame.height.saturating_add(frame.results);
        walk.graph.push(Step::Branch(Branch::plain(frame.label, top)));
        walk.stop();
    }
}

/// The end of a structure.
fn end(walk: &mut Walk<'_>, offset: usize) {
    if let Some(Frame { kind: Kind::If(_), .. }) = walk.frames.last_mut() {
        // A missing `else` arm passes its parameters on.
        otherwise(walk);
        close_arm(walk);
    }
    let Some(frame) = walk.frames.pop() else { return };
    if frame.kind == Kind::Function {
        if walk.live {
            walk.leave(frame.height, frame.results, offset);
        }
        if frame.targeted {
            place(walk, frame.label, frame.height, frame.results);
            walk.leave(frame.height, 0, offset);
        }
    } else if frame.targeted && frame.kind != Kind::Loop {
        fall_into(walk, frame.label, frame.height, frame.results);
    }
}

/// Handles an instruction that transfers or may transfer control. Returns whether the instruction is one.
pub(super) fn transfer(walk: &mut Walk<'_>, operator: &Operator<'_>, height: u32, offset: usize) -> Option<bool> {
    let below = |count: u32| height.saturating_sub(count);
    match operator {
        Operator::Unreachable => walk.stop(),
        Operator::Br { relative_depth } => {
            walk.frames.branch(&mut walk.graph, *relative_depth, height, offset);
            walk.stop();
        }
        Operator::BrIf { relative_depth } => {
            walk.pop(below(1), |at| Step::Consume { at });
            walk.frames.branch(&mut walk.graph, *relative_depth, below(1), offset);
        }
        Operator::BrTable { targets } => {
            walk.pop(below(1), |at| Step::Consume { at });
            let mut depths = BTreeSet::from([targets.default()]);
            for depth in targets.targets() {
                depths.insert(depth.ok()?);
            }
            for depth in depths {
                walk.frames.branch(&mut walk.graph, depth, below(1), offset);
            }
            walk.stop();
        }
        Operator::Return => {
            let results = walk.frames.function_results();
            walk.leave(below(results), results, offset);
        }
        // The reference on top either stays or is carried by the branch; it is never a handle.
        Operator::BrOnNull { relative_depth }
        | Operator::BrOnCastDescEq { relative_depth, .. }
        | Operator::BrOnCastDescEqFail { relative_depth, .. } => {
            walk.frames.branch(&mut walk.graph, *relative_depth, below(1), offset);
        }
        Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. } => {
            walk.frames.branch(&mut walk.graph, *relative_depth, height, offset);
        }
        Operator::Throw { tag_index } => {
            walk.consume(operator, height)?;
            raise(walk, Some(*tag_index), offset);
        }
        Operator::ThrowRef => {
            walk.consume(operator, height)?;
            raise(walk, None, offset);
        }
        Operator::Rethrow { relative_depth } => {
            let caught = walk.frames.at(*relative_depth)?.caught;
            raise(walk, caught, offset);
        }
        _ => return Some(false),
    }
    Some(true)
}

/// Throws an exception, which goes to the handlers or leaves the function.
fn raise(walk: &mut Walk<'_>, tag: Option<u32>, offset: usize) {
    walk.throw(tag);
    walk.graph.push(Step::Leave { at: u32::MAX, count: 0, way: Way::Certain, exit: Exit::Exception, offset });
    if let Some(scope) = walk.frames.scope() {
        walk.handlers.leaves(&walk.graph, scope, tag);
    }
    walk.stop();
}

/// Branches to the labels of a suspension, which carry unknown operands.
pub(super) fn resume(walk: &mut Walk<'_>, operator: &Operator<'_>, offset: usize) {
    let (Operator::Resume { resume_table: ResumeTable { handlers }, .. }
    | Operator::ResumeThrow { resume_table: ResumeTable { handlers }, .. }
    | Operator::ResumeThrowRef { resume_table: ResumeTable { handlers }, .. }) = operator
    else {
        return;
    };
    for handler in handlers {
        if let Handle::OnLabel { label, .. } = *handler {
            walk.frames.handle(&mut walk.graph, label, offset);
        }
    }
}
