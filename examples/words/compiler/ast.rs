//! A program as it was parsed: names are not resolved, and nothing has a type.

use super::error::Position;

/// The declarations of a program.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) records: Vec<Record>,
    pub(crate) functions: Vec<Function>,
}

/// `record Name { field: type, ... }`
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) at: Position,
    pub(crate) name: String,
    pub(crate) fields: Vec<Named>,
}

/// A parameter or a field.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) at: Position,
    pub(crate) name: String,
    pub(crate) ty: TypeName,
}

/// A type as it is written.
#[derive(Debug)]
pub(crate) enum TypeName {
    Name(Position, String),
    /// `[type]`
    Array(Box<TypeName>),
}

/// `fn name(parameters): type { ... }`
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) at: Position,
    pub(crate) name: String,
    pub(crate) params: Vec<Named>,
    pub(crate) result: Option<TypeName>,
    pub(crate) body: Vec<Statement>,
    /// Where the body ends.
    pub(crate) end: Position,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) at: Position,
    pub(crate) kind: StatementKind,
}

#[derive(Debug)]
pub(crate) enum StatementKind {
    /// `let name: type = value;` where the type may be omitted.
    Let(String, Option<TypeName>, Expr),
    /// `place = value;`
    Assign(Expr, Expr),
    Expr(Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    While(Expr, Vec<Statement>),
    Return(Option<Expr>),
    Break,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: Position,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Number(i32),
    Bool(bool),
    Text(String),
    Null,
    Name(String),
    /// `-value` or `!value`
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// `value[index]`
    Index(Box<Expr>, Box<Expr>),
    /// `value[from..to]`
    Slice(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `value.name`
    Field(Box<Expr>, String),
    /// `Name { field: value, ... }`
    Record(String, Vec<(Position, String, Expr)>),
    /// `[type; length]`
    Array(TypeName, Box<Expr>),
}
