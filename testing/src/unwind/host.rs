//! The host of programs with exceptions: the reference model, and what programs report to it.

use crate::differential::is_all;
use crate::host::engine;
use crate::unwind::source::Source;
use crate::unwind::variant::Variant;
use linmem::Safety;
use linmem::Zero;
use linmem_allocator::Width;
use linmem_allocator::model::{Home, Memory, Model, Rules};
use linmem_host::wasmtime::{self, AsContextMut, Caller, ExnRef, ExnRefPre, ExnType, Linker, Val};

/// The number of pages that the memory of a program may have.
const MAXIMUM: u32 = 2000;

/// An open region.
#[derive(Clone, Debug)]
struct Region {
    handle: u64,
    /// Whether other code knows the handle, so that no exception closes the region.
    escapes: bool,
    /// Its allocations: address, size and contents.
    live: Vec<(u64, u64, u8)>,
}

/// The state of the host.
pub(crate) struct State {
    model: Model,
    source: Source,
    zero: Zero,
    regions: Vec<Region>,
    /// The regions that stay open, since other code may know their handles.
    stuck: Vec<Region>,
    bytes: u64,
    /// How many more exceptions the running program may throw.
    throws: usize,
    /// The first difference.
    pub(crate) failure: Option<String>,
    pub(crate) reach: Reach,
}

/// What the programs reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// How many programs were run.
    pub programs: usize,
    /// How many exceptions the host threw.
    pub thrown_by_host: usize,
    /// How often a handler began.
    pub caught: usize,
    /// How many regions exceptions closed.
    pub closed: usize,
    /// How many regions stayed open when a handler began.
    pub kept: usize,
    /// The largest number of open regions.
    pub depth: usize,
    /// The number of allocations.
    pub allocations: usize,
}

impl Reach {
    /// Adds what other programs reached.
    pub fn add(&mut self, other: &Reach) {
        self.programs += other.programs;
        self.thrown_by_host += other.thrown_by_host;
        self.caught += other.caught;
        self.closed += other.closed;
        self.kept += other.kept;
        self.depth = self.depth.max(other.depth);
        self.allocations += other.allocations;
    }
}

impl State {
    pub(crate) fn new(variant: &Variant, source: Source) -> State {
        let config = &variant.config;
        let rules = Rules { nesting: config.nesting, checked: config.safety == Some(Safety::Temporal) };
        State {
            model: Model::new(Memory::new(Width::Bits32, 1, MAXIMUM), Home::Reserved, rules),
            source,
            zero: config.zero,
            regions: Vec::new(),
            stuck: Vec::new(),
            bytes: 0,
            throws: 8,
            failure: None,
            reach: Reach::default(),
        }
    }

    fn fail(&mut self, message: String) {
        self.failure.get_or_insert(message);
    }

    /// A program has ended. Returns what is wrong.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.reach.programs += 1;
        self.throws = 8;
        let open = self.regions.len();
        (open > 0).then(|| format!("{open} regions are open at the end"))
    }

    fn decide(&mut self) -> bool {
        self.source.once_in(3)
    }

    fn opened(&mut self, escapes: bool) {
        match self.model.open() {
            Ok(handle) => self.regions.push(Region { handle, escapes, live: Vec::new() }),
            Err(violation) => self.fail(format!("the model cannot open: {violation}")),
        }
        self.reach.depth = self.reach.depth.max(self.regions.len());
    }

    fn choose_bytes(&mut self) -> u32 {
        let limit = if self.source.once_in(400) { 70_000 } else { 100 };
        self.bytes = self.source.below(limit) as u64;
        self.bytes as u32
    }

    /// Closes a region of the model.
    fn close(&mut self, position: usize, memory: &[u8]) {
        let region = self.regions.remove(position);
        match self.model.close(region.handle) {
            Ok(ranges) if self.zero == Zero::Free => {
                for (from, to) in ranges {
                    if !is_all(&memory[from as usize..to as usize], 0) {
                        self.fail(format!("{from}..{to} is not zero after it was freed"));
                    }
                }
            }
            Ok(_) => {}
            Err(violation) => self.fail(format!("the model cannot close: {violation}")),
        }
    }

    /// The program has closed the innermost region whose handle it alone knows.
    fn closed(&mut self, memory: &[u8]) {
        match self.regions.len().checked_sub(1) {
            Some(last) => self.close(last, memory),
            None => self.fail("the program closes a region, but none is open".to_string()),
        }
        self.check(memory);
    }

    /// A handler begins at which this number of regions is open, besides those that no exception closes.
    fn caught(&mut self, depth: usize, memory: &[u8]) {
        self.reach.caught += 1;
        let mut position = self.regions.len();
        while position > depth {
            position -= 1;
            if self.regions[position].escapes {
                let stays = self.regions.remove(position);
                self.stuck.push(stays);
            } else {
                self.reach.closed += 1;
                self.close(position, memory);
            }
        }
        self.reach.kept += self.regions.len();
        self.check(memory);
    }

    /// All live allocations must have their contents.
    fn check(&mut self, memory: &[u8]) {
        let live = self.regions.iter().chain(&self.stuck).flat_map(|region| &region.live);
        let wrong = live
            .copied()
            .find(|(address, bytes, byte)| !is_all(&memory[*address as usize..(*address + *bytes) as usize], *byte));
        if let Some((address, bytes, _)) = wrong {
            self.fail(format!("{bytes} bytes at {address} have changed"));
        }
    }

    fn allocated(&mut self, back: usize, address: u64, memory: &mut [u8]) {
        self.reach.allocations += 1;
        let bytes = self.bytes;
        let Some(position) = self.regions.len().checked_sub(1 + back) else {
            return self.fail("the program allocates, but no region is open".to_string());
        };
        let byte = self.source.below(255) as u8 + 1;
        match self.model.allocate(self.regions[position].handle, bytes, 8) {
            Ok(expected) if expected == address => {
                let contents = &mut memory[address as usize..(address + bytes) as usize];
                if self.zero == Zero::Allocate && !is_all(contents, 0) {
                    self.fail(format!("the segment at {address} does not start zeroed"));
                }
                contents.fill(byte);
                self.regions[position].live.push((address, bytes, byte));
            }
            expected => self.fail(format!("the program allocated at {address}, the model at {expected:?}")),
        }
    }
}

/// Calls a function with the memory and the state.
fn with<R>(caller: &mut Caller<'_, State>, call: impl FnOnce(&mut State, &mut [u8]) -> R) -> R {
    let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
    let (data, state) = memory.data_and_store_mut(caller);
    call(state, data)
}

/// Throws an exception of one of the tags of the program.
fn throw(caller: &mut Caller<'_, State>) -> wasmtime::Result<()> {
    let has_operand = caller.data_mut().source.once_in(2);
    let name = if has_operand { "a" } else { "b" };
    let tag = caller.get_export(name).unwrap().into_tag().unwrap();
    let ty = ExnType::from_tag_type(&tag.ty(&*caller))?;
    let allocator = ExnRefPre::new(&mut *caller, ty);
    let fields = if has_operand { vec![Val::I32(7)] } else { Vec::new() };
    let exception = ExnRef::new(&mut *caller, &allocator, &tag, &fields)?;
    caller.as_context_mut().throw(exception)
}

/// The host's side of the imports.
pub(crate) fn linker() -> Linker<State> {
    let mut linker = Linker::new(engine());
    let define = |linker: &mut Linker<State>| -> wasmtime::Result<()> {
        linker.func_wrap("test", "opened", |mut caller: Caller<'_, State>, escapes: i32| {
            caller.data_mut().opened(escapes != 0);
        })?;
        linker.func_wrap("test", "bytes", |mut caller: Caller<'_, State>| caller.data_mut().choose_bytes())?;
        linker.func_wrap("test", "allocated", |mut caller: Caller<'_, State>, back: u32, address: u32| {
            with(&mut caller, |state, memory| state.allocated(back as usize, u64::from(address), memory));
        })?;
        linker.func_wrap("test", "closed", |mut caller: Caller<'_, State>| {
            with(&mut caller, |state, memory| state.closed(memory));
        })?;
        linker.func_wrap("test", "depth", |caller: Caller<'_, State>| caller.data().regions.len() as u32)?;
        linker.func_wrap("test", "caught", |mut caller: Caller<'_, State>, depth: u32| {
            with(&mut caller, |state, memory| state.caught(depth as usize, memory));
        })?;
        linker.func_wrap("test", "decide", |mut caller: Caller<'_, State>| i32::from(caller.data_mut().decide()))?;
        linker.func_wrap("test", "maybe", |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
            let state = caller.data_mut();
            if state.throws == 0 || !state.source.once_in(2) {
                return Ok(());
            }
            state.throws -= 1;
            state.reach.thrown_by_host += 1;
            throw(&mut caller)
        })?;
        Ok(())
    };
    define(&mut linker).unwrap();
    linker
}
