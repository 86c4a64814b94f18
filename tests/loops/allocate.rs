//! Random loops that allocate, with and without the one test before them whether there is room for all iterations. The
//! room is chosen near what the loop needs. Both must allocate the same addresses, end in the same way, and leave the
//! same top. The number of iterations is found by stepping through the loop.

use crate::support::host::{Limits, Running, State, compile};
use linmem::{Config, Nesting, Safety, Share, Zero};
use linmem_codegen::planted::{Bug, Optimization, plant, turn_off};
use linmem_host::wasmtime::{Module, Val};
use std::fmt::Write;

/// A sequence of random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % limit
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }
}

/// Where a loop compares its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the allocations, at the branch out of the loop.
    First,
    /// Between the allocations and the step.
    Middle,
    /// After the step, at a branch out of the loop.
    Late,
    /// After the step, at the branch back.
    Last,
    /// Before the step; the branch back follows it.
    Stack,
    /// Behind a branch back that another counter decides, with the step.
    Behind,
    /// Before such a branch back; the step is behind it.
    StepBehind,
}

const PLACES: [Place; 7] =
    [Place::First, Place::Middle, Place::Late, Place::Last, Place::Stack, Place::Behind, Place::StepBehind];

const RELATIONS: [(&str, &str); 10] = [
    ("lt_u", "ge_u"),
    ("lt_s", "ge_s"),
    ("le_u", "gt_u"),
    ("le_s", "gt_s"),
    ("gt_u", "le_u"),
    ("gt_s", "le_s"),
    ("ge_u", "lt_u"),
    ("ge_s", "lt_s"),
    ("ne", "eq"),
    // The index itself is the condition.
    ("ne 0", "eq 0"),
];

#[derive(Clone, Debug)]
struct Loop {
    relation: (&'static str, &'static str),
    place: Place,
    step: i32,
    /// Whether the index moves by a subtraction.
    subtracts: bool,
    /// Whether the bound is a constant.
    constant: Option<u32>,
    /// Whether the first iterations move the bound.
    moves_bound: bool,
    /// Whether the loop ends after a number of iterations, also if the index has not reached the bound.
    is_limited: bool,
    sizes: Vec<u32>,
    /// Whether the allocations of an iteration have a frame each.
    is_apart: bool,
}

const EDGES: [u32; 8] = [0, 1, 17, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/// The largest number of iterations of a loop that is run.
const MAX_ITERATIONS: u32 = 300;

/// The amount by which a loop moves its bound in all, if it does: 4 + 2 + 1.
const MOVE: u32 = 4;

impl Loop {
    fn random(random: &mut Random) -> Loop {
        let step = random.of(&[1, -1, 1, -1, 1, -1, 2, -4]);
        // Most loops go towards their bound.
        let relation = match random.below(8) {
            0 => random.of(&RELATIONS),
            _ if step > 0 => random.of(&[RELATIONS[0], RELATIONS[1], RELATIONS[2], RELATIONS[3], RELATIONS[8]]),
            _ => random.of(&RELATIONS[4..]),
        };
        Loop {
            relation,
            place: random.of(&PLACES),
            step,
            subtracts: random.flag(),
            constant: (random.below(3) == 0).then(|| random.of(&EDGES)),
            moves_bound: random.below(5) == 0,
            is_limited: random.flag(),
            sizes: (0..=random.below(3)).map(|_| random.of(&[4, 8, 24, 100])).collect(),
            is_apart: random.flag(),
        }
    }

    fn continues(&self, index: u32, bound: u32) -> bool {
        let (left, right) = (index as i32, bound as i32);
        match self.relation.0 {
            "lt_u" => index < bound,
            "lt_s" => left < right,
            "le_u" => index <= bound,
            "le_s" => left <= right,
            "gt_u" => index > bound,
            "gt_s" => left > right,
            "ge_u" => index >= bound,
            "ge_s" => left >= right,
            "ne" => index != bound,
            _ => index != 0,
        }
    }

    fn bound(&self, bound: u32) -> u32 {
        match self.relation.0 {
            "ne 0" => 0,
            _ => self.constant.unwrap_or(bound),
        }
    }

    /// The number of iterations that allocate; `None` if it is above [`MAX_ITERATIONS`].
    fn iterations(&self, start: u32, bound: u32, limit: u32) -> Option<u32> {
        let (mut index, mut bound, mut left, mut moved) = (start, self.bound(bound), limit, MOVE);
        let moves = self.moves_bound && self.constant.is_none() && self.relation.0 != "ne 0";
        for iterations in 0..=MAX_ITERATIONS {
            if self.place == Place::First && !self.continues(index, bound) {
                return Some(iterations);
            }
            let goes_on = self.continues(index, bound);
            if moves {
                bound = bound.wrapping_add(moved);
                moved >>= 1;
            }
            left = left.wrapping_sub(1);
            let ends = match self.place {
                Place::Middle | Place::StepBehind => !self.continues(index, bound),
                _ => false,
            };
            if (self.is_limited || self.is_counted()) && left == 0 || ends {
                return Some(iterations + 1);
            }
            if self.is_counted() {
                continue;
            }
            // On the stack, the comparison precedes everything else.
            let before = goes_on;
            index = index.wrapping_add_signed(self.step);
            let goes_on = match self.place {
                Place::First | Place::Middle | Place::Behind | Place::StepBehind => true,
                Place::Late | Place::Last => self.continues(index, bound),
                Place::Stack => before,
            };
            if !goes_on {
                return Some(iterations + 1);
            }
        }
        None
    }

    /// Whether another counter decides when the loop ends.
    fn is_counted(&self) -> bool {
        matches!(self.place, Place::Behind | Place::StepBehind)
    }

    fn condition(&self, goes_on: bool) -> String {
        let bound = self.constant.map_or("(local.get $b)".to_string(), |bound| format!("(i32.const {bound})"));
        match (self.relation.0, goes_on) {
            ("ne 0", true) => "(local.get $i)".to_string(),
            ("ne 0", false) => "(i32.eqz (local.get $i))".to_string(),
            (on, true) => format!("(i32.{on} (local.get $i) {bound})"),
            (_, false) => format!("(i32.{} (local.get $i) {bound})", self.relation.1),
        }
    }

    fn code(&self, number: usize) -> String {
        let handle = if self.is_apart { "(global.get $region)" } else { "(local.get $r)" };
        let mut body = String::new();
        for size in &self.sizes {
            write!(
                body,
                "(local.set $s (call $allocate {handle} (i32.const {size})))
                 (call $setInt (local.get $s) (i32.const 0) (local.get $i))
                 (local.set $h (i32.add (i32.mul (local.get $h) (i32.const 31)) (call $address (local.get $s))))\n"
            )
            .unwrap();
        }
        if self.moves_bound && self.constant.is_none() {
            body.push_str(
                "(local.set $b (i32.add (local.get $b) (local.get $m)))
                 (local.set $m (i32.shr_u (local.get $m) (i32.const 1)))\n",
            );
        }
        // It is not a step that is known, so that the index bounds the loop.
        let left = "(local.tee $left (i32.add (i32.mul (local.get $left) (i32.const 1)) (i32.const -1)))";
        if self.is_limited && !self.is_counted() {
            writeln!(body, "(br_if $out (i32.eqz {left}))").unwrap();
        }
        let step = match self.subtracts {
            true => format!("(local.set $i (i32.sub (local.get $i) (i32.const {})))", -self.step),
            false => format!("(local.set $i (i32.add (i32.const {}) (local.get $i)))", self.step),
        };
        let (on, off) = (self.condition(true), self.condition(false));
        let rounds = match self.place {
            Place::First => format!("(br_if $out {off}) {body} {step} (br $l)"),
            Place::Middle => format!("{body} (br_if $out {off}) {step} (br $l)"),
            Place::Late => format!("{body} {step} (br_if $out {off}) (br $l)"),
            Place::Last => format!("{body} {step} (br_if $l {on})"),
            Place::Stack => format!("{on} {body} {step} br_if $l"),
            Place::Behind => format!("{body} (br_if $l {left}) {step} (br_if $out {off})"),
            Place::StepBehind => format!("{body} (br_if $out {off}) (br_if $l {left}) {step}"),
        };
        format!(
            "(func (export \"f{number}\") (param $i i32) (param $b i32) (param $left i32) (result i32)
               (local $r i32) (local $s {{seg}}) (local $h i32) (local $m i32)
               (local.set $r (global.get $region)) (local.set $m (i32.const {MOVE}))
               (block $out (loop $l {rounds}))
               (i32.add (local.get $h) (local.get $i)))\n"
        )
    }
}

/// The memory of the program, if it has one.
const MEMORY: &str = "(memory (export \"memory\") 1 4)";

fn module(loops: &[Loop], segment: &str) -> String {
    let mut text = String::from(
        r#"(module
          (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
          (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
          (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {seg})))
          (import "linmem" "MemorySegment.setInt" (func $setInt (param {seg} i32 i32)))
          (import "linmem" "MemorySegment.address" (func $address (param {seg}) (result i32)))
          {memory}
          (global $region (mut i32) (i32.const 0))
          (func (export "malloc") (param $bytes i32) (result i32)
            (local $at i32)
            (local.set $at (global.get $heap))
            (global.set $heap (i32.and (i32.add (i32.add (local.get $at) (local.get $bytes)) (i32.const 7)) (i32.const -8)))
            (if (i32.gt_u (global.get $heap) (i32.const 65536)) (then (return (i32.const 0))))
            (local.get $at))
          (global $heap (mut i32) (i32.const 1024))
          ;; Opens a region, and allocates. Returns the address of a segment.
          (func (export "open") (param $bytes i32) (result i32)
            (global.set $region (call $new))
            (call $address (call $allocate (global.get $region) (local.get $bytes))))
          (func (export "top") (result i32) (call $address (call $allocate (global.get $region) (i32.const 0))))
          (func (export "close") (call $free (global.get $region)))
        "#,
    );
    loops.iter().enumerate().for_each(|(number, one)| write!(text, "{}", one.code(number)).unwrap());
    text.push(')');
    text.replace("{seg}", segment).replace("{memory}", MEMORY)
}

/// The size of the memory, or 1 if it is not exported.
fn pages_of(running: &mut Running) -> u64 {
    running.instance.get_memory(&mut running.store, "memory").map_or(1, |memory| memory.size(&running.store))
}

/// Everything that is observable of a loop, and the fuel that it took.
fn run(running: &mut Running, name: &str, bytes: u32, args: &[Val]) -> (String, u64) {
    let mut log = String::new();
    let mut call = |running: &mut Running, name: &str, args: &[Val]| {
        let before = running.store.get_fuel().unwrap();
        let result = running.call(name, args).map(|results| results.iter().map(Val::unwrap_i32).collect::<Vec<_>>());
        let result = result.map_err(|error| format!("{:?}", error.root_cause().to_string()));
        let pages = pages_of(running);
        writeln!(log, "{name}: {result:?}, {pages} pages").unwrap();
        before - running.store.get_fuel().unwrap()
    };
    call(running, "open", &[Val::I32(bytes as i32)]);
    let fuel = call(running, name, args);
    call(running, "top", &[]);
    call(running, "close", &[]);
    (log, fuel)
}

/// The configurations that the loops are linked with, and the types of segments.
fn configurations() -> Vec<(&'static str, Config)> {
    let none = || Config::new().with_safety(Safety::None);
    vec![
        ("i32", none()),
        ("i64", none().with_own_memory(true)),
        ("i64", Config::new().with_safety(Safety::Spatial)),
        ("i64", Config::new().with_safety(Safety::Temporal)),
        ("i64", none().with_nesting(Nesting::Outermost).with_zero(Zero::Allocate)),
        ("anyref", Config::new().with_safety(Safety::Temporal).with_nesting(Nesting::Outermost)),
        ("i32", none().with_share(Share::Allocator { export: "malloc".to_string(), pin: None })),
        ("i64", none().with_zero(Zero::Free)),
    ]
}

/// How many loops allocated faster, slower, and ran out of memory.
type Reach = [usize; 3];

/// Compares loops with and without the optimization. Returns a description of the first difference.
fn compare(seed: u64, reach: &mut Reach) -> Result<(), String> {
    let mut random = Random(seed);
    let all = configurations();
    let (segment, config) = all[seed as usize % all.len()].clone();
    let loops: Vec<Loop> = (0..40).map(|_| Loop::random(&mut random)).collect();
    let mut text = module(&loops, segment);
    if config.own_memory {
        text = text.replace(MEMORY, "");
    }
    let linked = linmem::link(text.as_bytes(), &config).unwrap();
    turn_off(Some(Optimization::Reserve));
    let plain = linmem::link(text.as_bytes(), &config).unwrap();
    turn_off(None);
    let (linked, plain) = (compile(&linked), compile(&plain));
    let start = |module: &Module| {
        let limits = Limits { pages: 4, ..Limits::default() };
        Running::of_module(module, State::default(), limits)
    };
    let (mut fast, mut slow) = (start(&linked), start(&plain));
    for (number, one) in loops.iter().enumerate() {
        for _ in 0..12 {
            let bound = if random.flag() { random.of(&EDGES) } else { random.below(100) };
            let distance = random.of(&[0, 1, 2, 3, 10, 40, 200, MAX_ITERATIONS - 2]);
            let against = one.bound(bound).wrapping_add_signed(-one.step.signum().wrapping_mul(distance as i32));
            let start_at = if random.below(6) == 0 { random.of(&EDGES) } else { against };
            let limit = 1 + random.below(150);
            let Some(iterations) = one.iterations(start_at, bound, limit) else { continue };
            // The room that is left for the loop, about as much as it needs.
            let rounded: Vec<u32> = one.sizes.iter().map(|size| size.next_multiple_of(8)).collect();
            let needs = iterations * rounded.iter().sum::<u32>();
            let pages = pages_of(&mut fast) as u32;
            let first = fast.call("open", &[Val::I32(0)]).map(|results| results[0].unwrap_i32() as u32);
            let _ = slow.call("open", &[Val::I32(0)]);
            for running in [&mut fast, &mut slow] {
                running.call("close", &[]).map_err(|error| format!("{one:?}: {error:?}"))?;
            }
            let space = (pages * 65536).saturating_sub(first.unwrap_or(0));
            let extra = random.of(&[0u32, 8, 16, 24, 100, 0u32.wrapping_sub(8), 0u32.wrapping_sub(32), 20_000]);
            let filled = space.wrapping_sub(needs).wrapping_sub(extra);
            let filled = if filled > 4 * 65536 { random.below(1000) } else { filled };
            let args = [start_at, bound, limit].map(|number| Val::I32(number as i32));
            let name = format!("f{number}");
            let (found, less) = run(&mut fast, &name, filled, &args);
            let (expected, more) = run(&mut slow, &name, filled, &args);
            if found != expected {
                return Err(format!(
                    "{one:?} {args:?} after {filled} bytes, {segment} {config:?}:\n{found}not\n{expected}"
                ));
            }
            reach[0] += usize::from(less < more);
            reach[1] += usize::from(less > more);
            if expected.contains("Err") {
                reach[2] += 1;
                (fast, slow) = (start(&linked), start(&plain));
            } else if random.below(20) == 0 {
                // The memory is small again.
                (fast, slow) = (start(&linked), start(&plain));
            }
        }
    }
    Ok(())
}

const MODULES: u64 = 24;

#[test]
fn loops_that_reserve_allocate_as_others() {
    let mut reach = [0; 3];
    for seed in 0..MODULES {
        compare(seed, &mut reach).unwrap_or_else(|difference| panic!("module {seed}: {difference}"));
    }
    crate::support::show(&format!("loops that allocated faster, slower, and without memory: {reach:?}"));
    assert!(reach[0] > 1000 && reach[1] > 1000 && reach[2] > 100, "{reach:?}");
}

#[test]
fn planted_reservation_bugs_are_detected() {
    for bug in Bug::RESERVE {
        plant(Some(*bug));
        let found = (0..MODULES).find_map(|seed| compare(seed, &mut [0; 3]).err());
        plant(None);
        let found = found.unwrap_or_else(|| panic!("{bug:?} is not found"));
        println!("{bug:?}: {}", found.lines().next().unwrap_or_default());
    }
}
