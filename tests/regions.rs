//! Random recursive functions that open a region in each call, allocate constant and other sizes, call themselves, read what they
//! wrote, and close the region, in a memory that other code may grow in between. The expected results are computed without any
//! memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Nesting, Safety, Share};
use linmem_codegen::planted::Bug;
use linmem_host::wasmtime::Val;
use support::host::{Running, State};

/// The number of programs that are run.
const PROGRAMS: usize = 1500;

/// How the value of a function leaves the scope of its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// In a local that is assigned just before the region is closed, and read just after that.
    Local,
    /// In another local than the one that is assigned just before the region is closed.
    Other,
    /// In a local that is assigned before another one is.
    Earlier,
    /// On the operand stack.
    Stack,
    /// In a local that is read twice.
    Twice,
}

/// A program.
#[derive(Clone, Copy, Debug)]
struct Program {
    segment: &'static str,
    safety: Safety,
    nesting: Nesting,
    /// Whether the program has a memory, which it also grows.
    grows: bool,
    /// Whether something is allocated between the opening of the region and its first frame, and how many bytes.
    before: Option<i32>,
    /// The size of the frame.
    frame: i32,
    /// The size of the allocations in the loop, and their number.
    bytes: i32,
    count: i32,
    depth: i32,
    ending: Ending,
}

/// Numbers that look random, from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

impl Program {
    fn new(number: usize) -> Program {
        let mut numbers = Numbers(number as u64);
        numbers.below(1);
        let segment = numbers.pick(&["i32", "i64", "anyref"]);
        let safety = numbers.pick(&[Safety::None, Safety::None, Safety::Spatial, Safety::Temporal]);
        Program {
            segment,
            safety: if segment == "i32" && safety == Safety::Spatial { Safety::None } else { safety },
            nesting: numbers.pick(&[Nesting::Stack, Nesting::Outermost]),
            grows: numbers.below(2) == 0,
            before: numbers.pick(&[None, None, Some(3), Some(24), Some(70_000)]),
            frame: numbers.pick(&[8, 16, 100, 5000, 60_000]),
            bytes: numbers.pick(&[1, 5, 8, 13, 24, 100, 2001, 30_000, 65_535, 70_003]),
            count: 1 + numbers.below(5) as i32,
            depth: numbers.below(12) as i32,
            ending: numbers.pick(&[Ending::Local, Ending::Other, Ending::Earlier, Ending::Stack, Ending::Twice]),
        }
    }

    fn text(&self) -> String {
        let Program { segment, frame, count, depth, .. } = self;
        let (memory, grow) = if self.grows {
            ("(memory (export \"memory\") 2)", "(drop (memory.grow (i32.const 1)))")
        } else {
            ("", "")
        };
        let before = self.before.map_or(String::new(), |bytes| {
            format!(
                "(local.set $b (call $allocate (local.get $r) (i32.add (local.get $zero) (i32.const {bytes}))))
                (call $setByte (local.get $b) (i32.const 0) (i32.const 77))"
            )
        });
        let reads_before = match self.before {
            Some(_) => "(i32.and (call $getByte (local.get $b) (i32.const 0)) (i32.const 255))",
            None => "(i32.const 0)",
        };
        let value = format!(
            "(i32.add (i32.mul (local.get $other) (i32.const 31))
              (i32.add {reads_before}
                (i32.add (i32.mul (local.get $wrong) (i32.const 1000))
                  (i32.add (call $getInt (local.get $s) (i32.const 0))
                    (i32.add (call $getInt (local.get $s) (i32.const {last}))
                      (i32.add (i32.and (call $getByte (local.get $t) (i32.const 0)) (i32.const 255))
                        (i32.and (call $getByte (local.get $t) (i32.sub (local.get $bytes) (i32.const 1)))
                          (i32.const 255))))))))",
            last = frame - 4,
        );
        let close = "(call $free (local.get $r))";
        let ending = match self.ending {
            Ending::Local => format!("(local.set $sum {value}) {close} (local.get $sum)"),
            Ending::Other => format!("(local.set $sum {value}) {close} (local.get $other)"),
            Ending::Earlier => {
                format!("(local.set $sum {value}) (local.set $other (i32.const 9)) {close} (local.get $sum)")
            }
            Ending::Stack => format!("{value} {close}"),
            Ending::Twice => format!("(local.set $sum {value}) {close} (i32.add (local.get $sum) (local.get $sum))"),
        };
        format!(
            r#"(module
              (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
              (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {segment})))
              (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
              (import "linmem" "MemorySegment.setInt" (func $setInt (param {segment} i32 i32)))
              (import "linmem" "MemorySegment.getInt" (func $getInt (param {segment} i32) (result i32)))
              (import "linmem" "MemorySegment.setByte" (func $setByte (param {segment} i32 i32)))
              (import "linmem" "MemorySegment.getByte" (func $getByte (param {segment} i32) (result i32)))
              (import "linmem" "MemorySegment.address" (func $address (param {segment}) (result i32)))
              {memory}
              (func $level (param $n i32) (param $bytes i32) (result i32)
                (local $r i32) (local $b {segment}) (local $s {segment}) (local $t {segment}) (local $zero i32)
                (local $i i32) (local $sum i32) (local $other i32) (local $wrong i32)
                (local.set $r (call $new))
                {before}
                (local.set $s (call $allocate (local.get $r) (i32.const {frame})))
                (call $setInt (local.get $s) (i32.const 0) (local.get $n))
                (call $setInt (local.get $s) (i32.const {last}) (i32.xor (local.get $n) (i32.const 0x5555)))
                (loop $more
                  (local.set $t (call $allocate (local.get $r) (local.get $bytes)))
                  (local.set $wrong
                    (i32.or (local.get $wrong) (i32.and (call $address (local.get $t)) (i32.const 7))))
                  (call $setByte (local.get $t) (i32.const 0) (local.get $n))
                  (call $setByte (local.get $t) (i32.sub (local.get $bytes) (i32.const 1))
                    (i32.add (local.get $n) (local.get $i)))
                  (br_if $more
                    (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {count}))))
                {grow}
                (if (local.get $n)
                  (then (local.set $other (call $level (i32.sub (local.get $n) (i32.const 1)) (local.get $bytes)))))
                (local.set $other (i32.add (i32.mul (local.get $other) (i32.const 3)) (local.get $n)))
                {ending})
              (func (export "run") (param $bytes i32) (result i32)
                (call $level (i32.const {depth}) (local.get $bytes))))"#,
            last = frame - 4,
        )
    }

    /// The result of the function with this parameter.
    fn expected(&self, n: i32) -> i32 {
        let inner = if n > 0 { self.expected(n - 1) } else { 0 };
        let other = inner.wrapping_mul(3).wrapping_add(n);
        let last = (n + self.count - 1) & 255;
        let first = if self.bytes == 1 { last } else { n & 255 };
        // The two words of the smallest frames do not overlap.
        let frame = n + (n ^ 0x5555);
        let before = if self.before.is_some() { 77 } else { 0 };
        let value = other.wrapping_mul(31).wrapping_add(before + frame + first + last);
        match self.ending {
            Ending::Local | Ending::Earlier | Ending::Stack => value,
            Ending::Other => other,
            Ending::Twice => value.wrapping_mul(2),
        }
    }
}

fn run(number: usize) -> Result<(), String> {
    let program = Program::new(number);
    let share = program.grows.then_some(Share::Trust);
    let config = Config::new().with_safety(program.safety).with_nesting(program.nesting).with_share(share);
    let linked = linmem::link(program.text().as_bytes(), &config).map_err(|error| format!("{program:?}: {error}"))?;
    let mut running = Running::new(&linked, State::default());
    let mut pages = 0;
    for time in 0..3 {
        let result =
            running.call("run", &[Val::I32(program.bytes)]).map_err(|error| format!("{program:?}: {error}"))?;
        let (result, expected) = (result[0].unwrap_i32(), program.expected(program.depth));
        if result != expected {
            return Err(format!("program {number}, run {time}: {result}, not {expected}: {program:?}"));
        }
        let now = running.memory().size(&running.store);
        if time == 2 && !program.grows && now != pages {
            return Err(format!("program {number}: memory was not freed: {program:?}"));
        }
        pages = now;
    }
    Ok(())
}

#[test]
fn regions_keep_what_was_written() {
    for number in 0..PROGRAMS {
        run(number).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn planted_bugs_are_detected() {
    support::planted::expect_found(Bug::REGIONS, 0..PROGRAMS, run);
}
