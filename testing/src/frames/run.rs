//! Links the programs with static frames and without, runs both, and compares.

use super::write::{EXPORTED, FUNCTIONS, Style, module};
use crate::host::engine;
use crate::parse;
use crate::unwind::source::Source;
use linmem::layout::AreaKind;
use linmem::{Config, Error, Nesting, Optimize, OutOfMemory, Representation, Safety, StaticFrames, Unwind, Zero};
use linmem_host::wasmtime::{Caller, Instance, Linker, Module, Store, Val};

/// How often each function of a module is run.
const RUNS: usize = 10;

/// How many programs are run on a module: a function and its argument.
pub const PROGRAMS: usize = FUNCTIONS * RUNS;

/// The number of variants that modules take turns in.
pub const VARIANTS: usize = 24;

/// How many times the host may be active.
const DEEPEST: usize = 3;

/// What the programs did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach {
    /// The number of programs.
    pub programs: usize,
    /// The number of static frames in their modules.
    pub frames: usize,
    /// The number of modules with static frames.
    pub modules: usize,
    /// The number of calls that the host made back.
    pub calls_back: usize,
    /// The number of programs that ended in an exception.
    pub thrown: usize,
}

impl Reach {
    /// Adds what other programs did.
    pub fn add(&mut self, other: &Reach) {
        self.programs += other.programs;
        self.frames += other.frames;
        self.modules += other.modules;
        self.calls_back += other.calls_back;
        self.thrown += other.thrown;
    }
}

fn variant(number: usize) -> (Style, Config) {
    let (turn, number) = (number / VARIANTS, number % VARIANTS);
    let safety = Safety::ALL[number % 3];
    let segment = match (number / 3 % 3, safety) {
        // An address has no size to check.
        (0, Safety::Spatial) | (1, _) => "i64",
        (0, _) => "i32",
        _ => "anyref",
    };
    let zero = Zero::ALL[(number / 2 + turn) % 3];
    let style = Style {
        segment,
        recurs: number.is_multiple_of(4),
        hosts: number % 8 == 3 || number % 8 == 4,
        indirect: !number.is_multiple_of(3),
        throws: number % 4 == 2 || number % 8 == 7,
        zeroed: zero != Zero::Never,
        memory: number % 5 < 2,
        leaks: safety < Safety::Temporal,
        keeps: safety < Safety::Temporal && number % 4 == 2 && turn % 2 == 0,
        // With `forbid`, no region may be open inside of another.
        leaves: safety < Safety::Temporal && number % 4 != 2 && number % 7 != 6 && (number + turn).is_multiple_of(4),
        given: number % 8 == 1,
        wraps: true,
    };
    let config = Config::new()
        .with_safety(safety)
        .with_zero(zero)
        // What an exception leaves open is only in use if exceptions free nothing.
        .with_unwind(Unwind::Program)
        .with_nesting(if number % 7 == 6 && safety < Safety::Temporal { Nesting::Forbid } else { Nesting::Stack })
        .with_out_of_memory(if turn % 4 == 3 { OutOfMemory::Null } else { OutOfMemory::Trap })
        .with_optimize(if (number + turn).is_multiple_of(5) { Optimize::Size } else { Optimize::Speed });
    (style, config)
}

/// The host: what it decides, and how often it is active.
struct Host {
    source: Source,
    active: usize,
    calls: usize,
}

/// What the programs of a module did: how each ended, how often the host was called back, and the pages of memory at the end.
struct Ran {
    ends: Vec<End>,
    calls: usize,
    pages: u64,
}

/// How a program ended: its result, and the last wrong pattern; or whether it was an exception or a trap.
type End = (Result<i32, String>, i32);

fn run_all(bytes: &[u8], seed: u64) -> Result<Ran, String> {
    let compiled = Module::new(engine(), bytes).map_err(|error| format!("{error:?}"))?;
    let mut linker: Linker<Host> = Linker::new(engine());
    let host = |mut caller: Caller<'_, Host>, argument: i32| {
        let host = caller.data_mut();
        if host.active >= DEEPEST || host.source.once_in(4) {
            return Ok(0);
        }
        host.active += 1;
        host.calls += 1;
        let name = format!("call{}", EXPORTED[host.source.below(EXPORTED.len())]);
        let function = caller.get_export(&name).and_then(|export| export.into_func()).unwrap();
        let called = function.typed::<i32, i32>(&caller)?.call(&mut caller, argument.wrapping_add(1));
        caller.data_mut().active -= 1;
        called
    };
    linker.func_wrap("env", "host", host).map_err(|error| error.to_string())?;
    let mut store = Store::new(engine(), Host { source: Source::new(seed), active: 0, calls: 0 });
    store.set_fuel(u64::MAX / 2).map_err(|error| error.to_string())?;
    let instance = linker.instantiate(&mut store, &compiled).map_err(|error| format!("{error:?}"))?;
    if let Some(take) = instance.get_func(&mut store, "take") {
        let given = instance.get_func(&mut store, &format!("call{}", EXPORTED[seed as usize % EXPORTED.len()]));
        take.call(&mut store, &[Val::FuncRef(given)], &mut []).map_err(|error| error.to_string())?;
    }
    let mut ends = Vec::new();
    for program in 0..PROGRAMS {
        ends.push(run(&mut store, &instance, program)?);
    }
    let pages = instance.get_memory(&mut store, "memory").map_or(0, |memory| memory.size(&store));
    Ok(Ran { ends, calls: store.into_data().calls, pages })
}

fn run(store: &mut Store<Host>, instance: &Instance, program: usize) -> Result<End, String> {
    let function = instance.get_typed_func::<(i32, i32), i32>(&mut *store, "run").map_err(|error| error.to_string())?;
    store.data_mut().active = 0;
    let arguments = ((program % FUNCTIONS) as i32, (program * 5 / FUNCTIONS) as i32);
    let ended = function.call(&mut *store, arguments);
    let bad = instance.get_global(&mut *store, "bad").unwrap().get(&mut *store).unwrap_i32();
    Ok((ended.map_err(|error| error.root_cause().to_string()), bad))
}

/// The first address of regions in a module without a memory of its own.
fn top(bytes: &[u8]) -> Result<u64, String> {
    let text = linmem::wat::print(bytes).map_err(|error| error.to_string())?;
    let global = text.lines().find(|line| line.contains("(global $linmem.top "));
    let value = global.and_then(|line| line.split("i32.const ").nth(1)?.trim_end_matches([')', ' ']).parse().ok());
    value.ok_or_else(|| format!("no top in {global:?}"))
}

/// Runs the programs of one module. The first one that fails is an error.
pub fn run_module(number: usize) -> Result<Reach, String> {
    let (style, config) = variant(number);
    run_with(number, (style, config, false), |bytes, config, _| linmem::link(bytes, config))
}

/// The same, with a module that `build` adds to a builder, instruction by instruction. The modules are fewer, since they have no
/// memory of their own.
///
/// The reserve must end where it ends if the module is linked. Only functions that pass on to an intrinsic make a difference: the
/// link door looks into them.
pub fn run_built(
    number: usize,
    build: impl Fn(&[u8], &Config, Representation) -> Result<Vec<u8>, Error>,
) -> Result<Reach, String> {
    let (style, config) = variant(number);
    let style = Style { memory: false, wraps: config.optimize == Optimize::Size, ..style };
    run_with(number, (style, config, true), build)
}

fn run_with(
    number: usize,
    (style, config, is_built): (Style, Config, bool),
    link: impl Fn(&[u8], &Config, Representation) -> Result<Vec<u8>, Error>,
) -> Result<Reach, String> {
    let representation = match style.segment {
        "i32" => Representation::Address,
        "i64" => Representation::Packed,
        _ => Representation::ALL[2],
    };
    let mut source = Source::new(number as u64);
    let text = module(&mut source, style);
    let failed = |what: &str| {
        format!(
            "module {number}, {} --safety {} --zero {}: {what}\n{text}",
            style.segment,
            config.safety.map(|safety| safety.to_string()).unwrap_or_default(),
            config.zero
        )
    };
    let parsed = parse(&text);
    let link = |frames| {
        let config = config.clone().with_static_frames(frames);
        link(&parsed, &config, representation).map_err(|error| failed(&error.to_string()))
    };
    let (on, off) = (link(StaticFrames::On)?, link(StaticFrames::Off)?);
    let seed = number as u64 ^ 0x5eed;
    let found = run_all(&on, seed).map_err(|error| failed(&error))?;
    let expected = run_all(&off, seed).map_err(|error| failed(&error))?;
    for (program, (found, expected)) in found.ends.iter().zip(&expected.ends).enumerate() {
        if expected.1 != 0 {
            return Err(failed(&format!("program {program} is wrong without static frames: {expected:?}")));
        }
        if found != expected {
            return Err(failed(&format!("program {program} ends with {found:?}, not {expected:?}")));
        }
    }
    if found.calls != expected.calls {
        return Err(failed("the host is called another number of times"));
    }
    // The reserve is at most a page.
    if found.pages > expected.pages + 1 {
        return Err(failed(&format!("the memory has {} pages, not {}", found.pages, expected.pages)));
    }
    let layout = linmem::layout::read(&parsed, &config, 4096, 0).map_err(|error| failed(&error.to_string()))?;
    let areas = layout.memories.iter().flat_map(|memory| &memory.areas);
    let reserves: Vec<_> = areas.filter(|area| area.kind == AreaKind::Frames).collect();
    let frames = reserves.iter().map(|area| area.items.len()).sum();
    if is_built {
        let end = reserves.iter().find_map(|area| area.end).map(|end| end.next_multiple_of(8));
        let (found, without) = (top(&on)?, top(&off)?);
        // A reserve without bytes takes the smallest one, and is no area.
        let is_right = end.map_or(found == without || found == without + 8, |end| found == end);
        if !is_right {
            return Err(failed(&format!("the reserve ends at {found}, not at {end:?}")));
        }
    }
    Ok(Reach {
        programs: PROGRAMS,
        frames,
        modules: usize::from(frames > 0),
        calls_back: found.calls,
        thrown: found.ends.iter().filter(|(end, _)| end.is_err()).count(),
    })
}
