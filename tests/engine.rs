//! Random functions, linked twice: once as they are, and once with every intrinsic behind a function of its own, where
//! the engine knows nothing of constants, frames, locals or innermost regions. Both must log the same values, and come
//! to the same violation if somebody meddles with their regions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::allocator::{Nesting, OutOfMemory, Zero};
use linmem::{Config, Optimize, Safety};
use linmem_host::wasmtime::Val;
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use support::host::{Running, State, violation};

/// Every segment is at least so large, and every offset leaves room for eight bytes.
const BYTES: u32 = 64;

/// The segment locals: the first ones are of the outermost region, the last one of whatever region is innermost.
const SEGMENTS: usize = 4;
const INTEGERS: usize = 4;

#[derive(Clone, Debug)]
enum Expression {
    Constant(i32),
    Local(usize),
    /// Reads an `i32`.
    Get(usize, Box<Expression>),
    GetConstant(usize, u32),
    Add(Box<Expression>, Box<Expression>),
    /// Assigns on the way.
    Tee(usize, Box<Expression>),
    /// The value of a block that may be left early with another one.
    Block(Box<Expression>, Box<Expression>, Box<Expression>),
    If(Box<Expression>, Box<Expression>, Box<Expression>),
    /// The size of a segment, which only a packed one knows.
    Size(usize),
    Difference(usize),
}

#[derive(Clone, Debug)]
enum Statement {
    Log(Expression),
    Set(usize, Expression),
    SetInt(usize, Expression, Expression),
    SetIntConstant(usize, u32, Expression),
    SetLong(usize, u32, Expression),
    SetByte(usize, Expression, Expression),
    /// A segment of the outermost region: constant size, or not.
    Allocate(usize, u32, bool),
    Aligned(usize, u32, u32),
    CopySegment(usize, usize),
    Slice(usize, usize, u32, bool),
    Fill(usize, u32, u32, Expression),
    FillDynamic(usize, Expression, Expression, Expression),
    Copy(usize, u32, usize, u32, u32),
    CopyDynamic(usize, Expression, usize, Expression, Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Loop(u32, Vec<Statement>),
    /// A block that is left before its last statements if the condition holds.
    Block(Vec<Statement>, Expression, Vec<Statement>),
    /// A nested region. Its segment is allocated first.
    Region(u32, Vec<Statement>),
    Call,
    /// Somebody else is given the handle of the innermost region, and closes it, or leaves another one open.
    Meddle(bool),
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Expression::Constant),
        (0..64i32).prop_map(Expression::Constant),
        (0..INTEGERS).prop_map(Expression::Local),
        (0..SEGMENTS, 0..BYTES - 8).prop_map(|(s, o)| Expression::GetConstant(s, o)),
        (0..SEGMENTS).prop_map(Expression::Size),
        (0..SEGMENTS).prop_map(Expression::Difference),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let boxed = inner.prop_map(Box::new).boxed();
        prop_oneof![
            (0..SEGMENTS, boxed.clone()).prop_map(|(s, e)| Expression::Get(s, e)),
            (boxed.clone(), boxed.clone()).prop_map(|(a, b)| Expression::Add(a, b)),
            (0..INTEGERS, boxed.clone()).prop_map(|(l, e)| Expression::Tee(l, e)),
            (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(|(a, b, c)| Expression::Block(a, b, c)),
            (boxed.clone(), boxed.clone(), boxed).prop_map(|(a, b, c)| Expression::If(a, b, c)),
        ]
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let segment = 0..SEGMENTS;
    let outer = 0..SEGMENTS - 1;
    let offset = 0..BYTES - 8;
    let leaf = prop_oneof![
        3 => expression().prop_map(Statement::Log),
        2 => (0..INTEGERS, expression()).prop_map(|(l, e)| Statement::Set(l, e)),
        2 => (segment.clone(), expression(), expression()).prop_map(|(s, o, v)| Statement::SetInt(s, o, v)),
        3 => (segment.clone(), offset.clone(), expression()).prop_map(|(s, o, v)| Statement::SetIntConstant(s, o, v)),
        1 => (segment.clone(), offset, expression()).prop_map(|(s, o, v)| Statement::SetLong(s, o, v)),
        1 => (segment.clone(), expression(), expression()).prop_map(|(s, o, v)| Statement::SetByte(s, o, v)),
        3 => (outer.clone(), BYTES..2000u32, any::<bool>()).prop_map(|(s, b, d)| Statement::Allocate(s, b, d)),
        1 => (outer.clone(), BYTES..100_000u32, Just(false)).prop_map(|(s, b, d)| Statement::Allocate(s, b, d)),
        1 => (outer.clone(), BYTES..200u32, 0..8u32).prop_map(|(s, b, a)| Statement::Aligned(s, b, 1 << a)),
        2 => (outer.clone(), outer.clone()).prop_map(|(a, b)| Statement::CopySegment(a, b)),
        1 => (outer.clone(), outer, Just(0u32), any::<bool>()).prop_map(|(a, b, o, d)| Statement::Slice(a, b, o, d)),
        1 => (segment.clone(), 0..8u32, 0..BYTES - 8, expression()).prop_map(|(s, o, b, v)| Statement::Fill(s, o, b, v)),
        1 => (segment.clone(), expression(), expression(), expression())
            .prop_map(|(s, o, b, v)| Statement::FillDynamic(s, o, b, v)),
        1 => (segment.clone(), 0..8u32, segment.clone(), 0..8u32, 0..BYTES - 8)
            .prop_map(|(a, x, b, y, n)| Statement::Copy(a, x, b, y, n)),
        1 => (segment.clone(), expression(), segment, expression(), expression())
            .prop_map(|(a, x, b, y, n)| Statement::CopyDynamic(a, x, b, y, n)),
        2 => Just(Statement::Call),
        1 => any::<bool>().prop_map(Statement::Meddle),
    ];
    leaf.prop_recursive(3, 30, 5, |inner| {
        let list = proptest::collection::vec(inner, 0..5).boxed();
        prop_oneof![
            (expression(), list.clone(), list.clone()).prop_map(|(c, a, b)| Statement::If(c, a, b)),
            (1..4u32, list.clone()).prop_map(|(n, body)| Statement::Loop(n, body)),
            (list.clone(), expression(), list.clone()).prop_map(|(a, c, b)| Statement::Block(a, c, b)),
            (BYTES..300u32, list).prop_map(|(bytes, body)| Statement::Region(bytes, body)),
        ]
    })
}

/// Writes a function in the text format.
struct Writer {
    out: String,
    regions: usize,
    loops: usize,
    nesting: usize,
    packed: bool,
    /// Whether regions are checked, so that somebody may meddle.
    checked: bool,
}

impl Writer {
    /// An offset that leaves room, from any value.
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
            Expression::Size(s) if self.packed => format!("(call $size (local.get $s{s}))"),
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

    /// The region that may allocate.
    fn region(&self) -> String {
        format!("(local.get $r{})", self.nesting)
    }

    fn statement(&mut self, statement: &Statement) {
        // Outermost segments can only be allocated while no other region is open.
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
            Statement::Meddle(_) if !self.checked => String::new(),
            // Most of the time nothing comes of it.
            Statement::Meddle(close) => format!(
                "(if (i32.eqz (i32.and (local.get $i0) (i32.const 3))) (then (call $meddle {} (i32.const {}))))",
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
                // The segment of the region around is the one of this again.
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

/// The module with the function, whose intrinsics are called as they are or through functions.
fn module(statements: &[Statement], packed: bool, checked: bool, indirect: bool) -> String {
    let mut writer = Writer { out: String::new(), regions: 0, loops: 0, nesting: 0, packed, checked };
    writer.list(statements);
    let (mut imports, mut functions) = (String::new(), String::new());
    for (name, import, params, results) in INTRINSICS.iter().filter(|(name, ..)| packed || *name != "size") {
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
    let text = format!(
        "(module {imports}
          (import \"test\" \"log\" (func $log (param i64)))
          (import \"test\" \"nop\" (func $nop))
          (import \"test\" \"pass\" (func $pass (param i32) (result i32)))
          {functions}
          (func $meddle (param $r i32) (param $close i32)
            (if (local.get $close) (then (call $free (local.get $r))) (else (drop (call $new)))))
          (func (export \"run\") {declared}
            (local.set $r0 (call $new))
            {start} {} {end}
            (call $free (local.get $r0))))",
        writer.out
    );
    text.replace("{seg}", if packed { "i64" } else { "i32" })
}

/// What a module logs, and the violation that it comes to.
fn log(text: &str, config: &Config) -> (Vec<i64>, Option<String>) {
    let linked = linmem::link(text.as_bytes(), config).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut running = Running::new(&linked, State::default());
    for _ in 0..2 {
        if let Err(error) = running.call("run", &[] as &[Val]) {
            let kind = violation(&error).unwrap_or_else(|| panic!("{error:?}\n{text}"));
            return (std::mem::take(&mut running.store.data_mut().log), Some(kind));
        }
    }
    (std::mem::take(&mut running.store.data_mut().log), None)
}

fn configuration() -> impl Strategy<Value = Config> {
    let nesting = prop_oneof![Just(Nesting::Stack), Just(Nesting::Outermost)];
    let zero = (0..Zero::ALL.len()).prop_map(|index| Zero::ALL[index]);
    let out_of_memory = (0..OutOfMemory::ALL.len()).prop_map(|index| OutOfMemory::ALL[index]);
    let safety = prop_oneof![Just(Safety::None), Just(Safety::Temporal)];
    (safety, nesting, zero, out_of_memory).prop_map(|(safety, nesting, zero, out_of_memory)| Config {
        safety: Some(safety),
        nesting,
        zero,
        out_of_memory,
        ..Config::default()
    })
}

#[test]
fn folding_preserves_behaviour() {
    let logged = RefCell::new(0usize);
    let violations: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let cases = std::env::var("LINMEM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let runs = Runs { cases, failure_persistence: None, max_shrink_iters: 2000, ..Runs::default() };
    let mut runner = TestRunner::new_with_rng(runs, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (proptest::collection::vec(statement(), 1..16), any::<bool>(), configuration());
    let result = runner.run(&strategy, |(statements, packed, config)| {
        let checked = config.safety == Some(Safety::Temporal);
        let expected = log(&module(&statements, packed, checked, true), &config);
        let direct = module(&statements, packed, checked, false);
        linmem_codegen::planted::always_for_size();
        for optimize in [Optimize::Speed, Optimize::Size] {
            let config = Config { optimize, ..config.clone() };
            prop_assert_eq!(&log(&direct, &config), &expected, "{}", &direct);
        }
        *logged.borrow_mut() += expected.0.len();
        *violations.borrow_mut().entry(expected.1.unwrap_or_default()).or_default() += 1;
        Ok(())
    });
    support::show(&format!("{} values were logged, violations {:?}", logged.into_inner(), violations.borrow()));
    if let Err(error) = result {
        panic!("{error}");
    }
    for kind in ["UseAfterFree", "AlreadyFreed", "NotInnermost"] {
        assert!(violations.borrow().get(kind).is_some_and(|count| *count > 5), "{kind}: {violations:?}");
    }
}
