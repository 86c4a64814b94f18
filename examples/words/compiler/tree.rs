//! A program in which names are resolved and every value has a type.

use super::error::Position;

/// The type of a value. The numbers are positions in the lists of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Int,
    Bool,
    Text,
    Array(usize),
    Record(usize),
}

/// A whole program, and the types that it uses.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) records: Vec<Record>,
    /// The array types, by the type of their elements.
    pub(crate) arrays: Vec<Type>,
    pub(crate) functions: Vec<Function>,
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) fields: Vec<(String, Type)>,
}

#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) params: Vec<Type>,
    pub(crate) result: Option<Type>,
    /// All variables, the parameters first.
    pub(crate) variables: Vec<Type>,
    pub(crate) body: Vec<Statement>,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) at: Position,
    pub(crate) kind: StatementKind,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    SetVariable(usize, Expr),
    SetElement(Expr, Expr, Expr),
    /// The record, the field, its value.
    SetField(Expr, usize, Expr),
    Expr(Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    While(Expr, Vec<Statement>),
    Return(Option<Expr>),
    Break,
}

#[derive(Debug)]
pub(crate) struct Expr {
    /// `None` if it is a call of a function without a result.
    pub(crate) ty: Option<Type>,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Number(i32),
    Text(String),
    Null,
    Variable(usize),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    IsNull(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    /// A call of a function of the program.
    Call(usize, Vec<Expr>),
    Builtin(Builtin, Vec<Expr>),
    Element(Box<Expr>, Box<Expr>),
    Field(Box<Expr>, usize),
    /// The values of all fields.
    Record(Vec<Expr>),
    /// An array of this length, whose elements are 0, false or null.
    Array(Box<Expr>),
}

/// An operator of numbers; `Same` is of references.
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
    Same,
}

/// A function that the compiler provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// The length of a string or an array.
    Length,
    /// A string of a length, of characters 0.
    NewText,
    /// Two strings, one after the other.
    Concat,
    /// A part of a string.
    Slice,
    /// Writes a string to a descriptor, and returns an error number.
    Write,
    /// The rest of a descriptor as a string; null if that fails.
    Read,
    /// The descriptor of the file with a path, or minus an error number.
    Open,
    /// Closes a descriptor.
    Close,
    /// The arguments of the program, its name first; null if that fails.
    Args,
    /// Ends the program.
    Exit,
}

impl Builtin {
    /// The functions that programs can call, with their parameters and result. `Length` has a parameter of several types,
    /// and the others are operators.
    pub(crate) const NAMED: [(&'static str, Builtin, &'static [Type], Option<Type>); 6] = [
        ("new_string", Builtin::NewText, &[Type::Int], Some(Type::Text)),
        ("write", Builtin::Write, &[Type::Int, Type::Text], Some(Type::Int)),
        ("read", Builtin::Read, &[Type::Int], Some(Type::Text)),
        ("open", Builtin::Open, &[Type::Text], Some(Type::Int)),
        ("close", Builtin::Close, &[Type::Int], None),
        ("exit", Builtin::Exit, &[Type::Int], None),
    ];
}
