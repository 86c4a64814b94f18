//! A random function, as a tree of statements.

use proptest::prelude::*;

/// The smallest size of a segment. Every offset is at least eight bytes below it.
pub(crate) const BYTES: u32 = 64;

/// The number of locals for segments. The last one holds a segment of the innermost region, the others segments of the
/// outermost region.
pub(crate) const SEGMENTS: usize = 4;
pub(crate) const INTEGERS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Constant(i32),
    Local(usize),
    /// Reads an `i32`.
    Get(usize, Box<Expression>),
    GetConstant(usize, u32),
    Add(Box<Expression>, Box<Expression>),
    /// Assigns a local, and has its value.
    Tee(usize, Box<Expression>),
    /// A block that ends with its third expression, or early with its first one if the condition holds.
    Block(Box<Expression>, Box<Expression>, Box<Expression>),
    If(Box<Expression>, Box<Expression>, Box<Expression>),
    /// The size of a segment, which only a packed segment carries.
    Size(usize),
    Difference(usize),
}

/// How one of two segments is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// The result of an `if`.
    If,
    /// `select`.
    Select,
    /// The result of a block that a branch may leave early, with a new segment as the other result.
    Block,
    /// An assignment in each arm of an `if`, one of them of a slice.
    Arms,
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Log(Expression),
    Set(usize, Expression),
    SetInt(usize, Expression, Expression),
    SetIntConstant(usize, u32, Expression),
    SetLong(usize, u32, Expression),
    SetByte(usize, Expression, Expression),
    /// Allocates a segment of the outermost region; the flag says that the size is not a constant.
    Allocate(usize, u32, bool),
    Aligned(usize, u32, u32),
    CopySegment(usize, usize),
    /// Assigns a local one of the segments in two others.
    Choose(usize, usize, usize, Expression, Way),
    /// Stores a segment in a global, and reads it from there.
    Leak(usize),
    /// Assigns a local only if the condition holds, and reads it, where that is a violation of its own kind.
    Maybe(Expression),
    Slice(usize, usize, u32, bool),
    Fill(usize, u32, u32, Expression),
    FillDynamic(usize, Expression, Expression, Expression),
    Copy(usize, u32, usize, u32, u32),
    CopyDynamic(usize, Expression, usize, Expression, Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Loop(u32, Vec<Statement>),
    /// A block that skips its last statements if the condition holds.
    Block(Vec<Statement>, Expression, Vec<Statement>),
    /// A nested region, whose segment is allocated first.
    Region(u32, Vec<Statement>),
    Call,
    /// A call that gets the handle of the innermost region, and closes the region, or leaves another one open.
    Misuse(bool),
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

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::If), Just(Way::Select), Just(Way::Block), Just(Way::Arms)]
}

pub(crate) fn statement() -> impl Strategy<Value = Statement> {
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
        1 => (outer.clone(), outer.clone(), Just(0u32), any::<bool>()).prop_map(|(a, b, o, d)| Statement::Slice(a, b, o, d)),
        1 => (segment.clone(), 0..8u32, 0..BYTES - 8, expression()).prop_map(|(s, o, b, v)| Statement::Fill(s, o, b, v)),
        1 => (segment.clone(), expression(), expression(), expression())
            .prop_map(|(s, o, b, v)| Statement::FillDynamic(s, o, b, v)),
        1 => (segment.clone(), 0..8u32, segment.clone(), 0..8u32, 0..BYTES - 8)
            .prop_map(|(a, x, b, y, n)| Statement::Copy(a, x, b, y, n)),
        1 => (segment.clone(), expression(), segment, expression(), expression())
            .prop_map(|(a, x, b, y, n)| Statement::CopyDynamic(a, x, b, y, n)),
        3 => (outer.clone(), outer.clone(), outer.clone(), expression(), way())
            .prop_map(|(s, a, b, c, way)| Statement::Choose(s, a, b, c, way)),
        1 => outer.prop_map(Statement::Leak),
        1 => expression().prop_map(Statement::Maybe),
        2 => Just(Statement::Call),
        1 => any::<bool>().prop_map(Statement::Misuse),
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
