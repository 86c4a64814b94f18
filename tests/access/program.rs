//! What a program is: a tree of statements, from which its text is written and which the interpreter runs.

/// How many locals of each kind a function has.
pub const SEGMENTS: usize = 4;
pub const INTEGERS: usize = 4;
pub const REGIONS: usize = 4;
/// How many globals, and how many places behind functions, hold segments.
pub const GLOBALS: usize = 2;
pub const SLOTS: usize = 2;

/// A statement, by its position among those of its program.
pub type Id = usize;

/// A number that is decided when it is first needed, by its position among those of its program.
pub type Hole = usize;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a constant.
    Constant,
    /// As a call that gives it.
    Passed,
    /// As a parameter of the function that the host calls.
    Parameter,
}

/// A number, once it is decided.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    pub value: Option<u32>,
    pub form: Form,
    /// The statement that it is in.
    pub owner: Id,
    /// Whether it is to fit into what it is used with.
    pub fits: bool,
    /// Whether it is in the function that the host calls.
    pub outermost: bool,
}

/// Where a segment is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Local(usize),
    Global(usize),
    /// Behind a function: a table where segments are references.
    Slot(usize),
    /// In a struct of the program's.
    Boxed,
}

/// A segment, as it is pushed.
#[derive(Clone, Debug)]
pub enum Segment {
    At(Place),
    Tee(usize, Box<Segment>),
    /// The result of a block.
    Block(Box<Segment>),
    /// The result of a function.
    Returned(Box<Segment>),
    /// Put into a struct, and taken out.
    Unboxed(Box<Segment>),
    If(Number, Box<Segment>, Box<Segment>),
    /// No segment: null where that can be, and a struct of the program's own.
    Null,
    Foreign,
}

/// An `i32`.
#[derive(Clone, Debug)]
pub enum Number {
    Hole(Hole),
    Local(usize),
    Add(Box<Number>, Box<Number>),
    Scaled(Box<Number>, u32),
    Size(Box<Segment>),
    /// A number, after a statement.
    After(Box<Statement>, Box<Number>),
}

/// What is read or written by a get or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
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
    pub const ALL: [Width; 9] = [
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

    pub fn bytes(self) -> u32 {
        match self {
            Width::Byte | Width::UByte => 1,
            Width::Short | Width::UShort => 2,
            Width::Int | Width::Float => 4,
            Width::Long | Width::Double => 8,
            Width::Vector => 16,
        }
    }

    /// The width that a set of as many bytes has.
    pub fn stored(self) -> Width {
        match self {
            Width::UByte => Width::Byte,
            Width::UShort => Width::Short,
            width => width,
        }
    }

    /// The type that is read or written, in the text format.
    pub fn ty(self) -> &'static str {
        match self {
            Width::Long => "i64",
            Width::Float => "f32",
            Width::Double => "f64",
            Width::Vector => "v128",
            _ => "i32",
        }
    }
}

/// How a counted loop asks whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compare {
    LtU,
    LtS,
    LeU,
    LeS,
    Ne,
}

impl Compare {
    pub const ALL: [Compare; 5] = [Compare::LtU, Compare::LtS, Compare::LeU, Compare::LeS, Compare::Ne];

    pub fn holds(self, index: u32, bound: u32) -> bool {
        match self {
            Compare::LtU => index < bound,
            Compare::LtS => (index as i32) < (bound as i32),
            Compare::LeU => index <= bound,
            Compare::LeS => (index as i32) <= (bound as i32),
            Compare::Ne => index != bound,
        }
    }
}

/// Where a counted loop asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Behind the body.
    Until,
    /// Behind the body, of an index that is assigned on the way.
    Tee,
    /// Before the body, by a branch out.
    While,
    /// Behind the body, of an index that moves before it.
    Early,
}

#[derive(Clone, Debug)]
pub struct Loop {
    pub index: usize,
    pub from: Number,
    pub bound: Number,
    /// The integer local that the bound is put into before the loop, if it is.
    pub kept: Option<usize>,
    pub step: u32,
    pub compare: Compare,
    pub shape: Shape,
    /// What the bound is decided by: a segment, and the bytes behind the index and how often it counts.
    pub over: (Place, u32, u32),
    pub body: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Open(usize),
    /// Closes a region, in a function of its own or not.
    Close(usize, Scope),
    /// Of a region, so many bytes, aligned as asked. `Scope::Callee` hides which region it is.
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
    /// A function of the program's, with a segment, a region and a number; what it gives is kept.
    Call(usize, Segment, usize, Number, Place),
    /// Somebody else grows the memory.
    Grow(u32),
    /// Tells what was read so far.
    Log,
}

/// Whether something is done in place, or in a function that the linker does not look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Here,
    Callee,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub id: Id,
    /// Whether the program tells that it comes to it.
    pub tells: bool,
    pub action: Action,
}

/// A program: the first function is what the host calls.
#[derive(Clone, Debug)]
pub struct Program {
    pub functions: Vec<Vec<Statement>>,
    pub holes: Vec<Decided>,
    /// Which statements are left out.
    pub off: Vec<bool>,
    pub setting: Setting,
}

/// What the programs of one module have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub outermost: bool,
    /// Whether the program brings its memory.
    pub owned: bool,
    /// Whether constant allocations may share frames, so that nobody knows their addresses.
    pub frames: bool,
}

/// How many pages the memory of a program has that brings one.
pub const OWN_PAGES: u32 = 2;

/// How far a memory can grow.
pub const MOST_PAGES: u32 = 24;

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 6] = {
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

/// Visits statements, and those in them.
pub fn visit(list: &[Statement], see: &mut impl FnMut(&Statement)) {
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
