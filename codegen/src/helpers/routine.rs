//! The code of a helper while it is being written, with named locals and labels, and calls by target.

use crate::code::{FunctionRef, Relocation, relocate};
use crate::context::{Context, Growth, Split};
use crate::globals::Global;
use crate::helpers::id::{Alignment, Helper, HostImport};
use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

/// A local: a parameter or a declared local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local(u32);

impl Local {
    /// The index, for code that is shared with lowerings.
    pub(super) fn index(self) -> u32 {
        self.0
    }
}

/// A control structure that is a target of branches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label(u32);

/// A finished helper, except for the indices of functions.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    locals: Vec<(u32, ValType)>,
    code: Vec<u8>,
    relocations: Vec<Relocation>,
}

impl Body {
    /// The functions that it calls, in the order of the calls.
    pub(super) fn callees(&self) -> impl Iterator<Item = FunctionRef> + '_ {
        self.relocations.iter().map(|relocation| relocation.target)
    }

    /// Encodes the function with the final indices of its callees.
    pub(crate) fn function(&self, index: impl Fn(FunctionRef) -> u32) -> Function {
        let mut code = Vec::with_capacity(self.code.len() + 5 * self.relocations.len());
        relocate(&self.code, &self.relocations, index, &mut code);
        let mut function = Function::new(self.locals.iter().copied());
        function.raw(code);
        function
    }
}

/// A helper that is being written.
pub(super) struct Routine<'a> {
    context: &'a Context,
    code: Vec<u8>,
    relocations: Vec<Relocation>,
    params: u32,
    /// The parameter that holds the call site, if there is one.
    site: Option<Local>,
    /// The locals after the parameters, in groups of one type.
    locals: Vec<(u32, ValType)>,
    declared: u32,
    depth: u32,
}

impl<'a> Routine<'a> {
    /// Begins a helper.
    pub(super) fn new(helper: Helper, context: &'a Context) -> Routine<'a> {
        let params = helper.function_type(context).params.len() as u32;
        let site = helper.takes_site(context).then(|| Local(params.saturating_sub(1)));
        let (code, relocations, locals) = (Vec::new(), Vec::new(), Vec::new());
        Routine { context, code, relocations, params, site, locals, declared: 0, depth: 0 }
    }

    /// Ends the helper.
    pub(super) fn finish(mut self) -> Body {
        self.sink().end();
        Body { locals: self.locals, code: self.code, relocations: self.relocations }
    }

    /// The context of the module.
    pub(super) fn context(&self) -> &'a Context {
        self.context
    }

    /// The width of the memory.
    pub(super) fn width(&self) -> Width {
        self.context.width()
    }

    fn sink(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// Writes instructions with a function that lowerings may share.
    pub(super) fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>, &Context)) -> &mut Self {
        let context = self.context;
        write(&mut self.sink(), context);
        self
    }

    /// The first parameters.
    pub(super) fn params<const COUNT: usize>(&self) -> [Local; COUNT] {
        std::array::from_fn(|position| self.param(position as u32))
    }

    /// A parameter, by its position.
    pub(super) fn param(&self, position: u32) -> Local {
        debug_assert!(position < self.params, "there are {} parameters", self.params);
        Local(position)
    }

    /// The parameter that holds the call site, if there is one.
    pub(super) fn site(&self) -> Option<Local> {
        self.site
    }

    /// Declares a local.
    pub(super) fn local(&mut self, ty: ValType) -> Local {
        match self.locals.last_mut() {
            Some((count, last)) if *last == ty => *count += 1,
            _ => self.locals.push((1, ty)),
        }
        self.declared += 1;
        Local(self.params + self.declared - 1)
    }

    /// Declares `count` locals of a type, as a group of their own.
    pub(super) fn group(&mut self, count: u32, ty: ValType) -> Vec<Local> {
        self.locals.push((count, ty));
        self.declared += count;
        (self.declared - count..self.declared).map(|position| Local(self.params + position)).collect()
    }

    /// Declares a local that holds a pointer.
    pub(super) fn pointer(&mut self) -> Local {
        self.local(self.width().val_type())
    }

    /// Declares locals that hold pointers.
    pub(super) fn pointers<const COUNT: usize>(&mut self) -> [Local; COUNT] {
        self.locals(self.width().val_type())
    }

    /// Declares locals of one type.
    pub(super) fn locals<const COUNT: usize>(&mut self, ty: ValType) -> [Local; COUNT] {
        std::array::from_fn(|_| self.local(ty))
    }

    pub(super) fn get(&mut self, local: Local) -> &mut Self {
        self.sink().local_get(local.0);
        self
    }

    pub(super) fn set(&mut self, local: Local) -> &mut Self {
        self.sink().local_set(local.0);
        self
    }

    pub(super) fn tee(&mut self, local: Local) -> &mut Self {
        self.sink().local_tee(local.0);
        self
    }

    /// Pushes the value of one of linmem's globals.
    pub(super) fn read(&mut self, global: Global) -> &mut Self {
        let index = self.context.global(global);
        self.sink().global_get(index);
        self
    }

    /// Pops the new value of one of linmem's globals.
    pub(super) fn write(&mut self, global: Global) -> &mut Self {
        let index = self.context.global(global);
        self.sink().global_set(index);
        self
    }

    /// Makes a memory argument.
    pub(super) fn at(&self, offset: u32, bytes: u32) -> MemArg {
        self.context.memarg(offset, bytes)
    }

    pub(super) fn block(&mut self) -> Label {
        self.sink().block(BlockType::Empty);
        self.enter()
    }

    /// Begins a block that returns an `i32`.
    pub(super) fn block_number(&mut self) -> Label {
        self.sink().block(BlockType::Result(ValType::I32));
        self.enter()
    }

    pub(super) fn repeat(&mut self) -> Label {
        self.sink().loop_(BlockType::Empty);
        self.enter()
    }

    pub(super) fn if_(&mut self) -> Label {
        self.sink().if_(BlockType::Empty);
        self.enter()
    }

    /// Begins an `if` whose arms return a pointer.
    pub(super) fn if_pointer(&mut self) -> Label {
        let ty = self.width().val_type();
        self.sink().if_(BlockType::Result(ty));
        self.enter()
    }

    pub(super) fn else_(&mut self) -> &mut Self {
        self.sink().else_();
        self
    }

    fn enter(&mut self) -> Label {
        self.depth += 1;
        Label(self.depth)
    }

    pub(super) fn end(&mut self) -> &mut Self {
        self.depth -= 1;
        self.sink().end();
        self
    }

    /// Branches to the end of a block or an `if`, or to the start of a loop.
    pub(super) fn br(&mut self, label: Label) -> &mut Self {
        let depth = self.depth - label.0;
        self.sink().br(depth);
        self
    }

    pub(super) fn br_if(&mut self, label: Label) -> &mut Self {
        let depth = self.depth - label.0;
        self.sink().br_if(depth);
        self
    }

    /// Branches to the label whose number is on the stack, or to the last one.
    pub(super) fn br_table(&mut self, labels: &[Label], last: Label) -> &mut Self {
        let depths: Vec<u32> = labels.iter().map(|label| self.depth - label.0).collect();
        let last = self.depth - last.0;
        self.sink().br_table(depths, last);
        self
    }

    /// Calls a function whose operands are on the stack.
    pub(super) fn call(&mut self, target: FunctionRef) -> &mut Self {
        const CALL: u8 = 0x10;
        self.code.push(CALL);
        self.relocations.push(Relocation { at: self.code.len(), replaces: 0, target });
        self
    }

    /// Calls a helper whose operands are on the stack, except for the site, which is passed on.
    pub(super) fn helper(&mut self, helper: Helper) -> &mut Self {
        let takes_site = helper.takes_site(self.context);
        debug_assert!(!takes_site || self.site.is_some(), "{} requires a site", helper.name());
        if let Some(site) = self.site.filter(|_| takes_site) {
            self.get(site);
        }
        self.call(FunctionRef::Helper(helper))
    }

    /// Calls a host function.
    pub(super) fn import(&mut self, import: HostImport) -> &mut Self {
        self.call(FunctionRef::Host(import))
    }

    /// Calls the refill of the program's allocations.
    pub(super) fn refill(&mut self, alignment: Alignment) -> &mut Self {
        let refill = Helper::refill(self.context, alignment);
        self.helper(refill)
    }

    /// Grows the memory by the number of pages on the stack, with the result of `memory.grow`.
    pub(super) fn grow(&mut self) -> &mut Self {
        match self.context.growth {
            Growth::Split(Split { fixed: None, .. }) => self.helper(Helper::Grow),
            Growth::Split(_) | Growth::Grow | Growth::Contiguous | Growth::Allocator(_) => self.memory_grow(),
        }
    }

    /// Raises a violation. `numbers` pushes its three numbers, as pointers.
    pub(super) fn violate(&mut self, kind: Violation, numbers: impl FnOnce(&mut Self)) {
        if self.context.choices.reports() {
            numbers(self);
        }
        self.helper(Helper::Violation(kind)).unreachable();
    }

    /// Raises `OutOfMemory`. `bytes` pushes the requested size, and `alignment` the requested alignment.
    pub(super) fn out_of_memory(&mut self, bytes: impl FnOnce(&mut Self), alignment: impl FnOnce(&mut Self)) {
        self.violate(Violation::OutOfMemory, |routine| {
            bytes(routine);
            alignment(routine);
            routine.memory_size();
        });
    }
}
