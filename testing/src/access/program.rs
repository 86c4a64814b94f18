//! A program: a tree of statements, which is written as text, and which the interpreter runs.

/// The numbers of locals of each kind in a function.
pub(crate) const SEGMENTS: usize = 4;
pub(crate) const INTEGERS: usize = 4;
pub(crate) const REGIONS: usize = 4;
/// The numbers of globals and of slots that hold segments.
pub(crate) const GLOBALS: usize = 2;
pub(crate) const SLOTS: usize = 2;

/// The position of a statement in its program.
pub(crate) type Id = usize;

/// The position of a number that is decided when it is first needed.
pub(crate) type Hole = usize;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a constant.
    Constant,
    /// As a call that returns it.
    Passed,
    /// As a parameter of the function that the host calls.
    Parameter,
}

/// A number, once it is decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided {
    pub(crate) value: Option<u32>,
    pub(crate) form: Form,
    /// The statement that contains it.
    pub(crate) owner: Id,
    /// Whether it must fit the operand that it is used with.
    pub(crate) fits: bool,
    /// Whether it is in the function that the host calls.
    pub(crate) outermost: bool,
}

/// Where a segment is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Local(usize),
    Global(usize),
    /// Accessed by a function: in a table, if segments are references.
    Slot(usize),
    /// In a struct of the program.
    Boxed,
}

/// A segment, as it is pushed.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    At(Place),
    Tee(usize, Box<Segment>),
    /// The result of a block.
    Block(Box<Segment>),
    /// The result of a function.
    Returned(Box<Segment>),
    /// Put into a struct, and taken out.
    Unboxed(Box<Segment>),
    If(Number, Box<Segment>, Box<Segment>),
    /// A segment of so many bytes at an address.
    OfAddress(Box<Number>, u32),
    /// Not a segment: null if the type allows it, and a struct of the program.
    Null,
    Foreign,
}

/// An `i32`.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    Hole(Hole),
    /// An address, near the end of the allocated memory if it is undecided.
    Address(Hole),
    Local(usize),
    Add(Box<Number>, Box<Number>),
    Scaled(Box<Number>, u32),
    Size(Box<Segment>),
    /// A number, after a statement.
    After(Box<Statement>, Box<Number>),
}

/// The value that a get or set reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Width {
    Byte,
    UByte,
    Short,
    UShort,
    Int,
    Long,
    Float,
    Double,
    Vector,
}

impl Width {
    pub(crate) const ALL: [Width; 9] = [
        Width::Byte,
        Width::UByte,
        Width::Short,
        Width::UShort,
        Width::Int,
        Width::Long,
        Width::Float,
        Width::Double,
        Width::Vector,
    ];

    pub(crate) fn bytes(self) -> u32 {
        match self {
            Width::Byte | Width::UByte => 1,
            Width::Short | Width::UShort => 2,
            Width::Int | Width::Float => 4,
            Width::Long | Width::Double => 8,
            Width::Vector => 16,
        }
    }

    /// The width of the set with the same number of bytes.
    pub(crate) fn stored(self) -> Width {
        match self {
            Width::UByte => Width::Byte,
            Width::UShort => Width::Short,
            width => width,
        }
    }

    /// The type of the value, in the text format.
    pub(crate) fn ty(self) -> &'static str {
        match self {
            Width::Long => "i64",
            Width::Float => "f32",
            Width::Double => "f64",
            Width::Vector => "v128",
            _ => "i32",
        }
    }
}

/// The comparison of the index of a counted loop with its bound. The loop continues
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compare {
    /// While it is less than the bound, unsigned.
    LtU,
    /// While it is less than the bound, signed.
    LtS,
    /// While it is at most the bound, unsigned.
    LeU,
    /// While it is at most the bound, signed.
    LeS,
    /// While it differs from the bound.
    Ne,
}

impl Compare {
    pub(crate) const ALL: [Compare; 5] = [Compare::LtU, Compare::LtS, Compare::LeU, Compare::LeS, Compare::Ne];

    pub(crate) fn holds(self, index: u32, bound: u32) -> bool {
        match self {
            Compare::LtU => index < bound,
            Compare::LtS => (index as i32) < (bound as i32),
            Compare::LeU => index <= bound,
            Compare::LeS => (index as i32) <= (bound as i32),
            Compare::Ne => index != bound,
        }
    }
}

/// Where a counted loop compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// After the body.
    Until,
    /// After the body, with the result of the `local.tee` that assigns the index.
    Tee,
    /// Before the body, with a branch out of the loop.
    While,
    /// After the body; the index is incremented before the body.
    Early,
}

#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub(crate) index: usize,
    pub(crate) from: Number,
    pub(crate) bound: Number,
    /// The integer local that holds the bound, if it is computed before the loop.
    pub(crate) kept: Option<usize>,
    pub(crate) step: u32,
    pub(crate) compare: Compare,
    pub(crate) shape: Shape,
    /// What the bound is decided from: a segment, the bytes of an access at the index, and the factor of the index.
    pub(crate) over: (Place, u32, u32),
    pub(crate) body: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Open(usize),
    /// Closes a region.
    Close(usize, Scope),
    /// Allocates bytes from a region, with an alignment. `Scope::Callee` hides which region it is.
    Allocate(Place, usize, Number, u32, Scope),
    Slice(Place, Segment, Number, Number),
    OfAddress(Place, Number, Number),
    Move(Place, Segment),
    Get(Segment, Number, Width),
    Set(Segment, Number, Width, Number),
    Fill(Segment, Number, Number, Number),
    Copy(Segment, Number, Segment, Number, Number),
    Measure(Segment),
    Locate(Segment),
    Assign(usize, Number),
    If(Number, Vec<Statement>, Vec<Statement>),
    Block(Vec<Statement>),
    /// Leaves the innermost block or loop if a number is not 0.
    Leave(Number),
    Loop(Box<Loop>),
    /// Calls a function of the program with a segment, a region and a number, and keeps its result.
    Call(usize, Segment, usize, Number, Place),
    /// Other code grows the memory.
    Grow(u32),
    /// Logs the values that were read so far.
    Log,
}

/// Whether something is done in place, or in another function, whose code the linker does not consider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Here,
    Callee,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) id: Id,
    /// Whether the program logs that it reaches the statement.
    pub(crate) traced: bool,
    pub(crate) action: Action,
}

/// A program. The host calls its first function.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) functions: Vec<Vec<Statement>>,
    pub(crate) holes: Vec<Decided>,
    /// Which statements are omitted.
    pub(crate) off: Vec<bool>,
    pub(crate) setting: Setting,
}

/// What the programs of one module have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) outermost: bool,
    /// Whether the program defines its memory.
    pub(crate) owned: bool,
    /// Whether constant allocations may share frames, so that their addresses are unspecified.
    pub(crate) frames: bool,
}

/// The number of pages in the memory of a program that defines one.
pub(crate) const OWN_PAGES: u32 = 2;

/// The largest number of pages of a memory.
pub(crate) const MAX_PAGES: u32 = 24;

impl Setting {
    /// All settings.
    pub(crate) const ALL: [Setting; 6] = {
        let base = Setting { outermost: false, owned: false, frames: false };
        [
            base,
            Setting { owned: true, ..base },
            Setting { outermost: true, ..base },
            Setting { outermost: true, owned: true, ..base },
            Setting { frames: true, ..base },
            Setting { frames: true, outermost: true, owned: true },
        ]
    };
}

/// Visits statements, and the statements in them.
pub(crate) fn visit(list: &[Statement], see: &mut impl FnMut(&Statement)) {
    for statement in list {
        see(statement);
        match &statement.action {
            Action::If(_, then, or_else) => {
                visit(then, see);
                visit(or_else, see);
            }
            Action::Block(body) => visit(body, see),
            Action::Loop(counted) => visit(&counted.body, see),
            _ => {}
        }
    }
}

/// The parameters of a program's export, in order.
pub(crate) fn parameters(program: &Program) -> Vec<Hole> {
    (0..program.holes.len()).filter(|hole| program.holes[*hole].form == Form::Parameter).collect()
}
