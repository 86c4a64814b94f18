//! The checked program: names are resolved to numbers, and types are right. The back halves compile it.

use super::ast::Type;

/// A program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// Functions of the host first.
    pub(crate) functions: Vec<Function>,
    /// The code units of all literals.
    pub(crate) text: Vec<u16>,
}

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// The file that it is in.
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) params: Vec<Type>,
    pub(crate) result: Option<Type>,
    pub(crate) body: Body,
}

/// The body of a function.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// The module and the name that the function is imported from.
    Host(String, String),
    /// The types of its variables, parameters first, and its statements. If the function has a result, the end of the
    /// statements is not reachable.
    Code(Vec<Type>, Vec<Statement>),
}

/// A statement, and its line.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) kind: StatementKind,
}

/// What a statement does. Variables are numbers.
#[derive(Clone, Debug)]
pub(crate) enum StatementKind {
    /// Assigns a variable. Segments have one assignment; allocators have none.
    Set(usize, Expr),
    /// Assigns a character: string, index, character.
    SetChar(Expr, Expr, Expr),
    /// Computes a value and drops it, if there is one.
    Expr(Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    While(Expr, Vec<Statement>),
    /// Leaves the innermost loop.
    Break,
    Return(Option<Expr>),
    /// Statements with an allocator.
    WithAllocator(usize, Vec<Statement>),
    Throw(Expr),
    /// Statements, the variable that holds what they throw, and the handler.
    Try(Vec<Statement>, usize, Vec<Statement>),
}

/// An expression with a type.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    /// `None` if it has no value: a call of a function without a result.
    pub(crate) ty: Option<Type>,
    pub(crate) kind: ExprKind,
}

/// What an expression computes.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Number(i32),
    /// A literal: its position in the program's text, and its length.
    Literal(u32, u32),
    Variable(usize),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Call(usize, Vec<Expr>),
    /// A new string of this length, which consists of zeroes.
    NewText(Box<Expr>),
    Length(Box<Expr>),
    CharAt(Box<Expr>, Box<Expr>),
    /// An operation on memory, with its operands.
    Memory(Memory, Vec<Expr>),
}

/// An operation on two ints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operation on memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// `allocator.allocate(bytes)`
    Allocate,
    /// `segment.getByte(offset)`, which is unsigned
    GetByte,
    /// `segment.setByte(offset, value)`
    SetByte,
    /// `segment.getInt(offset)`
    GetInt,
    /// `segment.setInt(offset, value)`
    SetInt,
    /// `segment.slice(offset, bytes)`
    Slice,
    /// `segment.size`
    Size,
    /// `segment.address`
    Address,
    /// `writeAll(descriptor, segment)`: the error number of the host.
    WriteAll,
}

impl Memory {
    /// Every operation: its name, the types of its operands, and the type of its value.
    pub(crate) const ALL: [(Memory, &str, &[Type], Option<Type>); 9] = {
        use Type::{Allocator, Int, Segment};
        [
            (Memory::Allocate, "allocate", &[Allocator, Int], Some(Segment)),
            (Memory::GetByte, "getByte", &[Segment, Int], Some(Int)),
            (Memory::SetByte, "setByte", &[Segment, Int, Int], None),
            (Memory::GetInt, "getInt", &[Segment, Int], Some(Int)),
            (Memory::SetInt, "setInt", &[Segment, Int, Int], None),
            (Memory::Slice, "slice", &[Segment, Int, Int], Some(Segment)),
            (Memory::Size, "size", &[Segment], Some(Int)),
            (Memory::Address, "address", &[Segment], Some(Int)),
            (Memory::WriteAll, "writeAll", &[Int, Segment], Some(Int)),
        ]
    };
}
