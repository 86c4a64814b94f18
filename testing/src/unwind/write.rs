//! Writes random programs in the text format.
//!
//! A program is a function without parameters, which a handler in `run` calls. A function calls only functions before it. Its
//! locals are four handles `$h`, eight numbers `$t` of open regions that handlers return to, exceptions `$e` and counters `$i`.

use crate::unwind::source::Source;
use linmem::{Nesting, Representation};
use std::fmt::Write;

const IMPORTS: &str = r#"
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result SEGMENT)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.address" (func $address (param SEGMENT) (result i32)))
  (import "test" "opened" (func $opened (param i32)))
  (import "test" "bytes" (func $bytes (result i32)))
  (import "test" "allocated" (func $allocated (param i32 i32)))
  (import "test" "closed" (func $closed))
  (import "test" "depth" (func $depth (result i32)))
  (import "test" "caught" (func $caught (param i32)))
  (import "test" "decide" (func $decide (result i32)))
  (import "test" "maybe" (func $maybe))
  (tag $a (export "a") (param i32))
  (tag $b (export "b"))
  (func $ignore (param i32))
  (global $escaped (mut i32) (i32.const 0))
  ;; Reports the next address.
  (func $probe (local $h i32)
    (local.set $h (call $new)) (call $opened (i32.const 0))
    (call $allocated (i32.const 0) (call $address (call $allocate (local.get $h) (call $bytes))))
    (call $free (local.get $h)) (call $closed))
"#;

/// The number of locals for handles.
pub(crate) const HANDLES: usize = 4;

/// The depth of structures.
const MAX_DEPTH: usize = 8;

/// Writes a module.
pub(crate) fn module(
    source: &mut Source,
    functions: usize,
    nesting: Nesting,
    representation: Representation,
) -> String {
    let mut text = format!("(module{}", IMPORTS.replace("SEGMENT", &representation.to_string()));
    for program in 0..functions {
        let mut writer = Writer {
            source,
            text,
            program,
            nesting,
            open: Vec::new(),
            blocks: Vec::new(),
            tries: Vec::new(),
            depth: 0,
            left: 12,
            labels: 0,
        };
        writer.function();
        text = writer.text;
    }
    text.push(')');
    text
}

/// An enclosing try of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try {
    /// The local with the number of open regions that its handlers return to.
    pub(crate) token: usize,
    /// How many regions of the function stay open when its handlers begin.
    pub(crate) keeps: usize,
    /// Whether all its handlers may go on after it.
    pub(crate) goes_on: bool,
}

/// A function that is being written.
pub(crate) struct Writer<'s> {
    pub(crate) source: &'s mut Source,
    pub(crate) text: String,
    program: usize,
    pub(crate) nesting: Nesting,
    /// The open regions, by local, the innermost one last, each with whether its handle escapes.
    pub(crate) open: Vec<(usize, bool)>,
    /// The enclosing blocks that can be left, each with the number of regions open outside of it.
    blocks: Vec<(usize, usize)>,
    pub(crate) tries: Vec<Try>,
    pub(crate) depth: usize,
    /// How many more statements the function may have.
    left: usize,
    pub(crate) labels: usize,
}

impl Writer<'_> {
    pub(crate) fn line(&mut self, line: &str) {
        let indent = 2 * self.depth + 4;
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    fn function(&mut self) {
        let program = self.program;
        let mut locals = String::new();
        for index in 0..HANDLES {
            let _ = write!(locals, " (local $h{index} i32)");
        }
        for index in 0..=MAX_DEPTH + 2 {
            let _ = write!(locals, " (local $t{index} i32) (local $i{index} i32) (local $e{index} exnref)");
        }
        let _ = writeln!(self.text, "  (func $f{program}{locals} (local $n i32) (local $base i32)");
        self.line("(local.set $base (call $depth))");
        self.statements(6);
        let _ = writeln!(self.text, "  )");
        let _ = writeln!(
            self.text,
            "  (func (export \"run{program}\") (local $t i32) (local.set $t (call $depth))\n    (block $done (block $h \
             (try_table (catch_all $h) (call $f{program})) (br $done))\n    (call $caught (local.get $t)))\n    (call $probe))"
        );
    }

    pub(crate) fn statements(&mut self, most: usize) {
        self.depth += 1;
        for _ in 0..=self.source.below(most) {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            self.statement();
        }
        self.depth -= 1;
    }

    fn statement(&mut self) {
        let is_shallow = self.depth < MAX_DEPTH;
        match self.source.below(20) {
            0..=3 if is_shallow && self.can_open() => self.region(),
            4..=7 if is_shallow => self.try_(),
            8 if is_shallow => self.if_(),
            9 if is_shallow => self.loop_(),
            10 if is_shallow => self.block(),
            11 => self.leave(),
            12..=13 => self.call(),
            14 => self.throw(),
            15 => self.line("(call $maybe)"),
            _ => self.allocate(),
        }
    }

    /// Whether a region may be opened here.
    pub(crate) fn can_open(&self) -> bool {
        self.open.len() < HANDLES && (self.nesting != Nesting::Forbid || self.open.is_empty())
    }

    /// Opens a region in a local that holds no handle of an open one.
    pub(crate) fn open(&mut self) {
        let free: Vec<usize> = (0..HANDLES).filter(|local| self.open.iter().all(|(open, _)| open != local)).collect();
        let local = free[self.source.below(free.len())];
        // Where regions nest, a region that stays open keeps all regions around it open.
        let escapes = self.nesting == Nesting::Outermost && self.source.once_in(6);
        match self.source.below(3) {
            0 => self.line(&format!("(drop (local.tee $h{local} (call $new)))")),
            _ => self.line(&format!("(local.set $h{local} (call $new))")),
        }
        if escapes {
            let escape = if self.source.once_in(2) { "call $ignore" } else { "global.set $escaped" };
            self.line(&format!("({escape} (local.get $h{local}))"));
        }
        self.line(&format!("(call $opened (i32.const {}))", i32::from(escapes)));
        self.open.push((local, escapes));
    }

    /// Closes the innermost region of the function.
    pub(crate) fn close(&mut self) {
        if let Some((local, _)) = self.open.pop() {
            self.line(&format!("(call $free (local.get $h{local}))"));
            self.line("(call $closed)");
        }
    }

    fn region(&mut self) {
        self.open();
        self.statements(4);
        self.close();
    }

    fn if_(&mut self) {
        self.line("(if (call $decide) (then");
        self.statements(3);
        self.line(") (else");
        self.statements(3);
        self.line("))");
    }

    fn loop_(&mut self) {
        let (depth, label) = (self.depth, self.labels);
        self.labels += 1;
        self.line(&format!("(local.set $i{depth} (i32.const 0))"));
        self.line(&format!("(loop $l{label}"));
        self.statements(3);
        self.line(&format!(
            "  (br_if $l{label} (i32.lt_u (local.tee $i{depth} (i32.add (local.get $i{depth}) (i32.const 1))) (i32.const 2))))"
        ));
    }

    fn block(&mut self) {
        let label = self.labels;
        self.labels += 1;
        self.line(&format!("(block $l{label}"));
        self.blocks.push((label, self.open.len()));
        self.statements(5);
        self.blocks.pop();
        self.line(")");
    }

    /// Leaves a block or the function, and closes the regions that it leaves.
    fn leave(&mut self) {
        self.line("(if (call $decide) (then");
        self.depth += 1;
        let open = self.open.clone();
        let block = self.blocks.get(self.source.below(self.blocks.len() + 1)).copied();
        while self.open.len() > block.map_or(0, |(_, open)| open) {
            self.close();
        }
        match block {
            Some((label, _)) => self.line(&format!("(br $l{label})")),
            None if self.program > 0 && self.source.once_in(3) => {
                let callee = self.source.below(self.program);
                self.line(&format!("(return_call $f{callee})"));
            }
            None => self.line("(return)"),
        }
        self.open = open;
        self.depth -= 1;
        self.line("))");
    }

    fn call(&mut self) {
        // Without nesting, a callee may open a region only if none is open.
        if self.program > 0 && (self.nesting != Nesting::Forbid || self.open.is_empty()) {
            let callee = self.program - 1 - self.source.below(self.program.min(10));
            self.line(&format!("(call $f{callee})"));
        }
    }

    pub(crate) fn throw(&mut self) {
        let throw = self.thrown();
        self.line(&format!("(if (call $decide) (then {throw}))"));
    }

    /// An instruction that throws.
    pub(crate) fn thrown(&mut self) -> &'static str {
        if self.source.once_in(2) { "(throw $a (i32.const 77))" } else { "(throw $b)" }
    }

    fn allocate(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let back = if self.nesting == Nesting::Outermost { self.source.below(self.open.len()) } else { 0 };
        let (local, _) = self.open[self.open.len() - 1 - back];
        self.line("(local.set $n (call $bytes))");
        self.line(&format!(
            "(call $allocated (i32.const {back}) (call $address (call $allocate (local.get $h{local}) (local.get $n))))"
        ));
    }
}
