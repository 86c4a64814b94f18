//! The syntax tree: names are not resolved, and types are not checked.

/// The types of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A 32-bit integer.
    Int,
    /// A string: a GC array of UTF-16 code units.
    Text,
    /// Memory that was allocated from an allocator.
    Segment,
    /// The allocator of an enclosing `withAllocator`.
    Allocator,
}

/// A function. A function of the host has no body.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) name: String,
    pub(crate) params: Vec<(String, Type)>,
    pub(crate) result: Option<Type>,
    pub(crate) body: Body,
}

/// The body of a function.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Its statements.
    Code(Vec<Statement>),
    /// The module and the name that the function is imported from: `@host("env", "log")`.
    Host(String, String),
}

/// A statement, and the line that it begins on.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) kind: StatementKind,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub(crate) enum StatementKind {
    /// `let name = value;`
    Let(String, Expr),
    /// `target = value;`: the target is a name, or a character of a string.
    Assign(Expr, Expr),
    /// `value;`
    Expr(Expr),
    /// `if condition { … } else { … }`
    If(Expr, Vec<Statement>, Vec<Statement>),
    /// `while condition { … }`
    While(Expr, Vec<Statement>),
    /// `break;`
    Break,
    /// `return value;`
    Return(Option<Expr>),
    /// `withAllocator name { … }`
    WithAllocator(String, Vec<Statement>),
    /// `throw value;`
    Throw(Expr),
    /// `try { … } catch name { … }`
    Try(Vec<Statement>, String, Vec<Statement>),
}

/// An expression, and the line that it begins on.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) line: u32,
    pub(crate) kind: ExprKind,
}

/// What an expression computes.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    /// A number or a character.
    Number(i32),
    /// A string literal.
    Text(String),
    /// A variable.
    Name(String),
    /// A sum, a comparison and so on.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `name(arguments)`
    Call(String, Vec<Expr>),
    /// `object.name(arguments)`, or `object.name` without arguments.
    Member(Box<Expr>, String, Vec<Expr>),
    /// `text[index]`
    Index(Box<Expr>, Box<Expr>),
}
