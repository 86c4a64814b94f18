//! Random programs of region operations, run on the reference model and, lowered, in wasmtime. After every operation
//! the addresses and the number of pages are the same; when a region is closed, all that was allocated in it still has
//! its contents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::allocator::model::{Home, Memory, Model, Region};
use linmem::{Base, Config, Optimize, Violation};
use linmem_host::wasmtime::{Func, InstancePre, Linker, Memory as RealMemory, Module, Store, TypedFunc, Val};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use support::host::{Limits, engine, violation};

/// The shapes of frames that the test module has: the constant sizes of one scope.
const FRAMES: [&[u32]; 4] = [&[16, 8, 4], &[1, 0, 100, 7], &[30000, 30000, 5000], &[65000, 528]];

/// One step of a program. `pick` chooses among what is live.
#[derive(Clone, Debug)]
enum Step {
    Open,
    Close,
    /// Opens so many regions, each with something in it.
    Deepen(usize),
    /// Closes all regions but so many.
    CloseTo(usize),
    Allocate(u32),
    Aligned(u32, u32),
    Frame(usize),
    /// Somebody else grows the memory.
    Grow(u32),
}

/// Where the memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    /// linmem defines it.
    Defined,
    /// The program does.
    Owned,
    /// The program does, and leaves a part of it to linmem.
    Base(u32),
}

const SETTINGS: [Setting; 4] = [Setting::Defined, Setting::Owned, Setting::Base(40), Setting::Base(100_000)];

/// How many pages the memory of the program has, where it brings one.
const OWN_PAGES: u32 = 2;

#[derive(Clone, Debug)]
struct Program {
    setting: usize,
    size: bool,
    maximum: u32,
    refused: Vec<u32>,
    steps: Vec<Step>,
}

fn bytes() -> impl Strategy<Value = u32> {
    prop_oneof![
        6 => 0..200u32,
        4 => (1..4u32, -24..24i32).prop_map(|(pages, off)| (pages * 65536).wrapping_add_signed(off)),
        3 => 200..150_000u32,
        1 => (0..40u32).prop_map(|off| u32::MAX - off),
        1 => (-20..20i32).prop_map(|off| (1u32 << 31).wrapping_add_signed(off)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Open),
        3 => Just(Step::Close),
        1 => (0..6usize).prop_map(Step::CloseTo),
        8 => bytes().prop_map(Step::Allocate),
        3 => (bytes(), 0..17u32).prop_map(|(bytes, log)| Step::Aligned(bytes, 1 << log)),
        4 => (0..FRAMES.len()).prop_map(Step::Frame),
        1 => (1..4u32).prop_map(Step::Grow),
        1 => (1..12usize).prop_map(Step::Deepen),
    ]
}

fn program() -> impl Strategy<Value = Program> {
    let refused = proptest::collection::vec(0..12u32, 0..4);
    (0..SETTINGS.len(), any::<bool>(), 4..60u32, refused, proptest::collection::vec(step(), 1..120))
        .prop_map(|(setting, size, maximum, refused, steps)| Program { setting, size, maximum, refused, steps })
}

/// What the programs reached.
#[derive(Debug, Default)]
struct Reach {
    programs: usize,
    steps: usize,
    depth: [usize; 5],
    crossings: usize,
    returns: usize,
    out_of_memory: usize,
    longest: usize,
    chunks: usize,
}

/// The test module: every step is an export, so that it is compiled once.
fn module(setting: Setting, optimize: Optimize) -> Module {
    let memory = match setting {
        Setting::Defined => String::new(),
        Setting::Owned | Setting::Base(_) => format!(
            "(memory (export \"memory\") {OWN_PAGES}) (data (i32.const 40) \"\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\")"
        ),
    };
    let frames: String = FRAMES
        .iter()
        .enumerate()
        .map(|(index, sizes)| {
            let results = " i64".repeat(sizes.len());
            let calls: String =
                sizes.iter().map(|size| format!("(call $allocate (local.get $region) (i32.const {size}))")).collect();
            format!("(func (export \"frame{index}\") (param $region i32) (result{results}) {calls})")
        })
        .collect();
    let text = format!(
        r#"(module
          (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
          (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
          (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
          (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result i64)))
          {memory}
          (func (export "open") (result i32) (call $new))
          (func (export "close") (param i32) (call $free (local.get 0)))
          (func (export "allocate") (param i32 i32) (result i64) (call $allocate (local.get 0) (local.get 1)))
          (func (export "aligned") (param i32 i32 i32) (result i64)
            (call $aligned (local.get 0) (local.get 1) (local.get 2)))
          {frames})"#
    );
    let base = match setting {
        Setting::Base(address) => Some(Base::Address(address)),
        _ => None,
    };
    let config = Config { optimize, base, ..Config::default() };
    let linked = linmem::link(&support::parse(&text), &config).unwrap();
    Module::new(engine(), linked).unwrap()
}

/// Something that is allocated, with its contents.
#[derive(Clone, Copy, Debug)]
struct Live {
    address: u32,
    bytes: u32,
    byte: u8,
}

/// Both sides of a program, and what is live.
struct Both {
    store: Store<Limits>,
    memory: RealMemory,
    open: TypedFunc<(), i32>,
    close: TypedFunc<i32, ()>,
    allocate: TypedFunc<(i32, i32), i64>,
    aligned: TypedFunc<(i32, i32, i32), i64>,
    frames: Vec<Func>,
    model: Model,
    /// The open regions, each with what was live when it was opened.
    regions: Vec<(Region, usize)>,
    live: Vec<Live>,
}

impl Both {
    fn new(program: &Program, instances: &[[InstancePre<Limits>; 2]]) -> Both {
        let setting = SETTINGS[program.setting];
        let mut store = Store::new(engine(), Limits::default());
        store.set_fuel(u64::MAX / 2).unwrap();
        store.limiter(|limits| limits);
        let instance = instances[program.setting][usize::from(program.size)].instantiate(&mut store).unwrap();
        let refused = program.refused.iter().map(|number| *number as usize).collect();
        *store.data_mut() = Limits { pages: program.maximum as usize, refused, ..Limits::default() };
        let (pages, home) = match setting {
            Setting::Defined => (1, Home::Reserved),
            Setting::Owned => (OWN_PAGES, Home::Grown),
            Setting::Base(address) => (OWN_PAGES, Home::Base(address)),
        };
        let mut memory = Memory::new(pages, program.maximum);
        memory.refuse(program.refused.iter().copied());
        Both {
            memory: instance.get_memory(&mut store, "memory").unwrap(),
            open: instance.get_typed_func(&mut store, "open").unwrap(),
            close: instance.get_typed_func(&mut store, "close").unwrap(),
            allocate: instance.get_typed_func(&mut store, "allocate").unwrap(),
            aligned: instance.get_typed_func(&mut store, "aligned").unwrap(),
            frames: (0..FRAMES.len())
                .map(|index| instance.get_func(&mut store, &format!("frame{index}")).unwrap())
                .collect(),
            store,
            model: Model::new(memory, home),
            regions: Vec::new(),
            live: Vec::new(),
        }
    }

    /// Checks that both sides give the same segments, or are both out of memory, and fills what they gave.
    fn agree(
        &mut self,
        real: Result<Vec<i64>, linmem_host::wasmtime::Error>,
        model: Result<Vec<(u32, u32)>, Violation>,
        reach: &mut Reach,
    ) {
        match (real, model) {
            (Ok(real), Ok(model)) => {
                let real: Vec<(u32, u32)> =
                    real.iter().map(|packed| (*packed as u32, (*packed >> 32) as u32)).collect();
                assert_eq!(real, model, "address and size");
                for (address, bytes) in model {
                    assert_ne!(address, 0, "address 0 is never handed out");
                    let byte = (self.live.len() as u8).wrapping_mul(37).wrapping_add(1);
                    let end = address as usize + bytes as usize;
                    self.memory.data_mut(&mut self.store)[address as usize..end].fill(byte);
                    let live = Live { address, bytes, byte };
                    // A region bumps, and chunks ascend: what is newer lies higher.
                    let free = self.live.last().map_or(0, |last| last.address + last.bytes);
                    assert!(free <= address, "{live:?} overlaps {:?}", self.live.last());
                    self.live.push(live);
                }
            }
            (Err(error), Err(kind)) => {
                assert_eq!(violation(&error).as_deref(), Some(kind.name()), "{error:?}");
                reach.out_of_memory += 1;
            }
            (real, model) => panic!("in wasmtime {real:?}, in the model {model:?}"),
        }
        assert_eq!(self.memory.size(&self.store), u64::from(self.model.memory().pages()), "pages");
    }

    fn open(&mut self, reach: &mut Reach) {
        let real = self.open.call(&mut self.store, ());
        match (real, self.model.open()) {
            (Ok(handle), Ok(region)) => {
                assert_eq!(handle as u32, region.handle(), "the handle is top");
                self.regions.push((region, self.live.len()));
            }
            (Err(error), Err(kind)) => {
                assert_eq!(violation(&error).as_deref(), Some(kind.name()), "{error:?}");
                reach.out_of_memory += 1;
            }
            (real, model) => panic!("in wasmtime {real:?}, in the model {model:?}"),
        }
    }

    fn close(&mut self, reach: &mut Reach) {
        let Some((region, live)) = self.regions.pop() else { return };
        for live in &self.live[live..] {
            let contents = &self.memory.data(&self.store)[live.address as usize..][..live.bytes as usize];
            let same = contents.is_empty() || contents[1..] == contents[..contents.len() - 1];
            assert!(same && contents.first().is_none_or(|byte| *byte == live.byte), "{live:?} was overwritten");
        }
        let before = self.model.chunk_of_top();
        self.close.call(&mut self.store, region.handle() as i32).unwrap();
        self.model.close(region);
        reach.returns += usize::from(self.model.chunk_of_top() < before);
        self.live.truncate(live);
    }

    fn step(&mut self, step: &Step, reach: &mut Reach) {
        // Without an open region there is nothing to allocate from.
        let handle = self.regions.last().map(|(region, _)| region.handle() as i32);
        let before = self.model.chunk_of_top();
        match (step, handle) {
            (Step::Open, _) => self.open(reach),
            (Step::Close, _) => self.close(reach),
            (Step::Deepen(count), _) => {
                for bytes in 0..*count as u32 {
                    self.open(reach);
                    self.step(&Step::Allocate(300 * bytes), reach);
                }
            }
            (Step::CloseTo(depth), _) => {
                while self.regions.len() > *depth {
                    self.close(reach);
                }
            }
            (Step::Grow(pages), _) => {
                let real = self.memory.grow(&mut self.store, u64::from(*pages)).map_or(u32::MAX, |old| old as u32);
                assert_eq!(real, self.model.memory_mut().grow(*pages), "somebody else's growth");
            }
            (_, None) => {}
            (Step::Allocate(bytes), Some(handle)) => {
                let real = self.allocate.call(&mut self.store, (handle, *bytes as i32)).map(|packed| vec![packed]);
                let model = self.model.allocate(*bytes, 1).map(|address| vec![(address, *bytes)]);
                self.agree(real, model, reach);
            }
            (Step::Aligned(bytes, alignment), Some(handle)) => {
                let operands = (handle, *bytes as i32, *alignment as i32);
                let real = self.aligned.call(&mut self.store, operands).map(|packed| vec![packed]);
                let model = self.model.allocate(*bytes, *alignment).map(|address| vec![(address, *bytes)]);
                if let Ok(list) = &model {
                    assert_eq!(list[0].0 % alignment, 0, "aligned");
                }
                self.agree(real, model, reach);
            }
            (Step::Frame(index), Some(handle)) => {
                let sizes = FRAMES[*index];
                let real = self.frame(*index, handle);
                let model = self.model.allocate_frame(sizes);
                let model = model.map(|list| list.into_iter().zip(sizes.iter().copied()).collect());
                self.agree(real, model, reach);
            }
        }
        reach.crossings += usize::from(self.model.chunk_of_top() > before);
        reach.depth[[1, 4, 8, 16].iter().filter(|limit| self.regions.len() > **limit).count()] += 1;
        reach.chunks = reach.chunks.max(self.model.chunks().len());
    }

    fn frame(&mut self, index: usize, handle: i32) -> Result<Vec<i64>, linmem_host::wasmtime::Error> {
        let frame = self.frames[index];
        let mut results = vec![Val::I64(0); FRAMES[index].len()];
        frame.call(&mut self.store, &[Val::I32(handle)], &mut results)?;
        Ok(results.iter().map(Val::unwrap_i64).collect())
    }
}

#[test]
fn regions_are_what_the_model_says() {
    let linker: Linker<Limits> = Linker::new(engine());
    let prepare = |module: Module| linker.instantiate_pre(&module).unwrap();
    let instances: Vec<[InstancePre<Limits>; 2]> = SETTINGS
        .iter()
        .map(|setting| [Optimize::Speed, Optimize::Size].map(|goal| prepare(module(*setting, goal))))
        .collect();
    let reach = RefCell::new(Reach::default());
    let runs = Runs { cases: 10_000, failure_persistence: None, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&program(), |program| {
        let mut both = Both::new(&program, &instances);
        let mut reach = reach.borrow_mut();
        reach.programs += 1;
        reach.steps += program.steps.len();
        reach.longest = reach.longest.max(program.steps.len());
        for step in &program.steps {
            both.step(step, &mut reach);
        }
        while !both.regions.is_empty() {
            both.close(&mut reach);
        }
        Ok(())
    });
    let reach = reach.into_inner();
    println!("{reach:#?}");
    if let Err(error) = result {
        panic!("{error}");
    }
    // The generator is worth something only if it gets to where the mistakes are.
    assert!(reach.depth[4] > 1000, "depths over 16: {}", reach.depth[4]);
    assert!(reach.crossings > 1000, "chunk crossings: {}", reach.crossings);
    assert!(reach.returns > 500, "returns to an earlier chunk: {}", reach.returns);
    assert!(reach.out_of_memory > 1000, "out of memory: {}", reach.out_of_memory);
    assert!(reach.chunks >= 4, "chunks: {}", reach.chunks);
}
