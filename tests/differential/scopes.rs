//! Programs of the library door: one function with scopes, which asks the host what to do next, and so is left in every
//! way: by falling through, branches, returns, tail calls, exceptions of its own and of what it calls. The host knows
//! what each way closes, and tells the model.

use crate::machine::is_all;
use crate::program::Variant;
use crate::support;
use crate::support::host::{Limits, engine, violation};
use linmem::allocator::model::{Home, Memory, Model, Rules};
use linmem::allocator::{Nesting, Unwind, Width, Zero};
use linmem::build::{FunctionBuilder, FunctionId, Label, Local, ModuleBuilder, Region};
use linmem::wasm_encoder::{BlockType, Catch, Instruction, ValType};
use linmem::{Config, Representation, Violation};
use linmem_host::wasmtime::{Caller, InstancePre, Linker, Module, ResourceLimiter, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use std::cell::{OnceCell, RefCell};

/// What the function can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
enum Op {
    FallThrough,
    BranchOut,
    Return,
    Throw,
    Call,
    CallAndCatch,
    TailCall,
    Allocate,
    Frame,
    /// A scope in the scope, and in it an allocation; then the ways out of both.
    Inner,
    InnerContinue,
    InnerOut,
    InnerReturn,
    InnerThrow,
    InnerCatch,
    InnerTable,
}

impl Op {
    const ALL: [Op; 16] = [
        Op::FallThrough,
        Op::BranchOut,
        Op::Return,
        Op::Throw,
        Op::Call,
        Op::CallAndCatch,
        Op::TailCall,
        Op::Allocate,
        Op::Frame,
        Op::Inner,
        Op::InnerContinue,
        Op::InnerOut,
        Op::InnerReturn,
        Op::InnerThrow,
        Op::InnerCatch,
        Op::InnerTable,
    ];

    /// Whether it opens a region while one is open.
    fn nests(self) -> bool {
        !matches!(
            self,
            Op::FallThrough | Op::BranchOut | Op::Return | Op::Throw | Op::TailCall | Op::Allocate | Op::Frame
        )
    }
}

#[derive(Clone, Debug)]
struct Program {
    variant: usize,
    maximum: u32,
    refused: Vec<u32>,
    ops: Vec<(usize, u32)>,
}

fn program() -> impl Strategy<Value = Program> {
    let weight = |op: &Op| match op {
        Op::Call | Op::CallAndCatch => 6,
        Op::Allocate | Op::Frame => 5,
        _ => 1,
    };
    let ops = prop::strategy::Union::new_weighted(
        Op::ALL.iter().enumerate().map(|(index, op)| (weight(op), Just(index))).collect(),
    );
    let bytes = prop_oneof![5 => 0..100u32, 2 => 100..40_000u32, 1 => 40_000..200_000u32, 1 => any::<u32>()];
    let ops = prop::collection::vec((ops, bytes), 1..80);
    let refused = proptest::collection::vec(0..12u32, 0..3);
    (0..Variant::ALL.len(), 8..60u32, refused, ops).prop_map(|(variant, maximum, refused, ops)| Program {
        variant,
        maximum,
        refused,
        ops,
    })
}

/// How many bytes are allocated in an inner scope.
const INNER_BYTES: u32 = 40;

/// A function that is active.
#[derive(Debug)]
struct Activation {
    /// The regions of its scopes.
    regions: Vec<u64>,
    /// Whether its caller catches what it throws.
    caught: bool,
}

/// What the host knows.
struct State {
    limits: Limits,
    variant: Variant,
    model: Model,
    ops: std::vec::IntoIter<(usize, u32)>,
    active: Vec<Activation>,
    /// Whether the next activation is one whose caller catches.
    catches: bool,
    /// What the model expects to be told of next: the size and the address of an allocation.
    expected: Option<(u32, Result<u64, Violation>)>,
    /// The ranges that are free, and zero if that is asked for.
    zero: Vec<(u64, u64)>,
    reach: Reach,
}

/// How often each thing was done.
#[derive(Clone, Debug, Default)]
struct Reach {
    programs: usize,
    ops: std::collections::BTreeMap<String, usize>,
    depth: usize,
    deep: usize,
    thrown_through: usize,
    out_of_memory: usize,
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
    fn new(program: &Program, variant: Variant) -> State {
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

    /// Closes the regions of the innermost activation's scopes but so many.
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

    /// A region was opened: the function tells its handle. It allocates from an inner one at once.
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

    /// The function tells what an allocation gave. Gives how many bytes there are to be filled.
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
        // Not so deep that the stack ends; and where that is checked, not nested at all.
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
                // Whoever catches what this one throws catches what it calls throws.
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
                    // Whether the other one can be had changes nothing that the function tells.
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

/// A function of the host's, by its type and what it does.
fn imports(module: &mut ModuleBuilder) -> [FunctionId; 4] {
    let next = module.function_type([], [ValType::I32, ValType::I32]);
    let opened = module.function_type([ValType::I32, ValType::I32], []);
    let note = module.function_type([ValType::I32], []);
    [
        module.import_function("test", "next", next),
        module.import_function("test", "opened", opened),
        module.import_function("test", "allocated", note),
        module.import_function("test", "leaving", note),
    ]
}

/// The test module of a variant.
fn lower(variant: Variant) -> Vec<u8> {
    let config = Config { unwind: Unwind::Release, base: None, ..variant.config() };
    // Regions are the same whatever a segment is; where it is a reference, they have to tell their segments.
    let representation = if variant.zero == Zero::Never { Representation::Packed } else { Representation::ALL[2] };
    let mut module = ModuleBuilder::new(&config, representation).unwrap();
    let [next, opened, allocated, leaving] = imports(&mut module);
    let nothing = module.function_type([], []);
    let tag = module.tag(nothing);
    let scope = module.declare_function("scope", nothing);
    let body = Body { next, opened, allocated, leaving, scope, tag, nests: variant.nesting != Nesting::Forbid };
    module.define(scope, |f| body.write(f)).unwrap();
    let catching = module
        .function("catching", nothing, |f| {
            f.block(BlockType::Empty, |f, _| {
                f.instruction(&Instruction::TryTable(BlockType::Empty, vec![Catch::All { label: 0 }].into()));
                f.call(scope);
                f.instruction(&Instruction::End);
            });
        })
        .unwrap();
    module.export("run", catching);
    module.finish().unwrap()
}

struct Body {
    next: FunctionId,
    opened: FunctionId,
    allocated: FunctionId,
    leaving: FunctionId,
    scope: FunctionId,
    tag: u32,
    /// Whether scopes may nest lexically.
    nests: bool,
}

impl Body {
    fn write(&self, f: &mut FunctionBuilder<'_>) {
        let (op, bytes) = (f.local(ValType::I32), f.local(ValType::I32));
        f.block(BlockType::Empty, |f, out| {
            f.region(|f, region| {
                self.tell_opened(f, region, 0);
                f.block(BlockType::Empty, |f, end| {
                    f.loop_(BlockType::Empty, |f, again| {
                        f.call(self.next);
                        f.set(bytes, linmem::build::OnStack);
                        f.set(op, linmem::build::OnStack);
                        self.on(f, op, Op::FallThrough, |f| f.br(end));
                        self.on(f, op, Op::BranchOut, |f| f.br(out));
                        self.on(f, op, Op::Return, |f| f.return_());
                        self.on(f, op, Op::Throw, |f| f.instruction(&Instruction::Throw(self.tag)));
                        self.on(f, op, Op::Call, |f| f.call(self.scope));
                        self.on(f, op, Op::CallAndCatch, |f| {
                            f.block(BlockType::Empty, |f, _| {
                                let catch = vec![Catch::All { label: 0 }];
                                f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                                f.call(self.scope);
                                f.instruction(&Instruction::End);
                            });
                        });
                        self.on(f, op, Op::TailCall, |f| f.instruction(&Instruction::ReturnCall(self.scope.0)));
                        self.on(f, op, Op::Allocate, |f| {
                            let segment = f.allocate_dynamic(region, bytes);
                            f.address(segment);
                            f.call(self.allocated);
                        });
                        self.on(f, op, Op::Frame, |f| {
                            let segment = f.allocate(region, 24);
                            f.allocate(region, 100);
                            f.address(segment);
                            f.call(self.allocated);
                        });
                        if self.nests {
                            self.inner(f, op, (out, again));
                        }
                        f.br(again);
                    });
                });
            });
        });
    }

    /// A scope in the scope.
    fn inner(&self, f: &mut FunctionBuilder<'_>, op: Local, (out, again): (Label, Label)) {
        let leave = |f: &mut FunctionBuilder<'_>, op: Op| {
            f.push(op as i32);
            f.call(self.leaving);
        };
        let is_inner = |f: &mut FunctionBuilder<'_>| {
            f.push(op);
            f.push(Op::Inner as i32);
            f.instruction(&Instruction::I32GeU);
        };
        f.if_(is_inner, |f, _| {
            f.block(BlockType::Empty, |f, landing| {
                f.region(|f, inner| {
                    self.tell_opened(f, inner, 1);
                    let segment = f.allocate_dynamic(inner, INNER_BYTES);
                    f.address(segment);
                    f.call(self.allocated);
                    self.on(f, op, Op::InnerContinue, |f| {
                        leave(f, Op::InnerContinue);
                        f.br(again);
                    });
                    self.on(f, op, Op::InnerOut, |f| {
                        leave(f, Op::InnerOut);
                        f.br_if(out, 1);
                    });
                    self.on(f, op, Op::InnerReturn, |f| {
                        leave(f, Op::InnerReturn);
                        f.return_();
                    });
                    self.on(f, op, Op::InnerThrow, |f| {
                        leave(f, Op::InnerThrow);
                        f.instruction(&Instruction::Throw(self.tag));
                    });
                    self.on(f, op, Op::InnerTable, |f| {
                        leave(f, Op::InnerOut);
                        f.br_table(&[landing, out, again], again, 1);
                    });
                    self.on(f, op, Op::InnerCatch, |f| {
                        leave(f, Op::InnerCatch);
                        // The handler is outside of the region: the arm is 0, the block around it 1.
                        let catch = vec![Catch::One { tag: self.tag, label: 1 }];
                        f.instruction(&Instruction::TryTable(BlockType::Empty, catch.into()));
                        f.instruction(&Instruction::Throw(self.tag));
                        f.instruction(&Instruction::End);
                    });
                    leave(f, Op::Inner);
                });
            });
        });
    }

    fn tell_opened(&self, f: &mut FunctionBuilder<'_>, region: Region, is_inner: i32) {
        f.push(region);
        f.push(is_inner);
        f.call(self.opened);
    }

    /// Code for one thing to do.
    fn on(&self, f: &mut FunctionBuilder<'_>, op: Local, which: Op, code: impl FnOnce(&mut FunctionBuilder<'_>)) {
        let is = |f: &mut FunctionBuilder<'_>| {
            f.push(op);
            f.push(which as i32);
            f.instruction(&Instruction::I32Eq);
        };
        f.if_(is, |f, _| code(f));
    }
}

/// The host's side of the imports.
fn linker() -> Linker<State> {
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

/// Runs one program to its end.
fn execute(program: &Program, module: &InstancePre<State>) -> Reach {
    let variant = Variant::ALL[program.variant];
    let mut store = Store::new(engine(), State::new(program, variant));
    store.set_fuel(100_000_000).unwrap();
    store.limiter(|state| state);
    let instance = module.instantiate(&mut store).unwrap();
    let refused = program.refused.iter().map(|number| *number as usize).collect();
    store.data_mut().limits = Limits { pages: program.maximum as usize, refused, ..Limits::default() };
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
    while store.data().ops.len() > 0 {
        store.data_mut().catches = true;
        let ended = run.call(&mut store, ());
        let state = store.data_mut();
        if let Err(error) = ended {
            assert_eq!(violation(&error).as_deref(), Some("OutOfMemory"), "{error:?}");
            // Either an allocation, or the header of a region.
            let refused = match state.expected.take() {
                Some((_, allocated)) => allocated.err(),
                None => state.model.open().err(),
            };
            assert_eq!(refused, Some(Violation::OutOfMemory));
            state.reach.out_of_memory += 1;
            break;
        }
        assert_eq!((state.model.depth(), state.active.len()), (0, 0), "all scopes are left");
    }
    store.data().reach.clone()
}

/// Runs so many programs, on modules whose text is changed by `plant`; the first that goes wrong is an error.
fn run(cases: u32, shrink: u32, plant: impl Fn(String) -> String) -> Result<Reach, String> {
    let linker = linker();
    let modules: Vec<OnceCell<InstancePre<State>>> = Variant::ALL.iter().map(|_| OnceCell::new()).collect();
    let module = |variant: usize| {
        modules[variant].get_or_init(|| {
            let text = plant(linmem::wat::print(&lower(Variant::ALL[variant])).unwrap());
            linker.instantiate_pre(&Module::new(engine(), support::parse(&text)).unwrap()).unwrap()
        })
    };
    let total = RefCell::new(Reach::default());
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: shrink, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&program(), |program| {
        let reach = execute(&program, module(program.variant));
        let mut total = total.borrow_mut();
        total.programs += 1;
        for (op, count) in reach.ops {
            *total.ops.entry(op).or_default() += count;
        }
        total.depth = total.depth.max(reach.depth);
        total.deep += reach.deep;
        total.thrown_through += reach.thrown_through;
        total.out_of_memory += reach.out_of_memory;
        Ok(())
    });
    result.map(|()| total.into_inner()).map_err(|error| error.to_string())
}

#[test]
fn scopes_are_closed_on_every_exit() {
    let reach = run(10_000, 2000, |text| text).unwrap_or_else(|error| panic!("{error}"));
    support::show(&format!("scopes: {reach:?}"));
    assert_eq!(reach.ops.len(), Op::ALL.len(), "every way");
    assert!(reach.ops.values().all(|count| *count > 500), "{:?}", reach.ops);
    assert!(reach.deep > 500 && reach.thrown_through > 500 && reach.out_of_memory > 20, "{reach:?}");
}

/// Plants a bug: an exception that passes through does not close the region.
#[test]
fn detects_region_left_open_by_throw() {
    let planted = std::cell::Cell::new(0);
    let found = run(10_000, 0, |text| {
        let lines: Vec<&str> = text.lines().collect();
        let mut out = String::new();
        for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
            let is_close = line.trim() == "global.set $linmem.top" && next.trim() == "throw_ref";
            planted.set(planted.get() + usize::from(is_close));
            out += if is_close { "drop" } else { line };
            out.push('\n');
        }
        out
    });
    assert!(planted.get() > 0, "there is nothing to plant the bug in");
    assert!(found.is_err(), "no program found the bug");
}
