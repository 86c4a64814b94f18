//! The code of a helper while it is being written: locals and labels by name, scratch memory, calls.

use crate::code::FunctionRef;
use crate::context::{Context, Home};
use crate::helpers::fragments::round_up;
use crate::helpers::wasi::{Call, Form};
use crate::helpers::{Alignment, Bodies, Helper, HostImport, Refused};
use crate::module::val_type;
use linmem_allocator::Zero;
use linmem_intrinsics::wasi::{Errno, Function as HostFunction};
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

/// A local.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local(pub(super) u32);

/// A control structure that can be branched to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label(u32);

/// Memory that is given back before the helper returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// What top was before.
    mark: Local,
    /// Its address.
    pub(super) start: Local,
    bytes: u32,
}

/// A helper that is being written.
pub(super) struct Routine<'a> {
    bodies: &'a Bodies<'a>,
    code: Vec<u8>,
    params: u32,
    site: u32,
    locals: Vec<ValType>,
    depth: u32,
}

impl<'a> Routine<'a> {
    /// Begins the helper of a call in a form.
    pub(super) fn new(bodies: &'a Bodies<'a>, call: Call, form: Form) -> Routine<'a> {
        let helper = Helper::Wasi(call, form);
        let params = helper.function_type(bodies.context).params.len() as u32;
        let site = call.function_type(form).params.len() as u32;
        Routine { bodies, code: Vec::new(), params, site, locals: Vec::new(), depth: 0 }
    }

    /// The module.
    pub(super) fn context(&self) -> &'a Context {
        self.bodies.context
    }

    /// The local that holds the site.
    pub(super) fn site(&self) -> u32 {
        self.site
    }

    /// What the body is written from.
    pub(super) fn bodies(&self) -> &'a Bodies<'a> {
        self.bodies
    }

    /// A memory argument.
    pub(super) fn at(&self, offset: u32, bytes: u32) -> MemArg {
        self.bodies.context.memarg(offset, bytes)
    }

    /// Where instructions go.
    pub(super) fn sink(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// A new local.
    pub(super) fn local(&mut self, ty: ValType) -> Local {
        self.locals.push(ty);
        Local(self.params + self.locals.len() as u32 - 1)
    }

    /// A new local that holds an `i32`.
    pub(super) fn int(&mut self) -> Local {
        self.local(ValType::I32)
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

    pub(super) fn constant(&mut self, value: u32) -> &mut Self {
        self.sink().i32_const(value as i32);
        self
    }

    /// Sets a local to an errno.
    pub(super) fn fail(&mut self, errno: Local, with: Errno) -> &mut Self {
        self.constant(with.code()).set(errno)
    }

    /// Pushes an address so far behind the one in a local.
    pub(super) fn behind(&mut self, start: Local, offset: u32) -> &mut Self {
        self.get(start);
        if offset > 0 {
            self.sink().i32_const(offset as i32).i32_add();
        }
        self
    }

    /// Sets `to` to `left + right`.
    pub(super) fn add(&mut self, to: Local, left: Local, right: Local) -> &mut Self {
        self.sink().local_get(left.0).local_get(right.0).i32_add().local_set(to.0);
        self
    }

    pub(super) fn block(&mut self) -> Label {
        self.sink().block(BlockType::Empty);
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

    /// Branches: out of a block or an `if`, or to the start of a loop.
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

    /// Calls a function of the host.
    pub(super) fn host(&mut self, function: HostFunction) -> &mut Self {
        let index = (self.bodies.index)(FunctionRef::Host(HostImport::Wasi(function)));
        self.sink().call(index);
        self
    }

    /// Calls a function of the host, as often as it is interrupted, and sets `errno`.
    pub(super) fn persist(
        &mut self,
        function: HostFunction,
        errno: Local,
        operands: impl FnOnce(&mut Self),
    ) -> &mut Self {
        let again = self.repeat();
        operands(self);
        self.host(function).tee(errno).constant(Errno::Intr.code()).sink().i32_eq();
        self.br_if(again);
        self.end()
    }

    /// Calls the plain form of something.
    pub(super) fn plain(&mut self, call: Call) -> &mut Self {
        match call.plain() {
            FunctionRef::Helper(helper) => self.helper(helper),
            other => {
                let index = (self.bodies.index)(other);
                self.sink().call(index);
                self
            }
        }
    }

    /// Calls a helper.
    pub(super) fn helper(&mut self, helper: Helper) -> &mut Self {
        self.bodies.call(&mut InstructionSink::new(&mut self.code), helper, self.site);
        self
    }

    /// Finds home, where that may not have happened.
    pub(super) fn find_home(&mut self) {
        if matches!(self.context().home, Home::Found { .. }) {
            let top = self.context().top();
            self.sink().global_get(top).i32_eqz();
            self.if_();
            self.helper(Helper::FindHome);
            self.end();
        }
    }

    /// Reserves memory that is given back: at most 65528 bytes, a multiple of 8. If it cannot be had and that is no violation,
    /// leaves with `NOMEM`.
    pub(super) fn frame(&mut self, bytes: u32, errno: Local, exit: Label) -> Frame {
        let (mark, start) = (self.int(), self.int());
        let (top, limit) = (self.context().top(), self.context().limit());
        self.find_home();
        let mut sink = self.sink();
        sink.global_get(top).local_tee(mark.0).local_tee(start.0).i32_const(bytes as i32).i32_add().global_set(top);
        sink.global_get(top).global_get(limit).i32_gt_u();
        self.if_();
        self.get(mark).constant(bytes);
        let context = self.context();
        self.helper(Helper::refill(context, Alignment::Fixed)).set(start);
        if context.choices.gives_null() {
            self.get(start).sink().i32_eqz();
            self.if_();
            self.fail(errno, Errno::Nomem).br(exit);
            self.end();
        }
        self.end();
        Frame { mark, start, bytes }
    }

    /// Gives a frame back. A host that called back into the program may have left memory allocated behind it; then it
    /// stays where it is, until its region is closed.
    pub(super) fn end_frame(&mut self, frame: Frame) {
        let top = self.context().top();
        if self.context().choices.zero == Zero::Free {
            for offset in (0..frame.bytes).step_by(8) {
                let at = self.at(offset, 8);
                self.get(frame.start).sink().i64_const(0).i64_store(at);
            }
        }
        self.sink().global_get(top);
        self.behind(frame.start, frame.bytes).sink().i32_eq();
        self.if_();
        self.get(frame.mark).sink().global_set(top);
        self.end();
    }

    /// Allocates as many bytes as a local says, and sets `start` to their address, or to 0.
    pub(super) fn allocate(&mut self, start: Local, bytes: Local) {
        let (top, limit) = (self.context().top(), self.context().limit());
        let end = self.local(ValType::I64);
        self.find_home();
        let mut sink = self.sink();
        sink.local_get(bytes.0).i64_extend_i32_u();
        round_up(&mut sink).global_get(top).local_tee(start.0).i64_extend_i32_u().i64_add().local_tee(end.0);
        sink.global_get(limit).i64_extend_i32_u().i64_gt_u();
        self.if_();
        self.get(start).get(bytes).helper(Helper::Refill(Refused::Null, Alignment::Fixed)).set(start);
        self.else_();
        self.get(end).sink().i32_wrap_i64().global_set(top);
        self.end();
    }

    /// The same, but leaves with `NOMEM` if the memory cannot be had.
    pub(super) fn allocate_or_leave(&mut self, start: Local, bytes: Local, errno: Local, exit: Label) {
        self.allocate(start, bytes);
        self.get(start).sink().i32_eqz();
        self.if_();
        self.fail(errno, Errno::Nomem).br(exit);
        self.end();
    }

    /// Goes back to a new top, if top is at `end`: what lies between `used` and that is free.
    pub(super) fn shrink(&mut self, end: Local, used: Local, new_top: Local) {
        let (top, memory) = (self.context().top(), self.context().memory.0);
        self.sink().global_get(top).local_get(end.0).i32_eq();
        self.if_();
        if self.context().choices.zero == Zero::Free {
            let mut sink = self.sink();
            sink.local_get(used.0).i32_const(0).local_get(end.0).local_get(used.0).i32_sub().memory_fill(memory);
        }
        self.get(new_top).sink().global_set(top);
        self.end();
    }

    /// Rounds the `i32` on the stack up to a multiple of 8.
    pub(super) fn round_up(&mut self) -> &mut Self {
        self.sink().i32_const(7).i32_add().i32_const(-8).i32_and();
        self
    }

    /// The helper, which gives what is in these locals.
    pub(super) fn finish(mut self, results: &[Local]) -> Function {
        for result in results {
            self.get(*result);
        }
        self.sink().end();
        let mut function = Function::new_with_locals_types(self.locals.iter().copied());
        function.raw(self.code);
        function
    }

    /// New locals for results of these types.
    pub(super) fn results(&mut self, types: &[linmem_intrinsics::ValueType]) -> Vec<Local> {
        types.iter().map(|ty| self.local(val_type(*ty))).collect()
    }
}
