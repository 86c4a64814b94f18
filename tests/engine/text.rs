//! Writes a function, and the module around it, in the text format.

use crate::program::{BYTES, Expression, INTEGERS, SEGMENTS, Statement, Way};
use std::fmt::Write;

/// Writes a function in the text format.
struct Writer {
    out: String,
    regions: usize,
    loops: usize,
    nesting: usize,
    /// The type of segments.
    segment: &'static str,
    /// Whether regions are checked, so that a function may misuse them.
    checked: bool,
}

impl Writer {
    /// An offset with room for an access, computed from any value.
    fn offset(&self, expression: &Expression) -> String {
        format!("(i32.rem_u {} (i32.const {}))", self.expression(expression), BYTES - 8)
    }

    fn expression(&self, expression: &Expression) -> String {
        let e = |expression: &Expression| self.expression(expression);
        match expression {
            Expression::Constant(value) => format!("(i32.const {value})"),
            Expression::Local(local) => format!("(local.get $i{local})"),
            Expression::Get(s, offset) => format!("(call $getInt (local.get $s{s}) {})", self.offset(offset)),
            Expression::GetConstant(s, offset) => format!("(call $getInt (local.get $s{s}) (i32.const {offset}))"),
            Expression::Add(a, b) => format!("(i32.add {} {})", e(a), e(b)),
            Expression::Tee(local, value) => format!("(local.tee $i{local} {})", e(value)),
            Expression::Block(early, condition, late) => format!(
                "(block (result i32) (br_if 0 {} (i32.and {} (i32.const 1))) (drop) {})",
                e(early),
                e(condition),
                e(late)
            ),
            Expression::If(condition, a, b) => {
                format!("(if (result i32) (i32.and {} (i32.const 1)) (then {}) (else {}))", e(condition), e(a), e(b))
            }
            Expression::Size(s) if self.segment != "i32" => format!("(call $size (local.get $s{s}))"),
            Expression::Size(s) | Expression::Difference(s) => {
                format!("(i32.eq (call $address (local.get $s{s})) (call $address (local.get $s0)))")
            }
        }
    }

    fn list(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// The handle of the innermost region.
    fn region(&self) -> String {
        format!("(local.get $r{})", self.nesting)
    }

    fn statement(&mut self, statement: &Statement) {
        // Segments of the outermost region can be allocated only while no other region is open.
        let line = match statement {
            Statement::Log(value) => format!("(call $log (i64.extend_i32_u {}))", self.expression(value)),
            Statement::Set(local, value) => format!("(local.set $i{local} {})", self.expression(value)),
            Statement::SetInt(s, offset, value) => {
                format!("(call $setInt (local.get $s{s}) {} {})", self.offset(offset), self.expression(value))
            }
            Statement::SetIntConstant(s, offset, value) => {
                format!("(call $setInt (local.get $s{s}) (i32.const {offset}) {})", self.expression(value))
            }
            Statement::SetLong(s, offset, value) => format!(
                "(call $setLong (local.get $s{s}) (i32.const {offset}) (i64.extend_i32_s {}))",
                self.expression(value)
            ),
            Statement::SetByte(s, offset, value) => {
                format!("(call $setByte (local.get $s{s}) {} {})", self.offset(offset), self.expression(value))
            }
            Statement::Allocate(..) | Statement::Aligned(..) if self.nesting > 0 => String::new(),
            Statement::Allocate(s, bytes, dynamic) => {
                let size =
                    if *dynamic { format!("(call $pass (i32.const {bytes}))") } else { format!("(i32.const {bytes})") };
                format!("(local.set $s{s} (call $allocate {} {size})){}", self.region(), clear(*s, *bytes))
            }
            Statement::Aligned(s, bytes, alignment) => format!(
                "(local.set $s{s} (call $allocateAligned {} (i32.const {bytes}) (i32.const {alignment}))){}",
                self.region(),
                clear(*s, *bytes)
            ),
            Statement::Choose(s, a, b, condition, way) => {
                let condition = format!("(i32.and {} (i32.const 1))", self.expression(condition));
                let (a, b) = (format!("(local.get $s{a})"), format!("(local.get $s{b})"));
                let slice = |of: &str| format!("(call $slice {of} (i32.const 0) (i32.const {BYTES}))");
                match way {
                    Way::If => format!("(local.set $s{s} (if (result {{seg}}) {condition} (then {a}) (else {b})))"),
                    Way::Select => format!("(local.set $s{s} (select (result {{seg}}) {a} {b} {condition}))"),
                    Way::Block => format!(
                        "(local.set $s{s} (block (result {{seg}}) (br_if 0 {} {condition}) (drop) {b}))",
                        slice(&a)
                    ),
                    Way::Arms => {
                        format!("(if {condition} (then (local.set $s{s} {a})) (else (local.set $s{s} {})))", slice(&b))
                    }
                }
            }
            Statement::Leak(s) => format!(
                "(global.set $leaked (local.get $s{s}))
                 (call $log (i64.extend_i32_u (call $getInt (global.get $leaked) (i32.const 8))))"
            ),
            Statement::Maybe(_) if !self.checked || self.segment != "anyref" => String::new(),
            Statement::Maybe(condition) => format!(
                "(if (i32.and {} (i32.const 15)) (then (local.set $m (local.get $s0))))
                 (call $log (i64.extend_i32_u (call $getInt (local.get $m) (i32.const 8))))",
                self.expression(condition)
            ),
            Statement::CopySegment(a, b) => format!("(local.set $s{a} (local.get $s{b}))"),
            Statement::Slice(a, b, offset, dynamic) => {
                let bytes =
                    if *dynamic { format!("(call $pass (i32.const {BYTES}))") } else { format!("(i32.const {BYTES})") };
                format!("(local.set $s{a} (call $slice (local.get $s{b}) (i32.const {offset}) {bytes}))")
            }
            Statement::Fill(s, offset, bytes, value) => format!(
                "(call $fill (local.get $s{s}) (i32.const {offset}) (i32.const {bytes}) {})",
                self.expression(value)
            ),
            Statement::FillDynamic(s, offset, bytes, value) => format!(
                "(call $fill (local.get $s{s}) {} (i32.and {} (i32.const 7)) {})",
                self.offset(offset),
                self.expression(bytes),
                self.expression(value)
            ),
            Statement::Copy(a, x, b, y, bytes) => format!(
                "(call $copy (local.get $s{a}) (i32.const {x}) (local.get $s{b}) (i32.const {y}) (i32.const {bytes}))"
            ),
            Statement::CopyDynamic(a, x, b, y, bytes) => format!(
                "(call $copy (local.get $s{a}) {} (local.get $s{b}) {} (i32.and {} (i32.const 7)))",
                self.offset(x),
                self.offset(y),
                self.expression(bytes)
            ),
            Statement::Call => "(call $nop)".to_string(),
            Statement::Misuse(_) if !self.checked => String::new(),
            // The condition makes it rare.
            Statement::Misuse(close) => format!(
                "(if (i32.eqz (i32.and (local.get $i0) (i32.const 3))) (then (call $misuse {} (i32.const {}))))",
                self.region(),
                i32::from(*close)
            ),
            Statement::If(condition, then, or_else) => {
                writeln!(self.out, "(if (i32.and {} (i32.const 1)) (then", self.expression(condition)).unwrap();
                self.list(then);
                self.out.push_str(") (else\n");
                self.list(or_else);
                "))".to_string()
            }
            Statement::Loop(times, body) => {
                let counter = self.loops;
                self.loops += 1;
                writeln!(self.out, "(local.set $n{counter} (i32.const {times})) (loop").unwrap();
                self.list(body);
                format!("(br_if 0 (local.tee $n{counter} (i32.sub (local.get $n{counter}) (i32.const 1)))))")
            }
            Statement::Block(before, condition, after) => {
                self.out.push_str("(block\n");
                self.list(before);
                writeln!(self.out, "(br_if 0 (i32.and {} (i32.const 1)))", self.expression(condition)).unwrap();
                self.list(after);
                ")".to_string()
            }
            Statement::Region(bytes, body) => {
                let last = SEGMENTS - 1;
                self.nesting += 1;
                self.regions = self.regions.max(self.nesting);
                let region = self.region();
                writeln!(self.out, "(local.set $r{} (call $new))", self.nesting).unwrap();
                writeln!(self.out, "(local.set $k{} (local.get $s{last}))", self.nesting).unwrap();
                writeln!(
                    self.out,
                    "(local.set $s{last} (call $allocate {region} (i32.const {bytes}))){}",
                    clear(last, *bytes)
                )
                .unwrap();
                self.list(body);
                // The local holds the segment of the enclosing region again.
                let restore = format!("(local.set $s{last} (local.get $k{}))", self.nesting);
                self.nesting -= 1;
                format!("(call $free {region}) {restore}")
            }
        };
        writeln!(self.out, "{line}").unwrap();
    }
}

fn clear(segment: usize, bytes: u32) -> String {
    format!("(call $fill (local.get $s{segment}) (i32.const 0) (i32.const {bytes}) (i32.const 0))")
}

const INTRINSICS: [(&str, &str, &str, &str); 13] = [
    ("new", "MemoryAllocator.new", "", "i32"),
    ("allocate", "MemoryAllocator.allocate", "i32 i32", "{seg}"),
    ("allocateAligned", "MemoryAllocator.allocateAligned", "i32 i32 i32", "{seg}"),
    ("free", "MemoryAllocator.free", "i32", ""),
    ("getInt", "MemorySegment.getInt", "{seg} i32", "i32"),
    ("setInt", "MemorySegment.setInt", "{seg} i32 i32", ""),
    ("setLong", "MemorySegment.setLong", "{seg} i32 i64", ""),
    ("setByte", "MemorySegment.setByte", "{seg} i32 i32", ""),
    ("address", "MemorySegment.address", "{seg}", "i32"),
    ("size", "MemorySegment.size", "{seg}", "i32"),
    ("slice", "MemorySegment.slice", "{seg} i32 i32", "{seg}"),
    ("fill", "MemorySegment.fill", "{seg} i32 i32 i32", ""),
    ("copy", "MemorySegment.copy", "{seg} i32 {seg} i32 i32", ""),
];

/// The module with the function. With `indirect`, every intrinsic is called through its own function.
pub(crate) fn module(statements: &[Statement], segment: &'static str, checked: bool, indirect: bool) -> String {
    let mut writer = Writer { out: String::new(), regions: 0, loops: 0, nesting: 0, segment, checked };
    writer.list(statements);
    let (mut imports, mut functions) = (String::new(), String::new());
    for (name, import, params, results) in INTRINSICS.iter().filter(|(name, ..)| segment != "i32" || *name != "size") {
        let ty = format!("(param {params}) (result {results})");
        if indirect {
            let arguments: String =
                (0..params.split_whitespace().count()).map(|index| format!("(local.get {index})")).collect();
            writeln!(imports, "(import \"linmem\" \"{import}\" (func $_{name} {ty}))").unwrap();
            writeln!(functions, "(func ${name} {ty} (call $_{name} {arguments}))").unwrap();
        } else {
            writeln!(imports, "(import \"linmem\" \"{import}\" (func ${name} {ty}))").unwrap();
        }
    }
    let locals = |prefix: &str, count: usize, ty: &str| -> String {
        (0..count).map(|index| format!("(local ${prefix}{index} {ty})")).collect()
    };
    let declared = [
        locals("s", SEGMENTS, "{seg}"),
        "(local $m {seg})".to_string(),
        locals("k", writer.regions + 1, "{seg}"),
        locals("i", INTEGERS, "i32"),
        locals("n", writer.loops, "i32"),
        locals("r", writer.regions + 1, "i32"),
    ]
    .concat();
    let start: String = (0..SEGMENTS)
        .map(|s| format!("(local.set $s{s} (call $allocate (local.get $r0) (i32.const {BYTES}))){}\n", clear(s, BYTES)))
        .collect();
    let end: String = (0..SEGMENTS - 1)
        .flat_map(|s| (0..BYTES / 8).map(move |word| (s, 8 * word)))
        .map(|(s, at)| format!("(call $log (i64.extend_i32_u (call $getInt (local.get $s{s}) (i32.const {at}))))\n"))
        .collect();
    let null = if segment == "anyref" { "ref.null any".to_string() } else { format!("{segment}.const 0") };
    let text = format!(
        "(module {imports}
          (import \"test\" \"log\" (func $log (param i64)))
          (import \"test\" \"nop\" (func $nop))
          (import \"test\" \"pass\" (func $pass (param i32) (result i32)))
          {functions}
          (global $leaked (mut {{seg}}) ({null}))
          (func $misuse (param $r i32) (param $close i32)
            (if (local.get $close) (then (call $free (local.get $r))) (else (drop (call $new)))))
          (func (export \"run\") {declared}
            (local.set $r0 (call $new))
            {start} {} {end}
            (call $free (local.get $r0))))",
        writer.out
    );
    text.replace("{seg}", segment)
}
