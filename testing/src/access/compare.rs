//! Links and runs programs, and compares their behaviour with the outcome of the interpreter.

use crate::access::emit::module;
use crate::access::interpret::interpret;
use crate::access::program::{Action, MAX_PAGES, Program, Setting, Statement, parameters};
use crate::access::reach::Reach;
use crate::access::state::{Blame, End, Event, Outcome};
use crate::access::value::{Kind, Semantics};
use crate::access::variant::Variant;
use crate::host::{Limits, violation};
use linmem::{OnViolation, Optimize, Safety, Site, Violation};
use linmem_host::wasmtime::{
    Caller, Engine, Error, Extern, InstancePre, Linker, Module, OptLevel, RegallocAlgorithm, Store, Val,
};
use std::sync::OnceLock;

/// The state of the host.
#[derive(Default)]
struct State {
    events: Vec<Event>,
    /// The violation that was reported: its kind, its site and its numbers.
    report: Option<[u32; 5]>,
    limits: Limits,
}

/// An engine that compiles fast. Only the behaviour of the code matters.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = linmem_host::run::config();
        config.consume_fuel(true);
        config.cranelift_opt_level(OptLevel::None);
        config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        // Every module is compiled by the thread that runs it.
        config.parallel_compilation(false);
        Engine::new(&config).unwrap()
    })
}

/// A linked module of programs.
struct Linked {
    hoisted: usize,
    sites: Vec<Site>,
    module: InstancePre<State>,
}

/// The outcome of a program on a variant; `None` if the program cannot run on it.
pub(crate) fn predict(program: &Program, semantics: Semantics) -> Option<Outcome> {
    let run = |semantics| interpret(&mut program.clone(), semantics, None);
    if program.setting.frames && !(semantics.is_temporal() && semantics.kind != Kind::Packed) {
        // The addresses of segments are unknown, and so is which memory is reused.
        let exact = Semantics { kind: Kind::Reference { nullable: true }, safety: Safety::Temporal };
        let is_stale = matches!(run(exact).end, End::Violates(Blame { kind: Violation::UseAfterFree, .. }));
        if is_stale {
            return None;
        }
    }
    let outcome = run(semantics);
    (!matches!(outcome.end, End::Unspecified(_))).then_some(outcome)
}

/// Runs the programs that can run on a variant. The error contains the number of the program that differs.
pub(crate) fn compare(
    programs: &[&Program],
    setting: Setting,
    variant: Variant,
    reach: &mut Reach,
) -> Result<(), (usize, String)> {
    let (numbers, outcomes): (Vec<usize>, Vec<Outcome>) = (0..programs.len())
        .filter_map(|number| Some((number, predict(programs[number], variant.semantics())?)))
        .unzip();
    let runnable: Vec<&Program> = numbers.iter().map(|number| programs[*number]).collect();
    match link(&runnable, setting, variant) {
        Ok(linked) => {
            reach.hoisted += linked.hoisted;
            for (export, (number, outcome)) in numbers.iter().zip(&outcomes).enumerate() {
                run(&linked, export, programs[*number], outcome, variant, reach)
                    .map_err(|message| (*number, message))?;
            }
        }
        Err(error) => return Err((numbers.first().copied().unwrap_or(0), error.to_string())),
    }
    Ok(())
}

fn link(programs: &[&Program], setting: Setting, variant: Variant) -> Result<Linked, linmem::Error> {
    let text = module(programs, setting, variant.ty);
    let bytes = linmem::wat::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let linked = linmem::link(&bytes, &variant.config(setting))?;
    let compiled = Module::new(engine(), &linked).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    // A loop whose checks are moved before it has a local with this name.
    let hoisted = linked.windows(12).filter(|name| name == b"linmem.index").count();
    Ok(Linked { hoisted, sites: linmem::sites::read(&linked), module: linker().instantiate_pre(&compiled).unwrap() })
}

fn linker() -> &'static Linker<State> {
    static LINKER: OnceLock<Linker<State>> = OnceLock::new();
    LINKER.get_or_init(|| {
        let mut linker = Linker::new(engine());
        linker
            .func_wrap("test", "step", |mut caller: Caller<'_, State>, number: u32| {
                caller.data_mut().events.push(Event::Step(number));
            })
            .and_then(|linker| {
                linker.func_wrap("test", "log", |mut caller: Caller<'_, State>, value: u64| {
                    caller.data_mut().events.push(Event::Value(Some(value)));
                })
            })
            .and_then(|linker| linker.func_wrap("test", "pass", |value: i32| -> i32 { value }))
            .and_then(|linker| {
                linker.func_wrap("test", "grow", |mut caller: Caller<'_, State>, pages: u32| -> i32 {
                    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory") };
                    memory.grow(&mut caller, u64::from(pages)).map_or(-1, |old| old as i32)
                })
            })
            .and_then(|linker| {
                linker.func_wrap(
                    "linmem_report",
                    "violation",
                    |mut caller: Caller<'_, State>, kind: u32, site: u32, a: u32, b: u32, c: u32| {
                        caller.data_mut().report = Some([kind, site, a, b, c]);
                    },
                )
            })
            .unwrap();
        linker
    })
}

fn run(
    linked: &Linked,
    export: usize,
    program: &Program,
    outcome: &Outcome,
    variant: Variant,
    reach: &mut Reach,
) -> Result<(), String> {
    let mut store = Store::new(engine(), State::default());
    store.set_fuel(10_000_000).unwrap();
    store.limiter(|state| &mut state.limits);
    let instance = linked.module.instantiate(&mut store).unwrap();
    // A frame also reserves allocations that are not reached, so that more pages may be needed.
    let pages = if program.setting.frames { 2 * MAX_PAGES } else { MAX_PAGES };
    store.data_mut().limits = Limits { pages: pages as usize, ..Limits::default() };
    let function = instance.get_func(&mut store, &format!("run{export}")).unwrap();
    let value = |hole: usize| Val::I32(program.holes[hole].value.unwrap_or(0) as i32);
    let arguments: Vec<Val> = parameters(program).into_iter().map(value).collect();
    let ended = function.call(&mut store, &arguments, &mut []);
    let (logged, values) = events(&store.data().events, &outcome.events)?;
    match (&ended, &outcome.end) {
        (Ok(()), End::Done) => {}
        (Err(error), End::Violates(blame)) => {
            blamed(error, blame, &store.data().report, &linked.sites, program, variant)?;
        }
        (Err(error), End::Traps(_)) if violation(error).is_none() && store.data().report.is_none() => {}
        _ => return Err(format!("it ends with {ended:?} {:?}, not {:?}", store.data().report, outcome.end)),
    }
    let in_loop = matches!(&outcome.end, End::Violates(blame) if blame.in_loop);
    // If code is optimized for speed, a violation may be found before accesses that precede it.
    let is_early = matches!(&outcome.end, End::Violates(_)) && variant.optimize == Optimize::Speed;
    if !program.setting.frames && !in_loop {
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let difference = (!is_early).then(|| outcome.heap.difference(memory.data(&store))).flatten();
        if let Some((address, byte)) = difference {
            let found = memory.data(&store)[address];
            return Err(format!("the byte at {address} is {found}, not {byte}"));
        }
        if memory.size(&store) != outcome.heap.pages() {
            return Err(format!("{} pages, not {}", memory.size(&store), outcome.heap.pages()));
        }
    }
    let end = match &outcome.end {
        End::Violates(blame) => {
            *reach.intrinsics.entry(blame.intrinsic.clone()).or_default() += 1;
            reach.certain += usize::from(blame.certain);
            *if in_loop { &mut reach.in_loops } else { &mut reach.elsewhere } += 1;
            blame.kind.name()
        }
        End::Traps(_) => "trap",
        _ => "done",
    };
    *reach.ends.entry((format!("{} {}", variant.ty, variant.safety), end)).or_default() += 1;
    let name = format!("{} {} {} {}", variant.ty, variant.safety, variant.optimize, variant.on_violation);
    *reach.runs.entry(name).or_default() += 1;
    reach.values += values;
    reach.unspecified += logged - values;
    reach.chunked += usize::from(outcome.heap.chunks() > 1);
    reach.saw(&outcome.seen);
    Ok(())
}

/// Compares the events of a program with the expected ones. Returns the number of values, and how many of them are specified.
fn events(found: &[Event], expected: &[Event]) -> Result<(usize, usize), String> {
    let same = |(found, expected): (&Event, &Event)| *expected == Event::Value(None) || found == expected;
    let agrees = found.len() == expected.len() && found.iter().zip(expected).all(same);
    if !agrees {
        return Err(format!("it logs {found:?}, not {expected:?}"));
    }
    let values = expected.iter().filter(|event| matches!(event, Event::Value(_))).count();
    let unspecified = expected.iter().filter(|event| **event == Event::Value(None)).count();
    Ok((values, values - unspecified))
}

/// Compares a violation with the expected one.
fn blamed(
    error: &Error,
    blame: &Blame,
    report: &Option<[u32; 5]>,
    sites: &[Site],
    program: &Program,
    variant: Variant,
) -> Result<(), String> {
    let found = violation(error).and_then(|name| Violation::ALL.iter().find(|kind| kind.name() == name));
    let Some(found) = found else { return Err(format!("it traps with {error:?}, not {blame:?}")) };
    let reported = match report {
        Some([kind, site, numbers @ ..]) => {
            let intrinsic = sites.get(*site as usize).map(|site| site.intrinsic.as_str()).unwrap_or_default();
            if *kind != found.code() {
                return Err(format!("it reports the kind {kind}, and traps in {found}"));
            }
            Some((intrinsic, *numbers))
        }
        None => None,
    };
    if reported.is_some() != (variant.on_violation == OnViolation::Report) {
        return Err(format!("it reports {reported:?}"));
    }
    // If checks are moved before a loop, the violation may be that of another access, or have other numbers.
    let is_same = found == &blame.kind || blame.in_loop && has_many_accesses(program, blame.at);
    let is_same_report = reported.is_none_or(|(intrinsic, numbers)| {
        let [a, b, c] = numbers;
        // The addresses in shared frames are unknown.
        let is_free = program.setting.frames && blame.kind == Violation::UseAfterFree;
        let are_same = if is_free { b == blame.numbers[1] } else { [a, b, c] == blame.numbers };
        blame.in_loop || intrinsic == blame.intrinsic && are_same
    });
    if is_same && is_same_report { Ok(()) } else { Err(format!("it is {found} {reported:?}, not {blame:?}")) }
}

/// Whether the loop around a statement has other statements, which may also reach a violation.
fn has_many_accesses(program: &Program, at: usize) -> bool {
    fn count(list: &[Statement], at: usize) -> Option<usize> {
        list.iter().find_map(|statement| match &statement.action {
            Action::Loop(counted) => counted.body.iter().any(|inner| inner.id == at).then_some(counted.body.len()),
            Action::If(_, then, or_else) => count(then, at).or_else(|| count(or_else, at)),
            Action::Block(body) => count(body, at),
            _ => None,
        })
    }
    program.functions.iter().find_map(|body| count(body, at)).is_none_or(|count| count > 1)
}
