//! The targets of exceptions.
//!
//! A scope is the body of a `try` or a `try_table`: exceptions thrown in it go to its handlers. A landing stands for
//! exceptions of one tag, or of an unknown tag, that reach a scope. It is a leader from which control goes to the
//! handlers that may catch the exception and, unless one of them certainly catches it, to the landing of the enclosing
//! scope. That keeps the graph linear: a thousand calls in a hundred nested scopes have a hundred landings.
//!
//! The handlers of a legacy `try` follow its body, so landings are written after the whole function has been read.

use super::graph::{Branch, Catch, Graph, Leader, Step, Way};
use std::collections::BTreeMap;

/// The number of a scope. Scopes are numbered in the order in which they begin, so enclosing scopes have lower numbers.
pub(super) type ScopeId = u32;

/// The tag of an exception, if it is known.
pub(super) type Tag = Option<u32>;

/// The limit on the number of handlers examined for all landings of a function. Beyond it, the function is not
/// analysed.
const MAX_LOOKS: usize = 1_000_000;

/// The scopes and landings of a function.
#[derive(Debug, Default)]
pub(super) struct Handlers {
    /// The number of imported tags. Different indices may denote the same imported tag.
    imported_tags: u32,
    scopes: Vec<Scope>,
    landings: BTreeMap<(ScopeId, Tag), Landing>,
    /// The steps that leave the function if no scope catches the exception.
    throws: Vec<(usize, (ScopeId, Tag))>,
}

#[derive(Debug)]
struct Scope {
    /// The scope that an uncaught exception goes to.
    outer: Option<ScopeId>,
    /// The height to which the stack is unwound for the handlers.
    height: u32,
    handlers: Vec<Handler>,
}

#[derive(Clone, Copy, Debug)]
struct Handler {
    /// The tag that it catches; `None` if it catches all.
    tag: Tag,
    to: Leader,
    /// The height of the stack at the target, below the operands of the exception.
    height: u32,
    /// Its number in the graph.
    number: u32,
}

#[derive(Clone, Copy, Debug)]
struct Landing {
    leader: Leader,
    /// Whether the exception leaves the function from this landing.
    way: Way,
}

/// Whether a handler catches an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Catches {
    Always,
    Perhaps,
    Never,
}

impl Handlers {
    pub(super) fn new(imported_tags: u32) -> Handlers {
        Handlers { imported_tags, ..Handlers::default() }
    }

    /// Begins a scope inside `outer`, with a stack of this height.
    pub(super) fn scope(&mut self, outer: Option<ScopeId>, height: u32) -> ScopeId {
        self.scopes.push(Scope { outer, height, handlers: Vec::new() });
        (self.scopes.len() - 1) as ScopeId
    }

    /// Adds a handler to the scope that `catch` names. The stack has this height at its target.
    pub(super) fn handler(&mut self, graph: &mut Graph, catch: Catch, tag: Tag, height: u32) {
        if let Some(scope) = self.scopes.get_mut(catch.scope as usize) {
            let number = graph.catches.len() as u32;
            graph.catches.push(catch);
            scope.handlers.push(Handler { tag, to: catch.to, height, number });
        }
    }

    /// Makes uncaught exceptions of a scope go to another scope than the enclosing one.
    pub(super) fn delegate(&mut self, scope: ScopeId, to: Option<ScopeId>) {
        if let Some(scope) = self.scopes.get_mut(scope as usize) {
            scope.outer = to;
        }
    }

    /// Adds a branch for an exception that is thrown in a scope.
    pub(super) fn throw(&mut self, graph: &mut Graph, scope: ScopeId, tag: Tag) {
        let to = self.landing(graph, scope, tag);
        let height = self.scopes.get(scope as usize).map_or(0, |scope| scope.height);
        graph.push(Step::Branch(Branch::plain(to, height)));
    }

    fn landing(&mut self, graph: &mut Graph, scope: ScopeId, tag: Tag) -> Leader {
        let landing = || Landing { leader: graph.leader(), way: Way::None };
        self.landings.entry((scope, tag)).or_insert_with(landing).leader
    }

    /// Records that the last step of the graph leaves the function if no scope catches the exception.
    pub(super) fn leaves(&mut self, graph: &Graph, scope: ScopeId, tag: Tag) {
        self.throws.push((graph.steps.len().saturating_sub(1), (scope, tag)));
    }

    /// Writes the landings, and determines which steps that throw leave the function. `None` if the limit is exceeded.
    pub(super) fn finish(mut self, graph: &mut Graph) -> Option<()> {
        // From the innermost scope outwards, since an uncaught exception creates a landing in an enclosing scope.
        let mut looks = MAX_LOOKS;
        let mut next = self.landings.last_key_value().map(|(key, _)| *key);
        while let Some((scope, tag)) = next {
            let handlers = self.scopes.get(scope as usize).map_or(0, |scope| scope.handlers.len());
            looks = looks.checked_sub(1 + handlers)?;
            self.write(graph, scope, tag);
            next = self.landings.range(..(scope, tag)).next_back().map(|(key, _)| *key);
        }
        // From the outermost scope inwards, since the result depends on the enclosing scopes.
        let keys: Vec<(ScopeId, Tag)> = self.landings.keys().copied().collect();
        for (scope, tag) in keys {
            let way = self.way(scope, tag);
            if let Some(landing) = self.landings.get_mut(&(scope, tag)) {
                landing.way = way;
            }
        }
        for (step, key) in &self.throws {
            let thrown = self.landings.get(key).map_or(Way::Possible, |landing| landing.way);
            if let Some(Step::Leave { way, .. } | Step::Call { way, .. }) = graph.steps.get_mut(*step) {
                *way = thrown;
            }
        }
        Some(())
    }

    fn write(&mut self, graph: &mut Graph, scope: ScopeId, tag: Tag) {
        let leader = self.landing(graph, scope, tag);
        graph.place(leader);
        let Some(Scope { outer, handlers, .. }) = self.scopes.get(scope as usize) else {
            graph.push(Step::Stop);
            return;
        };
        let outer = *outer;
        let mut caught = false;
        for handler in handlers {
            let catches = self.catches(handler.tag, tag);
            if catches != Catches::Never {
                let plain = Branch::plain(handler.to, handler.height);
                graph.push(Step::Branch(Branch { catch: Some(handler.number), ..plain }));
            }
            caught = catches == Catches::Always;
            if caught {
                break;
            }
        }
        if let (false, Some(outer)) = (caught, outer) {
            self.throw(graph, outer, tag);
        }
        graph.push(Step::Stop);
    }

    /// Whether an exception leaves the function from a landing. The landings of the enclosing scopes must be known.
    fn way(&self, scope: ScopeId, tag: Tag) -> Way {
        let Some(scope) = self.scopes.get(scope as usize) else { return Way::Possible };
        let mut perhaps = false;
        for handler in &scope.handlers {
            match self.catches(handler.tag, tag) {
                Catches::Always => return Way::None,
                Catches::Perhaps => perhaps = true,
                Catches::Never => {}
            }
        }
        let outer = match scope.outer {
            Some(outer) => self.landings.get(&(outer, tag)).map_or(Way::Possible, |landing| landing.way),
            None => Way::Certain,
        };
        if perhaps && outer == Way::Certain { Way::Possible } else { outer }
    }

    fn catches(&self, handler: Tag, thrown: Tag) -> Catches {
        match (handler, thrown) {
            (None, _) => Catches::Always,
            (Some(_), None) => Catches::Perhaps,
            (Some(handler), Some(thrown)) if handler == thrown => Catches::Always,
            (Some(handler), Some(thrown)) if handler < self.imported_tags && thrown < self.imported_tags => {
                Catches::Perhaps
            }
            _ => Catches::Never,
        }
    }
}
