//! Resolves names and checks types.
//!
//! A name means the innermost variable that was declared before. Allocators are parameters or come from
//! `withAllocator`, and segments have one assignment, so that neither outlives its scope by an assignment.

use super::ast::{self, Type};
use super::tree::{Binary, Body, Expr, ExprKind, Function, Memory, Program, Statement, StatementKind};
use std::collections::HashMap;

/// Checks the functions of a program. An error has the form `FILE:LINE: message`.
pub(crate) fn check(functions: &[ast::Function]) -> Result<Program, String> {
    // Functions of the host come first, since imports have the first indices.
    let is_host = |function: &&ast::Function| matches!(function.body, ast::Body::Host(..));
    let (hosts, own): (Vec<_>, Vec<_>) = functions.iter().partition(is_host);
    let ordered = [hosts, own].concat();
    let mut numbers = HashMap::new();
    for (number, function) in ordered.iter().enumerate() {
        if numbers.insert(function.name.as_str(), number).is_some() || builtin(&function.name).is_some() {
            return Err(at(function, "a function with this name is already defined"));
        }
    }
    match numbers.get("main").map(|number| ordered[*number]) {
        None => return Err("the program has no function main".to_string()),
        Some(main) if !main.params.is_empty() || main.result.is_some() || is_host(&main) => {
            return Err(at(main, "main must have a body, no parameters and no result"));
        }
        Some(_) => {}
    }
    let mut program = Program::default();
    for function in &ordered {
        let mut checker = Checker::new(&ordered, &numbers, &mut program.text, function);
        let body = match &function.body {
            ast::Body::Host(module, name) => Body::Host(module.clone(), name.clone()),
            ast::Body::Code(statements) => {
                let code = checker.block(statements).map_err(|message| format!("{}:{message}", function.file))?;
                if function.result.is_some() && !leaves(&code) {
                    return Err(at(function, "the function can end without a result"));
                }
                Body::Code(checker.variables, code)
            }
        };
        let params = function.params.iter().map(|(_, ty)| *ty).collect();
        let (file, name) = (function.file.clone(), function.name.clone());
        program.functions.push(Function { file, name, params, result: function.result, body });
    }
    Ok(program)
}

/// A message about a function.
fn at(function: &ast::Function, message: &str) -> String {
    format!("{}:{}: {}: {message}", function.file, function.line, function.name)
}

/// The operation on memory that has this name.
fn builtin(name: &str) -> Option<(Memory, &'static [Type], Option<Type>)> {
    let found = Memory::ALL.iter().find(|(_, known, ..)| *known == name);
    found.map(|(operation, _, params, result)| (*operation, *params, *result))
}

/// Whether the end of the statements cannot be reached.
fn leaves(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::Return(_) | StatementKind::Throw(_) | StatementKind::Break => true,
        StatementKind::If(_, then, or_else) => leaves(then) && leaves(or_else),
        StatementKind::WithAllocator(_, body) => leaves(body),
        StatementKind::Try(body, _, handler) => leaves(body) && leaves(handler),
        _ => false,
    })
}

fn describe(ty: Option<Type>) -> &'static str {
    match ty {
        None => "no value",
        Some(Type::Int) => "an int",
        Some(Type::Text) => "a string",
        Some(Type::Segment) => "a segment",
        Some(Type::Allocator) => "an allocator",
    }
}

struct Checker<'a> {
    functions: &'a [&'a ast::Function],
    numbers: &'a HashMap<&'a str, usize>,
    text: &'a mut Vec<u16>,
    result: Option<Type>,
    variables: Vec<Type>,
    /// The names of variables, innermost last.
    scope: Vec<(String, usize)>,
    loops: u32,
}

impl<'a> Checker<'a> {
    fn new(
        functions: &'a [&'a ast::Function],
        numbers: &'a HashMap<&'a str, usize>,
        text: &'a mut Vec<u16>,
        function: &ast::Function,
    ) -> Checker<'a> {
        let (variables, scope) = (Vec::new(), Vec::new());
        let mut checker = Checker { functions, numbers, text, result: function.result, variables, scope, loops: 0 };
        for (name, ty) in &function.params {
            checker.declare(name, *ty);
        }
        checker
    }

    fn declare(&mut self, name: &str, ty: Type) -> usize {
        self.variables.push(ty);
        self.scope.push((name.to_string(), self.variables.len() - 1));
        self.variables.len() - 1
    }

    fn block(&mut self, statements: &[ast::Statement]) -> Result<Vec<Statement>, String> {
        let outer = self.scope.len();
        let mut checked = Vec::new();
        for statement in statements {
            let kind = self.statement(statement)?;
            checked.push(Statement { line: statement.line, kind });
        }
        self.scope.truncate(outer);
        Ok(checked)
    }

    /// A block in which a variable is declared.
    fn block_with(&mut self, name: &str, ty: Type, body: &[ast::Statement]) -> Result<(usize, Vec<Statement>), String> {
        let outer = self.scope.len();
        let variable = self.declare(name, ty);
        let body = self.block(body)?;
        self.scope.truncate(outer);
        Ok((variable, body))
    }

    fn statement(&mut self, statement: &ast::Statement) -> Result<StatementKind, String> {
        let line = statement.line;
        Ok(match &statement.kind {
            ast::StatementKind::Let(name, value) => {
                let value = self.expr(value)?;
                match value.ty {
                    None | Some(Type::Allocator) => {
                        return Err(format!("{line}: {} cannot be kept in a variable", describe(value.ty)));
                    }
                    Some(ty) => StatementKind::Set(self.declare(name, ty), value),
                }
            }
            ast::StatementKind::Assign(target, value) => match &target.kind {
                ast::ExprKind::Index(text, index) => {
                    let (text, index) = (self.expect(text, Type::Text)?, self.expect(index, Type::Int)?);
                    StatementKind::SetChar(text, index, self.expect(value, Type::Int)?)
                }
                ast::ExprKind::Name(name) => {
                    let (variable, ty) = self.variable(line, name)?;
                    if matches!(ty, Type::Segment | Type::Allocator) {
                        return Err(format!("{line}: {} cannot be assigned again", describe(Some(ty))));
                    }
                    StatementKind::Set(variable, self.expect(value, ty)?)
                }
                _ => return Err(format!("{line}: this cannot be assigned")),
            },
            ast::StatementKind::Expr(value) => StatementKind::Expr(self.expr(value)?),
            ast::StatementKind::If(condition, then, or_else) => {
                let condition = self.expect(condition, Type::Int)?;
                StatementKind::If(condition, self.block(then)?, self.block(or_else)?)
            }
            ast::StatementKind::While(condition, body) => {
                let condition = self.expect(condition, Type::Int)?;
                self.loops += 1;
                let body = self.block(body)?;
                self.loops -= 1;
                StatementKind::While(condition, body)
            }
            ast::StatementKind::Break if self.loops == 0 => return Err(format!("{line}: break outside of a loop")),
            ast::StatementKind::Break => StatementKind::Break,
            ast::StatementKind::Return(value) => match (value, self.result) {
                (None, None) => StatementKind::Return(None),
                (Some(value), Some(ty)) => StatementKind::Return(Some(self.expect(value, ty)?)),
                (_, result) => return Err(format!("{line}: this function returns {}", describe(result))),
            },
            ast::StatementKind::WithAllocator(name, body) => {
                let (allocator, body) = self.block_with(name, Type::Allocator, body)?;
                StatementKind::WithAllocator(allocator, body)
            }
            ast::StatementKind::Throw(value) => StatementKind::Throw(self.expect(value, Type::Int)?),
            ast::StatementKind::Try(body, name, handler) => {
                let body = self.block(body)?;
                let (thrown, handler) = self.block_with(name, Type::Int, handler)?;
                StatementKind::Try(body, thrown, handler)
            }
        })
    }

    fn variable(&self, line: u32, name: &str) -> Result<(usize, Type), String> {
        match self.scope.iter().rev().find(|(known, _)| known == name) {
            Some((_, variable)) => Ok((*variable, self.variables[*variable])),
            None => Err(format!("{line}: unknown variable {name}")),
        }
    }

    fn expect(&mut self, value: &ast::Expr, ty: Type) -> Result<Expr, String> {
        let expr = self.expr(value)?;
        if expr.ty == Some(ty) {
            return Ok(expr);
        }
        Err(format!("{}: expected {}, found {}", value.line, describe(Some(ty)), describe(expr.ty)))
    }

    fn expr(&mut self, expr: &ast::Expr) -> Result<Expr, String> {
        let line = expr.line;
        let typed = |ty: Type, kind: ExprKind| Expr { ty: Some(ty), kind };
        Ok(match &expr.kind {
            ast::ExprKind::Number(number) => typed(Type::Int, ExprKind::Number(*number)),
            ast::ExprKind::Text(text) => {
                let start = self.text.len();
                self.text.extend(text.encode_utf16());
                let length = self.text.len() - start;
                typed(Type::Text, ExprKind::Literal(start as u32, length as u32))
            }
            ast::ExprKind::Name(name) => {
                let (variable, ty) = self.variable(line, name)?;
                typed(ty, ExprKind::Variable(variable))
            }
            ast::ExprKind::Binary(operator, left, right) => {
                let left = self.expr(left)?;
                if let (Some(Type::Text), "+") = (left.ty, *operator) {
                    let concat = ("concat".to_string(), [left, self.expect(right, Type::Text)?]);
                    return self.call(line, &concat.0, concat.1.into());
                }
                if left.ty != Some(Type::Int) {
                    return Err(format!("{line}: {} has no operator {operator}", describe(left.ty)));
                }
                let right = self.expect(right, Type::Int)?;
                typed(Type::Int, ExprKind::Binary(binary(operator), Box::new(left), Box::new(right)))
            }
            ast::ExprKind::Call(name, arguments) if name == "newString" => match &arguments[..] {
                [length] => typed(Type::Text, ExprKind::NewText(Box::new(self.expect(length, Type::Int)?))),
                _ => return Err(format!("{line}: newString has one argument")),
            },
            ast::ExprKind::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.expr(argument)).collect::<Result<_, _>>()?;
                self.call(line, name, arguments)?
            }
            ast::ExprKind::Member(object, name, arguments) => {
                let object = self.expr(object)?;
                match (object.ty, name.as_str(), arguments.len()) {
                    (Some(Type::Text), "length", 0) => typed(Type::Int, ExprKind::Length(Box::new(object))),
                    (Some(Type::Segment | Type::Allocator), ..) => {
                        let mut operands = vec![object];
                        for argument in arguments {
                            operands.push(self.expr(argument)?);
                        }
                        self.call(line, name, operands)?
                    }
                    (ty, ..) => return Err(format!("{line}: {} has no member {name}", describe(ty))),
                }
            }
            ast::ExprKind::Index(text, index) => {
                let (text, index) = (self.expect(text, Type::Text)?, self.expect(index, Type::Int)?);
                typed(Type::Int, ExprKind::CharAt(Box::new(text), Box::new(index)))
            }
        })
    }

    /// A call of a function or an operation on memory.
    fn call(&mut self, line: u32, name: &str, arguments: Vec<Expr>) -> Result<Expr, String> {
        let types: Vec<Option<Type>> = arguments.iter().map(|argument| argument.ty).collect();
        let (params, ty, kind): (Vec<Type>, _, _) = if let Some((operation, params, result)) = builtin(name) {
            (params.to_vec(), result, ExprKind::Memory(operation, arguments))
        } else if let Some(number) = self.numbers.get(name) {
            let function = self.functions[*number];
            let params = function.params.iter().map(|(_, ty)| *ty).collect();
            (params, function.result, ExprKind::Call(*number, arguments))
        } else {
            return Err(format!("{line}: unknown function {name}"));
        };
        if types != params.iter().map(|ty| Some(*ty)).collect::<Vec<_>>() {
            let list = |types: Vec<&str>| if types.is_empty() { "nothing".to_string() } else { types.join(", ") };
            let wanted = list(params.iter().map(|ty| describe(Some(*ty))).collect());
            let found = list(types.iter().map(|ty| describe(*ty)).collect());
            return Err(format!("{line}: {name} takes {wanted}; found {found}"));
        }
        Ok(Expr { ty, kind })
    }
}

fn binary(operator: &str) -> Binary {
    match operator {
        "+" => Binary::Add,
        "-" => Binary::Subtract,
        "*" => Binary::Multiply,
        "/" => Binary::Divide,
        "%" => Binary::Remainder,
        "==" => Binary::Equal,
        "!=" => Binary::NotEqual,
        "<" => Binary::Less,
        "<=" => Binary::LessOrEqual,
        ">" => Binary::Greater,
        _ => Binary::GreaterOrEqual,
    }
}
