//! Writes a random function on segments: accesses, slices, arms, blocks, counted loops and calls.

use crate::executor::Random;
use std::fmt::Write;

/// The widths of accesses: the suffixes of a get and of a set, the type of the value, and its bytes.
const WIDTHS: [(&str, &str, &str, u32); 4] =
    [("UByte", "Byte", "i32", 1), ("Short", "Short", "i32", 2), ("Int", "Int", "i32", 4), ("Long", "Long", "i64", 8)];

/// The numbers of locals for segments and integers. The first two of each are parameters.
const SEGMENTS: usize = 3;
const INTEGERS: usize = 4;

/// What opens regions, allocates and closes.
const REGIONS: &str = "(import \"linmem\" \"MemoryAllocator.new\" (func $new (result i32)))
(import \"linmem\" \"MemoryAllocator.allocate\" (func $allocate (param i32 i32) (result {seg})))
(import \"linmem\" \"MemoryAllocator.free\" (func $free (param i32)))
";

/// A function of the host, which wasmtime does not have here.
const HOST: &str = "(import \"env\" \"host\" (func $host (param i32) (result i32)))\n";

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    /// The number of statements that may still be written.
    left: usize,
    loops: usize,
    has_loops: bool,
    has_regions: bool,
}

/// A module with a function `run`, whose first two parameters are segments.
pub(super) fn module(seed: u64, has_loops: bool, has_regions: bool) -> String {
    let mut random = Random::new(seed);
    let mut writer = Writer { random: &mut random, out: String::new(), left: 7, loops: 0, has_loops, has_regions };
    writer.list(4);
    let out = writer.out;
    let mut imports = String::new();
    let host = if out.contains("$host") { HOST } else { "" };
    let regions = if out.contains("$new") { REGIONS } else { "" };
    for (get, set, ty, _) in WIDTHS {
        let _ = writeln!(
            imports,
            "(import \"linmem\" \"MemorySegment.get{get}\" (func $get{get} (param {{seg}} i32) (result {ty})))"
        );
        let _ = writeln!(
            imports,
            "(import \"linmem\" \"MemorySegment.set{set}\" (func $set{set} (param {{seg}} i32 {ty})))"
        );
    }
    format!(
        "(module
{imports}(import \"linmem\" \"MemorySegment.ofAddress\" (func $ofAddress (param i32 i32) (result {{seg}})))
(import \"linmem\" \"MemorySegment.slice\" (func $slice (param {{seg}} i32 i32) (result {{seg}})))
{regions}{host}(memory (export \"memory\") 1)
(global $g (mut i32) (i32.const 0))
(func $run (export \"run\") (param $s0 {{seg}}) (param $s1 {{seg}}) (param $i0 i32) (param $i1 i32) (result i32)
  (local $s2 {{seg}}) (local $i2 i32) (local $i3 i32) (local $x0 i32) (local $x1 i32) (local $r i32)
  (local.set $s2 (local.get $s0))
{out}  (i32.add (local.get $i2) (local.get $i3)))
)"
    )
}

impl Writer<'_> {
    fn segment(&mut self) -> String {
        match self.random.below(12) {
            0 => format!("(local.tee $s2 (local.get $s{}))", self.random.below(SEGMENTS)),
            at => format!("(local.get $s{})", [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 0][at - 1]),
        }
    }

    fn offset(&mut self) -> String {
        match self.random.below(10) {
            0..=4 => format!("(i32.const {})", [0, 1, 2, 3, 4, 6, 8, 12, 13, 16, 20, 40][self.random.below(12)]),
            5 => format!("(i32.const {})", [-1, -4, i32::MAX, i32::MAX - 3][self.random.below(4)]),
            6 if self.loops > 0 => format!("(local.get $x{})", self.loops - 1),
            6..=8 => format!("(local.get $i{})", self.random.below(2)),
            _ => format!("(i32.add (local.get $i0) (i32.const {}))", self.random.below(9)),
        }
    }

    fn integer(&mut self) -> String {
        match self.random.below(5) {
            0 => format!("(i32.const {})", self.random.below(40)),
            1 => "(global.get $g)".into(),
            2 => {
                let (segment, offset) = (self.segment(), self.offset());
                format!("(call $getInt {segment} {offset})")
            }
            _ => format!("(local.get $i{})", self.random.below(INTEGERS)),
        }
    }

    fn list(&mut self, count: usize) {
        for _ in 0..count {
            self.statement();
        }
    }

    fn access(&mut self) {
        let (get, set, ty, _) = WIDTHS[self.random.below(4)];
        let (segment, offset) = (self.segment(), self.offset());
        let _ = if self.random.below(2) == 0 {
            let value = format!("(call $get{get} {segment} {offset})");
            let value = if ty == "i64" { format!("(i32.wrap_i64 {value})") } else { value };
            writeln!(self.out, "  (local.set $i2 (i32.xor (local.get $i2) {value}))")
        } else {
            let value = if self.random.below(2) == 0 {
                format!("({ty}.const {})", self.random.below(99))
            } else if ty == "i64" {
                "(i64.extend_i32_u (local.get $i0))".into()
            } else {
                "(local.get $i1)".into()
            };
            writeln!(self.out, "  (call $set{set} {segment} {offset} {value})")
        };
    }

    fn statement(&mut self) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let kind = self.random.below(30);
        match kind {
            0..=13 => {
                for _ in 0..1 + self.random.below(3) {
                    self.access();
                }
            }
            14 | 15 => {
                let (segment, offset, bytes) = (self.segment(), self.offset(), self.offset());
                let to = self.random.below(SEGMENTS);
                let _ = writeln!(self.out, "  (local.set $s{to} (call $slice {segment} {offset} {bytes}))");
            }
            16 => {
                let (segment, to) = (self.segment(), self.random.below(SEGMENTS));
                let _ = writeln!(self.out, "  (local.set $s{to} {segment})");
            }
            17 => {
                let (address, bytes) = (self.integer(), self.random.below(40));
                let _ = writeln!(self.out, "  (local.set $s2 (call $ofAddress {address} (i32.const {bytes})))");
            }
            18 | 19 => {
                let (to, value) = (self.random.below(INTEGERS), self.integer());
                let _ = writeln!(self.out, "  (local.set $i{to} {value})");
            }
            20..=22 => {
                let condition = self.integer();
                let _ = writeln!(self.out, "  (if {condition} (then");
                self.list(2);
                if self.random.below(2) == 0 {
                    self.out.push_str("  ) (else\n");
                    self.list(1);
                }
                self.out.push_str("  ))\n");
            }
            23 => {
                self.out.push_str("  (block\n");
                self.list(1);
                let condition = self.integer();
                let _ = writeln!(self.out, "  (br_if 0 {condition})");
                self.list(1);
                self.out.push_str("  )\n");
            }
            24 => {
                let value = self.integer();
                let _ = writeln!(self.out, "  (local.set $i3 (call $host {value}))");
            }
            25 => {
                let value = self.integer();
                let _ = writeln!(self.out, "  (global.set $g {value})");
            }
            26 if self.has_regions && self.loops == 0 => self.region(),
            _ if self.has_loops && self.loops < 1 => self.counted(),
            _ => self.access(),
        }
    }

    fn region(&mut self) {
        let sizes = [8, 12, 16, 24, 40];
        self.out.push_str("  (local.set $r (call $new))\n");
        for _ in 0..1 + self.random.below(2) {
            let bytes = sizes[self.random.below(sizes.len())];
            let _ = writeln!(self.out, "  (local.set $s2 (call $allocate (local.get $r) (i32.const {bytes})))");
            self.access();
        }
        self.list(1);
        self.out.push_str("  (call $free (local.get $r)) (local.set $s2 (local.get $s0))\n");
    }

    /// A counted loop.
    fn counted(&mut self) {
        let index = self.loops;
        self.loops += 1;
        let bound = ["(local.get $i0)", "(local.get $i1)", "(i32.const 12)"][self.random.below(3)];
        let from = ["(i32.const 0)", "(local.get $i1)", "(i32.const 4)"][self.random.below(3)];
        let step = [1, 4, 1, 4096][self.random.below(4)];
        let compare = self.random.one("lt_u lt_u lt_s le_u le_s ne").to_string();
        let is_while = self.random.below(2) == 0;
        let _ = writeln!(self.out, "  (local.set $x{index} {from})");
        if is_while {
            let not = match &compare[..] {
                "lt_u" => "ge_u",
                "lt_s" => "ge_s",
                "le_u" => "gt_u",
                "le_s" => "gt_s",
                _ => "eq",
            };
            let _ = writeln!(self.out, "  (block (loop (br_if 1 (i32.{not} (local.get $x{index}) {bound}))");
        } else {
            self.out.push_str("  (loop\n");
        }
        for _ in 0..1 + self.random.below(2) {
            let (get, set, ty, _) = WIDTHS[self.random.below(4)];
            let s = self.random.below(2);
            let add = [0, 0, 1, 4][self.random.below(4)];
            let offset = if add == 0 {
                format!("(local.get $x{index})")
            } else {
                format!("(i32.add (local.get $x{index}) (i32.const {add}))")
            };
            let _ = if self.random.below(2) == 0 {
                writeln!(self.out, "  (drop (call $get{get} (local.get $s{s}) {offset}))")
            } else {
                writeln!(self.out, "  (call $set{set} (local.get $s{s}) {offset} ({ty}.const 7))")
            };
        }
        // What a loop must not be treated as constant across, or as leaving early.
        match self.random.below(10) {
            0 => self.statement(),
            1 => {
                let to = self.random.below(2);
                let _ = writeln!(self.out, "  (local.set $s{to} (local.get $s{}))", 1 - to);
            }
            2 => {
                let to = self.random.below(2);
                let _ = writeln!(self.out, "  (local.set $i{to} (i32.const {}))", self.random.below(20));
            }
            3 if is_while => self.out.push_str("  (br_if 1 (local.get $i2))\n"),
            4 => {
                let _ = writeln!(self.out, "  (local.set $i2 (i32.add (local.get $i2) (i32.const 1)))");
            }
            _ => {}
        }
        let next = format!("(i32.add (local.get $x{index}) (i32.const {step}))");
        let _ = if is_while {
            let after = if self.random.below(4) == 0 {
                format!("(drop (call $getInt (local.get $s0) (local.get $x{index})))")
            } else {
                String::new()
            };
            writeln!(self.out, "  (local.set $x{index} {next}) {after} (br 0)))")
        } else {
            writeln!(self.out, "  (br_if 0 (i32.{compare} (local.tee $x{index} {next}) {bound})))")
        };
        self.loops -= 1;
    }
}
