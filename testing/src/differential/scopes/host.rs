//! The host of a program of scopes. It chooses what the function does next, and does the same in the model.

use crate::differential::machine::is_all;
use crate::differential::program::Variant;
use crate::differential::scopes::program::{INNER_BYTES, Op, Program};
use crate::host::{Limits, engine};
use linmem::{Nesting, Violation, Zero};
use linmem_allocator::Width;
use linmem_allocator::model::{Home, Memory, Model, Rules};
use linmem_host::wasmtime::{Caller, Linker, ResourceLimiter};
use std::collections::BTreeMap;

/// A function that is active.
#[derive(Debug)]
pub(crate) struct Activation {
    /// The regions of its scopes.
    regions: Vec<u64>,
    /// Whether its caller catches its exceptions.
    caught: bool,
}

/// The state of the host.
pub(crate) struct State {
    pub(crate) limits: Limits,
    variant: Variant,
    pub(crate) model: Model,
    pub(crate) ops: std::vec::IntoIter<(usize, u32)>,
    pub(crate) active: Vec<Activation>,
    /// Whether the caller of the next activation catches its exceptions.
    pub(crate) catches: bool,
    /// The allocation that the function must report next, according to the model: its size and its address.
    pub(crate) expected: Option<(u32, Result<u64, Violation>)>,
    /// The ranges that were freed, which must be zero if memory is zeroed when it is freed.
    zero: Vec<(u64, u64)>,
    pub(crate) reach: Reach,
}

/// What the programs reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// How many programs were run.
    pub programs: usize,
    /// How often each operation was done.
    pub ops: BTreeMap<String, usize>,
    /// The largest number of open regions.
    pub depth: usize,
    /// How often more than 16 regions were open after one was opened.
    pub deep: usize,
    /// How many activations were left by an exception that they did not catch.
    pub thrown_through: usize,
    /// How many programs ran out of memory.
    pub out_of_memory: usize,
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> linmem_host::wasmtime::Result<bool> {
        self.limits.memory_growing(current, desired, maximum)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> linmem_host::wasmtime::Result<bool> {
        Ok(true)
    }
}

impl State {
    pub(crate) fn new(program: &Program, variant: Variant) -> State {
        let mut memory = Memory::new(Width::Bits32, 1, program.maximum);
        memory.refuse(program.refused.iter().copied());
        let rules = Rules { nesting: variant.nesting, checked: variant.checked };
        let model = Model::new(memory, Home::Reserved, rules);
        State {
            limits: Limits::default(),
            variant,
            model,
            ops: program.ops.clone().into_iter(),
            active: Vec::new(),
            catches: false,
            expected: None,
            zero: Vec::new(),
            reach: Reach::default(),
        }
    }

    fn close(&mut self, handle: u64) {
        let ranges = self.model.close(handle).expect("scopes are closed in order");
        if self.variant.zero == Zero::Free {
            self.zero = ranges;
        }
    }

    /// Closes regions of the innermost activation until this number is left.
    fn leave_to(&mut self, depth: usize) {
        while let Some(handle) = self
            .active
            .last_mut()
            .and_then(|active| if active.regions.len() > depth { active.regions.pop() } else { None })
        {
            self.close(handle);
        }
    }

    /// An exception is thrown: it leaves all activations up to one whose caller catches it.
    fn throw(&mut self) {
        loop {
            self.leave_to(0);
            let Some(Activation { caught, .. }) = self.active.pop() else { return };
            if caught {
                return;
            }
            self.reach.thrown_through += 1;
        }
    }

    /// The function reports that it opened a region. From an inner region, it allocates next.
    fn opened(&mut self, handle: u32, is_inner: bool) {
        let handle = u64::from(handle);
        self.zero.clear();
        assert_eq!(Ok(handle), self.model.open(), "the handle");
        if is_inner {
            self.active.last_mut().expect("a function is active").regions.push(handle);
            self.expected = Some((INNER_BYTES, self.model.allocate(handle, u64::from(INNER_BYTES), 8)));
        } else {
            let caught = std::mem::take(&mut self.catches);
            self.active.push(Activation { regions: vec![handle], caught });
        }
        let depth = self.model.depth();
        self.reach.depth = self.reach.depth.max(depth);
        self.reach.deep += usize::from(depth > 16);
    }

    /// The function reports the address of an allocation. Returns the number of bytes to fill.
    fn allocated(&mut self, address: u32) -> u32 {
        match self.expected.take() {
            Some((bytes, Ok(expected))) => {
                assert_eq!(u64::from(address), expected, "the address");
                bytes
            }
            Some((_, Err(Violation::OutOfMemory))) if self.variant.gives_null() => {
                assert_eq!(address, 0, "the null segment");
                0
            }
            other => panic!("the function allocated at {address}, the model {other:?}"),
        }
    }

    /// Chooses what the function does next, and does it in the model.
    fn next(&mut self) -> (i32, i32) {
        let (index, bytes) = self.ops.next().unwrap_or((0, 0));
        let mut op = Op::ALL[index];
        let is_forbidden = self.variant.nesting == Nesting::Forbid && self.variant.checked;
        // Limit the depth, so that the stack does not overflow. If nesting is a violation, do not nest.
        if op.nests() && (is_forbidden || self.active.len() > 60) {
            op = Op::Allocate;
        }
        *self.reach.ops.entry(format!("{op:?}")).or_default() += 1;
        let innermost = self.active.last().and_then(|active| active.regions.last().copied()).unwrap_or_default();
        match op {
            Op::FallThrough | Op::BranchOut | Op::Return => {
                self.leave_to(0);
                self.active.pop();
            }
            Op::Throw => self.throw(),
            Op::Call | Op::Inner => {}
            Op::CallAndCatch => self.catches = true,
            Op::TailCall => {
                self.leave_to(0);
                let active = self.active.pop().expect("a function is active");
                // The handler of this activation also catches the exceptions of the function that it tail-calls.
                self.catches = active.caught;
            }
            Op::Allocate => self.expected = Some((bytes, self.model.allocate(innermost, u64::from(bytes), 8))),
            Op::Frame => {
                let frame = if self.variant.gives_null() {
                    self.model.allocate(innermost, 24, 8)
                } else {
                    self.model.allocate_frame(innermost, &[24, 100]).map(|frame| frame[0])
                };
                if self.variant.gives_null() {
                    // The function does not report whether the second allocation succeeds.
                    let _ = self.model.allocate(innermost, 100, 8);
                }
                self.expected = Some((24, frame));
            }
            _ => {}
        }
        (op as i32, bytes as i32)
    }

    /// The inner scope is about to be left.
    fn leaving(&mut self, op: Op) {
        match op {
            Op::Inner | Op::InnerContinue | Op::InnerCatch => self.leave_to(1),
            Op::InnerOut | Op::InnerReturn => {
                self.leave_to(0);
                self.active.pop();
            }
            Op::InnerThrow => self.throw(),
            _ => panic!("{op:?} has no inner scope"),
        }
    }
}

/// The host's side of the imports.
pub(crate) fn linker() -> Linker<State> {
    let mut linker = Linker::new(engine());
    let check_zero = |caller: &mut Caller<'_, State>| {
        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
        let (data, state) = memory.data_and_store_mut(caller);
        for (from, to) in std::mem::take(&mut state.zero) {
            let contents = &data[from as usize..to as usize];
            assert!(is_all(contents, 0), "{from}..{to} is not zero after it was freed");
        }
    };
    linker
        .func_wrap("test", "next", move |mut caller: Caller<'_, State>| -> (i32, i32) {
            check_zero(&mut caller);
            caller.data_mut().next()
        })
        .and_then(|linker| {
            linker.func_wrap("test", "opened", |mut caller: Caller<'_, State>, handle: u32, is_inner: i32| {
                caller.data_mut().opened(handle, is_inner != 0);
            })
        })
        .and_then(|linker| {
            linker.func_wrap("test", "allocated", |mut caller: Caller<'_, State>, address: u32| {
                let bytes = caller.data_mut().allocated(address) as usize;
                let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
                let (data, state) = memory.data_and_store_mut(&mut caller);
                let contents = &mut data[address as usize..address as usize + bytes];
                if state.variant.zero == Zero::Allocate {
                    assert!(is_all(contents, 0), "the segment at {address} does not start zeroed");
                }
                contents.fill(0xaa);
            })
        })
        .and_then(|linker| {
            linker.func_wrap("test", "leaving", |mut caller: Caller<'_, State>, op: u32| {
                caller.data_mut().leaving(Op::ALL[op as usize]);
            })
        })
        .unwrap();
    linker
}
