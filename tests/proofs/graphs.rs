//! Static frames of random call graphs. Which functions can be active together is computed here from the graph alone; that
//! their addresses are then disjoint is proved about the linked module.
//!
//! ```text
//!   $f0 ... $f7   allocate segments in regions, call others, and record the addresses of the segments
//!   $call_...     a call of another function: direct, as a tail call, indirect, or where exceptions are caught
//!   $all          calls each of $f0 ... $f7, and keeps the addresses in locals; nothing calls it
//! ```
//!
//! `$all` is executed with `$call_...` opaque. An address below the heap is that of a static frame. Other segments are on the
//! heap, where `bump` and `refill` say that they are disjoint.

use crate::support;
use linmem::{Base, Config, Safety};
use linmem_codegen::planted::{Bug, plant};
use linmem_proofs::module::Module;
use linmem_proofs::prove::{Verdict, prove};
use linmem_proofs::smt::Solver;
use linmem_proofs::theorem::Theorem;
use std::fmt::Write;
use std::time::Duration;

/// The functions of a module. The last one calls itself, so that there is a heap.
const FUNCTIONS: usize = 8;

/// The number of graphs, unless `LINMEM_PROOF_GRAPHS` says another one.
const GRAPHS: usize = 16;

/// Random numbers: splitmix64.
struct Source(u64);

impl Source {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// What a function calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Direct(usize),
    Tail(usize),
    /// Exceptions are caught.
    Catching(usize),
    /// A function of this type in the table of the module.
    Indirect(usize),
    /// A function that the host has put into a table.
    Given,
    Host,
    Throw,
}

/// A segment: the region that it is in, its size and its alignment.
#[derive(Clone, Copy, Debug)]
struct Segment {
    region: usize,
    bytes: u32,
    alignment: u32,
}

#[derive(Clone, Debug, Default)]
struct Function {
    calls: Vec<Call>,
    segments: Vec<Segment>,
    is_exported: bool,
    is_in_table: bool,
}

struct Graph {
    functions: Vec<Function>,
    has_exceptions: bool,
    is_given: bool,
    start: Option<usize>,
    segment: &'static str,
    level: Safety,
    base: Option<u32>,
}

/// The type of a function: the number of its parameters.
fn type_of(function: usize) -> usize {
    function % 2
}

impl Graph {
    fn random(number: usize) -> Graph {
        let mut source = Source(number as u64);
        let (hosts, throws, indirect, recurs) = (number % 3 == 1, number % 5 == 2, number % 4 == 3, number % 4 == 1);
        let is_given = number % 8 == 6;
        let mut functions = Vec::new();
        for function in 0..FUNCTIONS {
            let mut calls = Vec::new();
            for _ in 0..1 + source.below(3) {
                let later = FUNCTIONS - 1 - function;
                let callee = match later {
                    _ if recurs && source.once_in(5) => source.below(FUNCTIONS),
                    0 => continue,
                    _ => function + 1 + source.below(later),
                };
                calls.push(match source.below(9) {
                    0 => Call::Tail(callee),
                    1 if throws => Call::Catching(callee),
                    2 if throws => Call::Throw,
                    3 | 4 if indirect => Call::Indirect(type_of(callee)),
                    5 if hosts => Call::Host,
                    6 | 7 if is_given => Call::Given,
                    _ => Call::Direct(callee),
                });
            }
            if function == FUNCTIONS - 1 {
                calls.push(Call::Direct(function));
            }
            let mut segments = Vec::new();
            for region in 0..1 + source.below(2) {
                for _ in 0..1 + source.below(2) {
                    let alignment = [1, 1, 16, 64, 256][source.below(5)];
                    segments.push(Segment { region, bytes: 1 + source.below(100) as u32, alignment });
                }
            }
            let is_exported = source.once_in(3);
            let is_in_table = indirect && source.once_in(2);
            functions.push(Function { calls, segments, is_exported, is_in_table });
        }
        let segment = ["i64", "i32", "anyref"][source.below(3)];
        let is_checked = segment != "i32" && source.once_in(2);
        Graph {
            functions,
            has_exceptions: throws,
            is_given,
            start: source.once_in(4).then_some(0),
            segment,
            level: if is_checked { Safety::Spatial } else { Safety::None },
            base: source.once_in(4).then_some(4096),
        }
    }

    /// By two functions, whether the second one can run while the first one is active: the transitive closure of the calls.
    fn active(&self) -> Vec<Vec<bool>> {
        let outside = FUNCTIONS;
        let mut reaches = vec![vec![false; FUNCTIONS + 1]; FUNCTIONS + 1];
        let mut edge = |from: usize, to: usize| reaches[from][to] = true;
        for (caller, function) in self.functions.iter().enumerate() {
            for call in &function.calls {
                let of_type = |ty: usize| (0..FUNCTIONS).filter(move |callee| type_of(*callee) == ty);
                match *call {
                    Call::Direct(callee) | Call::Tail(callee) | Call::Catching(callee) => edge(caller, callee),
                    Call::Indirect(ty) => {
                        of_type(ty)
                            .filter(|callee| self.functions[*callee].is_in_table)
                            .for_each(|to| edge(caller, to));
                        if self.is_given {
                            edge(caller, outside);
                        }
                    }
                    Call::Given | Call::Host => edge(caller, outside),
                    Call::Throw => {}
                }
            }
            if function.is_exported || function.is_in_table {
                edge(outside, caller);
            }
        }
        for via in 0..=FUNCTIONS {
            for from in 0..=FUNCTIONS {
                for to in 0..=FUNCTIONS {
                    reaches[from][to] |= reaches[from][via] && reaches[via][to];
                }
            }
        }
        reaches
    }

    /// The functions that an exception of the module can leave while their regions are open.
    fn throws(&self) -> Vec<bool> {
        let mut throws = vec![false; FUNCTIONS];
        for _ in 0..FUNCTIONS {
            for (caller, function) in self.functions.iter().enumerate() {
                throws[caller] |= function.calls.iter().any(|call| match *call {
                    Call::Throw => true,
                    Call::Direct(callee) | Call::Tail(callee) => throws[callee],
                    _ => false,
                });
            }
        }
        throws
    }

    fn text(&self) -> String {
        let segment = self.segment;
        let mut text = format!(
            r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $allocate (param i32 i32 i32) (result {segment})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {segment}) (result i32)))
  (import "env" "call" (func $call_host))
  (memory (export "memory") 1)
  (data (i32.const 64) "sentinel")
  (type $t0 (func)) (type $t1 (func (param i32)))
"#
        );
        // In a module with exceptions, functions of the host may throw some, too.
        if self.has_exceptions {
            text += "  (tag $oops)\n  (func $call_throw (param i32) (if (local.get 0) (then (throw $oops))))\n";
        }
        if self.is_given {
            text += "  (table $given 1 funcref)\n  (func (export \"give\") (param funcref) (table.set $given (i32.const 0) (local.get 0)))\n";
            text += "  (func $call_given (param i32) (call_indirect $given (type $t0) (local.get 0)))\n";
        }
        let elements: String =
            (0..FUNCTIONS).filter(|f| self.functions[*f].is_in_table).map(|f| format!(" $f{f}")).collect();
        let _ = writeln!(text, "  (table $table funcref (elem{elements}))");
        for ty in 0..2 {
            let operand = ["", "(local.get 0)"][ty];
            let _ = writeln!(
                text,
                "  (func $call_type{ty} (param i32) (call_indirect $table (type $t{ty}) {operand} (local.get 0)))"
            );
        }
        for (number, function) in self.functions.iter().enumerate() {
            let operand = ["", "(i32.const 1)"][type_of(number)];
            let _ = writeln!(text, "  (func $call_direct{number} (nop) (call $f{number} {operand}))");
            let _ = writeln!(text, "  (func $call_tail{number} (nop) (return_call $f{number} {operand}))");
            if self.has_exceptions {
                let _ = writeln!(
                    text,
                    "  (func $call_catching{number} (block $caught (try_table (catch_all $caught) (call $f{number} {operand}))))"
                );
            }
            self.function(&mut text, number, function);
        }
        if let Some(start) = self.start {
            let _ = writeln!(text, "  (start $call_direct{start})");
        }
        text += "  (func $all\n";
        self.segments().for_each(|(f, k, _)| text += &format!(" (local $f{f}_{k} i32)"));
        for number in 0..FUNCTIONS {
            let _ = writeln!(text, "    (call $f{number} {})", ["", "(i32.const 1)"][type_of(number)]);
            for k in 0..self.functions[number].segments.len() {
                let _ = writeln!(text, "    (local.set $f{number}_{k} (global.get $g{number}_{k}))");
            }
        }
        text + "  ))\n"
    }

    fn function(&self, text: &mut String, number: usize, function: &Function) {
        let export = if function.is_exported { format!("(export \"f{number}\")") } else { String::new() };
        let mut locals = String::new();
        let mut body = String::new();
        let regions = function.segments.iter().map(|segment| segment.region).max().unwrap_or(0) + 1;
        for region in 0..regions {
            let _ = writeln!(locals, "    (local $r{region} i32)");
            let _ = writeln!(body, "    (local.set $r{region} (call $new))");
            for (k, segment) in function.segments.iter().enumerate().filter(|(_, segment)| segment.region == region) {
                let Segment { bytes, alignment, .. } = segment;
                let _ = writeln!(text, "  (global $g{number}_{k} (mut i32) (i32.const 0))");
                let _ = writeln!(locals, "    (local $s{k} {}) (local $a{k} i32)", self.segment);
                let _ = writeln!(
                    body,
                    "    (local.set $s{k} (call $allocate (local.get $r{region}) (i32.const {bytes}) (i32.const {alignment})))
    (local.set $a{k} (call $address (local.get $s{k})))"
                );
            }
        }
        for call in &function.calls {
            let call = match call {
                Call::Direct(callee) => format!("(call $call_direct{callee})"),
                Call::Tail(callee) => format!("(call $call_tail{callee})"),
                Call::Catching(callee) => format!("(call $call_catching{callee})"),
                Call::Indirect(ty) => format!("(call $call_type{ty} (i32.const 0))"),
                Call::Given => "(call $call_given (i32.const 0))".to_string(),
                Call::Host => "(call $call_host)".to_string(),
                Call::Throw => format!("(call $call_throw (global.get $g{number}_0))"),
            };
            let _ = writeln!(body, "    {call}");
        }
        for k in 0..function.segments.len() {
            let _ = writeln!(body, "    (global.set $g{number}_{k} (local.get $a{k}))");
        }
        for region in (0..regions).rev() {
            let _ = writeln!(body, "    (call $free (local.get $r{region}))");
        }
        let ty = type_of(number);
        let _ = writeln!(text, "  (func $f{number} {export} (type $t{ty})\n{locals}{body})");
    }

    /// All segments: the function, the number and the segment.
    fn segments(&self) -> impl Iterator<Item = (usize, usize, Segment)> + '_ {
        let of = |(f, function): (usize, &Function)| {
            function.segments.clone().into_iter().enumerate().map(move |(k, segment)| (f, k, segment))
        };
        self.functions.iter().enumerate().flat_map(of)
    }

    /// The theorem, if the heap starts at an address; and the number of facts that its claims consist of.
    fn theorem(&self, heap: i64, pages: u64, top: Option<i64>) -> (String, usize) {
        let (active, throws) = (self.active(), self.throws());
        let (mut overlap, mut on_frame, mut misplaced) = (Vec::new(), Vec::new(), Vec::new());
        let segments: Vec<_> = self.segments().collect();
        for (at, (f, k, segment)) in segments.iter().enumerate() {
            let a = format!("$f{f}_{k}");
            let bytes = segment.bytes;
            if active[*f][*f] || throws[*f] {
                on_frame.push(format!("{a} < {heap}"));
            }
            let base = self.base.unwrap_or(72);
            misplaced.push(format!(
                "round({a}, {alignment}) != {a} or {a} < {base} or {a} < {heap} and {a} + {bytes} > {heap}",
                alignment = segment.alignment
            ));
            for (g, l, other) in &segments[at + 1..] {
                if f == g || active[*f][*g] || active[*g][*f] {
                    let b = format!("$f{g}_{l}");
                    overlap.push(format!(
                        "{a} < {b} + {} and {b} < {a} + {bytes} and ({a} < {heap} or {b} < {heap})",
                        other.bytes
                    ));
                }
            }
        }
        let facts = overlap.len() + on_frame.len() + misplaced.len();
        let mut text = String::from(";; theorem $all: frames that can be active together are disjoint\n");
        let opaque: Vec<String> = (0..FUNCTIONS)
            .flat_map(|f| ["direct", "tail", "catching"].map(|kind| format!("call_{kind}{f}")))
            .chain(["type0", "type1", "given", "throw"].map(|kind| format!("call_{kind}")))
            .collect();
        let _ = writeln!(text, ";; opaque: refill refill_aligned {}", opaque.join(" "));
        let _ = writeln!(text, ";; assume: pages >= {pages}");
        let zero = if top == Some(0) { "@top == 0 or " } else { "" };
        let limits = "@top <= 0xFFFF0000 and @top & 7 == 0 and @limit <= 0xFFFF0000";
        for line in ["assume", "after"].iter().filter(|_| top.is_some()) {
            let _ = writeln!(text, ";; {line}: ({zero}@top >= {heap}) and {limits}");
        }
        for wrong in [overlap, on_frame, misplaced] {
            if !wrong.is_empty() {
                let wrong: Vec<String> = wrong.iter().map(|wrong| format!("({wrong})")).collect();
                let refills = "calls($refill) or calls($refill_aligned)";
                let _ = writeln!(text, ";; prove: returns => {refills} or not ({})", wrong.join(" or "));
            }
        }
        (text, facts)
    }

    fn link(&self, bug: Option<Bug>) -> Vec<u8> {
        let config = Config::new().with_safety(self.level).with_base(self.base.map(Base::Address));
        plant(bug);
        let linked = linmem::link(&support::parse(&self.text()), &config);
        plant(None);
        linked.unwrap_or_else(|error| panic!("{error}\n{}", self.text()))
    }
}

/// What was proved.
#[derive(Debug, Default)]
struct Total {
    facts: usize,
    /// Graphs with static frames.
    with_frames: usize,
    time: Duration,
}

/// Proves that the frames of a graph are disjoint. The error is the claim that does not hold, with the values for which it
/// does not.
fn run(solver: &Solver, number: usize, bug: Option<Bug>, total: &mut Total) -> Result<(), String> {
    let graph = Graph::random(number);
    let linked = graph.link(bug);
    let module = Module::read(&linked).unwrap();
    let top = (0..module.globals.len()).find(|global| module.global_name(*global as u32) == "top");
    let top = top.map(|top| module.globals[top].initial.unwrap());
    let (_, pages) = module.memory.unwrap();
    // If top begins at 0, the heap begins at a page that `memory.grow` returns.
    let heap = top.filter(|top| *top != 0).unwrap_or((pages << 16) as i64);
    let (text, facts) = graph.theorem(heap, pages, top);
    total.with_frames += usize::from(top != Some(0));
    let theorem = Theorem::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).remove(0);
    let proofs = prove(solver, &linked, &theorem)
        .unwrap_or_else(|error| panic!("graph {number}: {error}\n{text}\n{}", linmem::wat::print(&linked).unwrap()));
    total.facts += facts;
    for proof in proofs {
        total.time += proof.time;
        match proof.verdict {
            Verdict::Proven => {}
            Verdict::Refuted(found) => return Err(format!("`{}`: {found}", proof.claim)),
            Verdict::Unknown(why) => panic!("graph {number}: {why}"),
        }
    }
    Ok(())
}

/// Proves all graphs.
pub(crate) fn check(solver: &Solver) {
    let graphs = std::env::var("LINMEM_PROOF_GRAPHS").map_or(GRAPHS, |number| number.parse().unwrap());
    let mut total = Total::default();
    for number in 0..graphs {
        run(solver, number, None, &mut total).unwrap_or_else(|found| {
            let graph = Graph::random(number);
            let linked = linmem::wat::print(&graph.link(None)).unwrap();
            panic!("graph {number}: {found}\n{:#?}\n{}\n{linked}", graph.functions, graph.text())
        });
    }
    support::show(&format!("{total:?}"));
    assert!(total.with_frames * 2 > graphs, "{total:?}");
    crate::times::proved("graphs", "all", total.facts, total.time);
    let bugs = [
        Bug::StaticFrameOverlaps,
        Bug::StaticFrameMissesCycle,
        Bug::StaticFrameIgnoresHost,
        Bug::StaticFrameThrownOver,
        Bug::StaticFrameIgnoresGiven,
    ];
    for bug in bugs {
        let found =
            (0..graphs).find_map(|number| Some((number, run(solver, number, Some(bug), &mut Total::default()).err()?)));
        let (number, _) = found.unwrap_or_else(|| panic!("with {bug:?}, the frames of all graphs are disjoint"));
        support::show(&format!("{bug:?}: the frames of graph {number} are not disjoint"));
    }
    crate::times::done(solver);
}

/// The frames of functions that can be active together are disjoint, whatever the call graph.
#[test]
fn frames_of_random_call_graphs_are_disjoint() {
    if let Some(solver) = crate::solver("frames of random call graphs") {
        check(&solver);
    }
}
