//! Writes the programs.
//!
//! A function is entered with a number, and returns a sum of what it and its callees did. On entry it takes one of the steps
//! that the program has left, so that every program ends. Every pattern depends on the activation, by a serial number.

use crate::unwind::source::Source;
use std::fmt::Write;

/// What a module may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// The type of segments.
    pub(super) segment: &'static str,
    /// Whether functions may call functions that may call them.
    pub(super) recurs: bool,
    /// Whether functions may call the host, which calls back.
    pub(super) hosts: bool,
    /// Whether there are indirect calls.
    pub(super) indirect: bool,
    /// Whether there are exceptions.
    pub(super) throws: bool,
    /// Whether memory is zero where it is allocated.
    pub(super) zeroed: bool,
    /// Whether the module has a memory of its own.
    pub(super) memory: bool,
    /// Whether regions may be used in ways that checks of regions reject, such as after an exception left one open.
    pub(super) leaks: bool,
    /// Whether functions throw while a region is open of which a segment stays in use.
    pub(super) keeps: bool,
    /// Whether functions leave regions open inside of others, which are closed then.
    pub(super) leaves: bool,
    /// Whether the host puts a function into a table, which functions call.
    pub(super) given: bool,
    /// Whether functions close regions by a function that passes on to the intrinsic.
    pub(super) wraps: bool,
}

/// The number of functions of a module.
pub(super) const FUNCTIONS: usize = 12;

/// How many types of functions there are. They differ in their numbers of parameters.
const TYPES: usize = 3;

/// The functions that the host can call.
pub(super) const EXPORTED: [usize; 3] = [0, 4, 9];

pub(super) fn module(source: &mut Source, style: Style) -> String {
    let mut text = String::new();
    let segment = style.segment;
    write!(
        text,
        r#"(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {segment})))
  (import "linmem" "MemoryAllocator.allocateAligned" (func $aligned (param i32 i32 i32) (result {segment})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.setInt" (func $set (param {segment} i32 i32)))
  (import "linmem" "MemorySegment.setByte" (func $set1 (param {segment} i32 i32)))
  (import "linmem" "MemorySegment.setShort" (func $set2 (param {segment} i32 i32)))
  (import "linmem" "MemorySegment.setLong" (func $set8 (param {segment} i32 i64)))
  (import "linmem" "MemorySegment.getUByte" (func $get1 (param {segment} i32) (result i32)))
  (import "linmem" "MemorySegment.address" (func $address (param {segment}) (result i32)))
  (import "linmem" "MemorySegment.getInt" (func $get (param {segment} i32) (result i32)))
"#
    )
    .unwrap();
    if style.hosts {
        text.push_str("  (import \"env\" \"host\" (func $host (param i32) (result i32)))\n");
    }
    if style.throws {
        text.push_str("  (tag $oops)\n");
    }
    if style.memory {
        text.push_str("  (memory (export \"memory\") 1)\n  (data (i32.const 64) \"sentinel\")\n");
    }
    for ty in 0..TYPES {
        let params = "i32 ".repeat(ty + 1);
        writeln!(text, "  (type $t{ty} (func (param {params}) (result i32)))").unwrap();
    }
    text.push_str(COMMON);
    if style.memory {
        text.push_str(SENTINEL);
    } else {
        text.push_str("  (func $sentinel)\n");
    }
    writeln!(text, "  (global $kept (mut {segment}) {})", null(segment)).unwrap();
    let mut functions = Vec::new();
    for number in 0..FUNCTIONS {
        let mut writer =
            Function { source, style, number, depth: 0, sites: 0, locals: String::new(), live: Vec::new() };
        functions.push(writer.function());
    }
    if style.indirect {
        let elements: Vec<String> =
            (0..FUNCTIONS).filter(|number| is_referred(*number)).map(|f| format!("$f{f}")).collect();
        writeln!(text, "  (table $table funcref (elem {}))", elements.join(" ")).unwrap();
    }
    functions.iter().for_each(|function| text.push_str(function));
    if style.leaves {
        text.push_str(LEAVE);
    }
    if style.given {
        text.push_str(GIVEN);
    }
    if style.keeps {
        write!(text, "{}", keeper(segment)).unwrap();
    }
    for function in EXPORTED {
        let arguments = "(local.get 0) ".repeat(type_of(function) + 1);
        writeln!(text, "  (func (export \"call{function}\") (param i32) (result i32) (call $f{function} {arguments}))")
            .unwrap();
    }
    text.push_str(RUN);
    for function in 0..FUNCTIONS {
        let arguments = "(local.get 1) ".repeat(type_of(function) + 1);
        writeln!(
            text,
            "    (if (i32.eq (local.get 0) (i32.const {function})) (then (local.set $sum (call $f{function} {arguments}))))"
        )
        .unwrap();
    }
    text.push_str("    (call $sentinel)\n    (local.get $sum)))\n");
    text
}

/// The null segment.
fn null(segment: &str) -> &'static str {
    match segment {
        "i32" => "(i32.const 0)",
        "i64" => "(i64.const 0)",
        _ => "(ref.null none)",
    }
}

const COMMON: &str = r#"
  (global $left (mut i32) (i32.const 0))
  (global $serial (mut i32) (i32.const 0))
  (global $bad (export "bad") (mut i32) (i32.const 0))
  (global $expected (mut i32) (i32.const 0))
  (func $free_and_return (param i32) (result i32) (call $free (local.get 0)) (i32.const 0))
  ;; Whether a function must return at once.
  (func $is_over (result i32)
    (global.set $serial (i32.add (global.get $serial) (i32.const 1)))
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (i32.le_s (global.get $left) (i32.const 0)))
"#;

const SENTINEL: &str = r#"
  (func $sentinel
    (if (i64.ne (i64.load (i32.const 64)) (i64.const 0x6c656e69746e6573)) (then (global.set $bad (i32.const -1))))
    (if (i64.ne (i64.load (i32.const 65528)) (i64.const 0)) (then (global.set $bad (i32.const -2)))))
"#;

/// A function that leaves a region open, of a size that shows in the size of the memory if it is never freed.
const LEAVE: &str = r#"
  (global $large (mut i32) (i32.const 30000))
  (func $leave (call $set (call $allocate (call $new) (global.get $large)) (i32.const 0) (i32.const 1)))
"#;

/// A table with a function of the host's choice.
const GIVEN: &str = r#"
  (table $given 1 funcref)
  (func (export "take") (param funcref) (table.set $given (i32.const 0) (local.get 0)))
"#;

const RUN: &str = r#"
  (func (export "run") (param i32 i32) (result i32)
    (local $sum i32)
    (global.set $left (i32.const 150))
    (global.set $bad (i32.const 0))
"#;

/// A function that throws while its region is open, and one that calls it again before it looks at the region's segment, which
/// stays in use.
fn keeper(segment: &str) -> String {
    format!(
        r#"
  (func $throw (param i32) (if (local.get 0) (then (throw $oops))))
  (func $keep (param $throws i32) (param $value i32)
    (local $r i32) (local $s {segment})
    (local.set $r (call $new))
    (local.set $s (call $allocate (local.get $r) (i32.const 24)))
    (call $set (local.get $s) (i32.const 8) (local.get $value))
    (if (local.get $throws) (then (global.set $kept (local.get $s))))
    (call $throw (local.get $throws))
    (call $free (local.get $r)))
  (func $keeper (param $value i32)
    (block $caught
      (try_table (catch $oops $caught) (call $keep (i32.const 1) (local.get $value)))
      (return))
    (call $keep (i32.const 0) (i32.const 77))
    (if (i32.ne (call $get (global.get $kept) (i32.const 8)) (local.get $value))
      (then (global.set $bad (i32.const -3)))))
"#
    )
}

/// The type of a function.
fn type_of(function: usize) -> usize {
    function * 7 / 3 % TYPES
}

/// Whether a function is in the table.
fn is_referred(function: usize) -> bool {
    function % 2 == 1
}

/// A pattern that must be in a segment.
struct Live {
    segment: String,
    site: usize,
    words: usize,
}

struct Function<'s> {
    source: &'s mut Source,
    style: Style,
    number: usize,
    depth: usize,
    sites: usize,
    locals: String,
    live: Vec<Live>,
}

impl Function<'_> {
    fn function(&mut self) -> String {
        let mut body = String::new();
        let count = 1 + self.source.below(3);
        for _ in 0..count {
            self.statement(&mut body);
        }
        let params = "(param i32) ".repeat(type_of(self.number));
        let end = self.end();
        format!(
            "\n  (func $f{} (type $t{}) (param $x i32) {params}(result i32)\n    (local $me i32) (local $sum i32) (local $i i32)\n{}    \
             (if (call $is_over) (then (return (i32.const 1))))\n    (local.set $me (global.get $serial))\n{body}{end})\n",
            self.number,
            type_of(self.number),
            self.locals,
        )
    }

    /// The result: a sum, or that of a tail call.
    fn end(&mut self) -> String {
        match self.callee() {
            Some(callee) if self.source.once_in(8) => {
                format!("    (return_call $f{callee} {})", self.arguments(type_of(callee)))
            }
            _ => "    (i32.add (local.get $sum) (i32.const 1))".to_string(),
        }
    }

    /// A function that may be called.
    fn callee(&mut self) -> Option<usize> {
        if self.style.recurs && self.source.once_in(4) {
            return Some(self.source.below(FUNCTIONS));
        }
        let later = FUNCTIONS - 1 - self.number;
        (later > 0).then(|| self.number + 1 + self.source.below(later))
    }

    fn arguments(&mut self, ty: usize) -> String {
        "(i32.add (local.get $x) (i32.const 1)) ".repeat(ty + 1)
    }

    fn statement(&mut self, out: &mut String) {
        self.depth += 1;
        match self.source.below(12) {
            0..=1 if self.depth < 5 => self.plain_region(out),
            2..=4 if self.depth < 5 => self.region(out),
            5 if self.depth < 5 => {
                let name = self.local("i32");
                writeln!(out, "    (local.set {name} (i32.const {}))", 1 + self.source.below(3)).unwrap();
                writeln!(out, "    (loop $l{name}").unwrap();
                self.statement(out);
                writeln!(out, "    (br_if $l{name} (local.tee {name} (i32.sub (local.get {name}) (i32.const 1)))))")
                    .unwrap();
            }
            6 if self.depth < 5 => {
                let bit = self.source.below(4);
                writeln!(out, "    (if (i32.and (local.get $x) (i32.const {})) (then", 1 << bit).unwrap();
                // What is allocated in the arm is not known after it.
                let live = self.live.len();
                self.statement(out);
                self.live.truncate(live);
                out.push_str("    ))\n");
            }
            7 if self.style.hosts && self.source.once_in(2) => {
                self.add(out, "(call $host (local.get $x))");
            }
            8 if self.style.given && self.source.once_in(2) => {
                let arguments = self.arguments(0);
                self.add(out, &format!("(call_indirect $given (type $t0) {arguments} (i32.const 0))"));
            }
            8 if self.style.indirect => self.indirect(out),
            9 if self.style.throws => self.exception(out),
            _ => {
                if let Some(callee) = self.callee() {
                    let arguments = self.arguments(type_of(callee));
                    self.add(out, &format!("(call $f{callee} {arguments})"));
                }
            }
        }
        self.depth -= 1;
    }

    fn add(&self, out: &mut String, call: &str) {
        writeln!(out, "    (local.set $sum (i32.add (local.get $sum) {call}))").unwrap();
    }

    fn indirect(&mut self, out: &mut String) {
        // The functions in the table that have this type: in a module without recursion, only those after this one.
        let first = if self.style.recurs { 0 } else { self.number + 1 };
        let entries: Vec<usize> = (0..FUNCTIONS).filter(|function| is_referred(*function)).collect();
        let callees: Vec<(usize, usize)> =
            entries.iter().copied().enumerate().filter(|(_, function)| *function >= first).collect();
        if callees.is_empty() {
            return;
        }
        let (entry, callee) = callees[self.source.below(callees.len())];
        let ty = type_of(callee);
        let arguments = self.arguments(ty);
        if self.source.once_in(2) {
            self.add(out, &format!("(call_indirect (type $t{ty}) {arguments} (i32.const {entry}))"));
        } else {
            self.add(out, &format!("(call_ref $t{ty} {arguments} (ref.func $f{callee}))"));
        }
    }

    fn exception(&mut self, out: &mut String) {
        if self.style.keeps && self.source.once_in(3) {
            writeln!(out, "    (call $keeper (local.get $me))").unwrap();
            return;
        }
        match self.source.below(3) {
            // Regions that are open stay open.
            0 if self.live.is_empty() || self.style.leaks => {
                writeln!(
                    out,
                    "    (if (i32.eq (i32.and (local.get $x) (i32.const 3)) (i32.const 3)) (then (throw $oops)))"
                )
                .unwrap();
            }
            _ => {
                let label = self.local("i32");
                writeln!(out, "    (block $c{label} (try_table (catch_all $c{label})").unwrap();
                let live = self.live.len();
                self.statement(out);
                self.live.truncate(live);
                out.push_str("    ))\n");
            }
        }
    }

    /// A new local.
    fn local(&mut self, ty: &str) -> String {
        self.sites += 1;
        let name = format!("$v{}", self.sites);
        writeln!(self.locals, "    (local {name} {ty})").unwrap();
        name
    }

    /// A region with nothing but allocations of constant size, and a call.
    fn plain_region(&mut self, out: &mut String) {
        let handle = self.local("i32");
        let live = self.live.len();
        writeln!(out, "    (local.set {handle} (call $new))").unwrap();
        for _ in 0..1 + self.source.below(2) {
            self.allocation(out, &handle);
        }
        if self.source.once_in(3) {
            self.constants(out, &handle);
        }
        if let Some(callee) = self.callee() {
            let arguments = self.arguments(type_of(callee));
            self.add(out, &format!("(call $f{callee} {arguments})"));
        }
        self.verify(out);
        self.live.truncate(live);
        writeln!(out, "    (call $free (local.get {handle}))").unwrap();
    }

    fn region(&mut self, out: &mut String) {
        let handle = self.local("i32");
        let live = self.live.len();
        let repeats = self.source.once_in(4).then(|| self.local("i32"));
        if let Some(counter) = &repeats {
            writeln!(out, "    (local.set {counter} (i32.const 2))\n    (loop $l{counter}").unwrap();
        }
        writeln!(out, "    (local.set {handle} (call $new))").unwrap();
        for _ in 0..1 + self.source.below(3) {
            match self.source.below(6) {
                0 => self.chain(out, &handle),
                1 => {
                    writeln!(out, "    (if (i32.and (local.get $x) (i32.const 1)) (then").unwrap();
                    let live = self.live.len();
                    self.allocation(out, &handle);
                    self.statement(out);
                    self.verify(out);
                    self.live.truncate(live);
                    out.push_str("    ))\n");
                }
                2 if self.style.leaves && self.source.once_in(2) => out.push_str("    (call $leave)\n"),
                2 => self.statement(out),
                _ => self.allocation(out, &handle),
            }
            if self.source.once_in(3) {
                self.statement(out);
                self.verify(out);
            }
        }
        self.statement(out);
        self.verify(out);
        self.live.truncate(live);
        let close = if self.source.once_in(5) && self.style.wraps {
            format!("(drop (call $free_and_return (local.get {handle})))")
        } else {
            format!("(call $free (local.get {handle}))")
        };
        if self.source.once_in(6) {
            writeln!(out, "    (if (i32.eq (local.get $x) (i32.const 5)) (then {close} (return (local.get $sum))))")
                .unwrap();
        }
        writeln!(out, "    {close}").unwrap();
        if let Some(counter) = &repeats {
            writeln!(
                out,
                "    (br_if $l{counter} (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))"
            )
            .unwrap();
        }
    }

    /// A segment with a pattern.
    fn allocation(&mut self, out: &mut String, handle: &str) {
        let segment = self.local(self.style.segment);
        let words = [1, 2, 5, 16, 100][self.source.below(5)];
        let bytes = words * 4 + self.source.below(3);
        match self.source.below(5) {
            0 => writeln!(
                out,
                "    (local.set {segment} (call $aligned (local.get {handle}) (i32.const {bytes}) (i32.const {})))",
                1 << self.source.below(8)
            ),
            _ => writeln!(out, "    (local.set {segment} (call $allocate (local.get {handle}) (i32.const {bytes})))"),
        }
        .unwrap();
        let site = self.site();
        for word in places(words) {
            let at = word * 4;
            if self.style.zeroed {
                self.check(out, &format!("(call $get (local.get {segment}) (i32.const {at}))"), "(i32.const 0)", site);
            }
            writeln!(out, "    (call $set (local.get {segment}) (i32.const {at}) {})", pattern(site, word)).unwrap();
        }
        self.live.push(Live { segment, site, words });
    }

    fn site(&mut self) -> usize {
        self.sites += 1;
        self.number * 1000 + self.sites
    }

    /// A segment to which constants of all sizes are stored, some to the same bytes, and an address.
    fn constants(&mut self, out: &mut String, handle: &str) {
        const SIZE: usize = 16;
        let segment = self.local(self.style.segment);
        writeln!(out, "    (local.set {segment} (call $allocate (local.get {handle}) (i32.const {SIZE})))").unwrap();
        let mut bytes = [None; SIZE];
        for _ in 0..3 + self.source.below(6) {
            let size = 1 << self.source.below(4);
            let at = self.source.below(SIZE / size) * size;
            let value = (self.source.below(1 << 30) as u64 + 1) * 0x1_0203_0405;
            let suffix = if size == 4 { String::new() } else { size.to_string() };
            let (ty, constant) = if size == 8 { ("i64", value) } else { ("i32", value & u64::from(u32::MAX)) };
            writeln!(out, "    (call $set{suffix} (local.get {segment}) (i32.const {at}) ({ty}.const {constant}))")
                .unwrap();
            bytes[at..at + size].iter_mut().zip(value.to_le_bytes()).for_each(|(byte, new)| *byte = Some(new));
        }
        let site = self.site();
        let address = self.source.below(SIZE / 4) * 4;
        writeln!(
            out,
            "    (call $set (local.get {segment}) (i32.const {address}) (call $address (local.get {segment})))"
        )
        .unwrap();
        let found = format!("(call $get (local.get {segment}) (i32.const {address}))");
        self.check(out, &found, &format!("(call $address (local.get {segment}))"), site);
        bytes[address..address + 4].fill(None);
        for (at, byte) in bytes.iter().enumerate() {
            if let Some(byte) = byte {
                let found = format!("(call $get1 (local.get {segment}) (i32.const {at}))");
                self.check(out, &found, &format!("(i32.const {byte})"), site);
            }
        }
    }

    /// Segments that a loop allocates, of which the last two are looked at.
    fn chain(&mut self, out: &mut String, handle: &str) {
        let (last, previous) = (self.local(self.style.segment), self.local(self.style.segment));
        let counter = self.local("i32");
        let site = self.site();
        writeln!(out, "    (local.set {last} (call $allocate (local.get {handle}) (i32.const 16)))").unwrap();
        writeln!(out, "    (local.set {counter} (i32.const 3))\n    (loop $l{counter}").unwrap();
        writeln!(out, "    (local.set {previous} (local.get {last}))").unwrap();
        writeln!(out, "    (local.set {last} (call $allocate (local.get {handle}) (i32.const 16)))").unwrap();
        writeln!(
            out,
            "    (call $set (local.get {last}) (i32.const 4) (i32.add (local.get $me) (local.get {counter})))"
        )
        .unwrap();
        writeln!(out, "    (br_if $l{counter} (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1)))))")
            .unwrap();
        for (segment, left) in [(last, 1), (previous, 2)] {
            let found = format!("(call $get (local.get {segment}) (i32.const 4))");
            self.check(out, &found, &format!("(i32.add (local.get $me) (i32.const {left}))"), site);
        }
    }

    fn check(&self, out: &mut String, found: &str, expected: &str, site: usize) {
        writeln!(out, "    (if (i32.ne {found} {expected}) (then (global.set $bad (i32.const {site}))))").unwrap();
    }

    /// Looks at all patterns.
    fn verify(&mut self, out: &mut String) {
        for Live { segment, site, words } in &self.live {
            for word in places(*words) {
                let found = format!("(call $get (local.get {segment}) (i32.const {}))", word * 4);
                self.check(out, &found, &pattern(*site, word), *site);
            }
        }
    }
}

/// The words of a segment that have a pattern: the first, the middle and the last one.
fn places(words: usize) -> Vec<usize> {
    let mut places = vec![0, words / 2, words - 1];
    places.dedup();
    places
}

fn pattern(site: usize, word: usize) -> String {
    format!("(i32.add (i32.mul (local.get $me) (i32.const 65537)) (i32.const {}))", site * 128 + word)
}
