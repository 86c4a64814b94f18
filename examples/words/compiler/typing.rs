//! Gives every value in the body of a function a type, and resolves its names.

use super::ast::{self, ExprKind as Ast, StatementKind as AstStatement};
use super::error::{Error, Position};
use super::names::{array_of, function_by_name, resolve, type_by_name};
use super::tree::{Binary, Builtin, Expr, ExprKind, Program, Statement, StatementKind, Type};

/// The functions of the prelude that operators call.
const COMPARE: &str = "compare";
const EQUALS: &str = "equals";

/// The state of a function that is checked.
pub(crate) struct Checker<'a> {
    program: &'a mut Program,
    result: Option<Type>,
    /// All variables so far.
    pub(crate) variables: Vec<Type>,
    /// The variables that can be named, the last ones in the innermost block.
    scope: Vec<(String, usize)>,
    /// The number of loops around the current statement.
    loops: usize,
}

impl<'a> Checker<'a> {
    /// The checker of a function with this result.
    pub(crate) fn new(program: &'a mut Program, result: Option<Type>) -> Checker<'a> {
        Checker { program, result, variables: Vec::new(), scope: Vec::new(), loops: 0 }
    }

    fn print(&self, ty: Type) -> String {
        match ty {
            Type::Int => "int".to_string(),
            Type::Bool => "bool".to_string(),
            Type::Text => "string".to_string(),
            Type::Array(number) => format!("[{}]", self.print(self.program.arrays[number])),
            Type::Record(number) => self.program.records[number].name.clone(),
        }
    }

    /// Declares a variable.
    pub(crate) fn declare(&mut self, at: Position, name: &str, ty: Type) -> Result<usize, Error> {
        if self.scope.iter().any(|(other, _)| other == name) {
            return Error::new(at, format!("the variable {name} is declared twice"));
        }
        self.variables.push(ty);
        let number = self.variables.len() - 1;
        self.scope.push((name.to_string(), number));
        Ok(number)
    }

    /// Checks the statements of a block.
    pub(crate) fn block(&mut self, statements: &[ast::Statement]) -> Result<Vec<Statement>, Error> {
        let visible = self.scope.len();
        let checked = statements
            .iter()
            .map(|statement| Ok(Statement { at: statement.at, kind: self.statement(statement)? }))
            .collect();
        self.scope.truncate(visible);
        checked
    }

    fn statement(&mut self, ast::Statement { at, kind }: &ast::Statement) -> Result<StatementKind, Error> {
        Ok(match kind {
            AstStatement::Let(name, ty, value) => {
                let ty = ty.as_ref().map(|ty| resolve(self.program, ty)).transpose()?;
                let (value, ty) = match ty {
                    Some(ty) => (self.value_of(value, ty)?, ty),
                    None => self.typed(value)?,
                };
                StatementKind::SetVariable(self.declare(*at, name, ty)?, value)
            }
            AstStatement::Assign(place, value) => self.assign(place, value)?,
            AstStatement::Expr(value) => StatementKind::Expr(self.expr(value, None)?),
            AstStatement::If(condition, then, or_else) => {
                StatementKind::If(self.value_of(condition, Type::Bool)?, self.block(then)?, self.block(or_else)?)
            }
            AstStatement::While(condition, body) => {
                let condition = self.value_of(condition, Type::Bool)?;
                self.loops += 1;
                let body = self.block(body)?;
                self.loops -= 1;
                StatementKind::While(condition, body)
            }
            AstStatement::Return(value) => match (value, self.result) {
                (Some(value), Some(ty)) => StatementKind::Return(Some(self.value_of(value, ty)?)),
                (None, None) => StatementKind::Return(None),
                (Some(_), None) => return Error::new(*at, "the function has no result"),
                (None, Some(ty)) => return Error::new(*at, format!("expected a value of type {}", self.print(ty))),
            },
            AstStatement::Break if self.loops == 0 => return Error::new(*at, "`break` outside of a loop"),
            AstStatement::Break => StatementKind::Break,
        })
    }

    fn assign(&mut self, place: &ast::Expr, value: &ast::Expr) -> Result<StatementKind, Error> {
        let (checked, ty) = self.typed(place)?;
        let value = self.value_of(value, ty)?;
        match checked.kind {
            ExprKind::Variable(number) => Ok(StatementKind::SetVariable(number, value)),
            ExprKind::Element(array, index) => Ok(StatementKind::SetElement(*array, *index, value)),
            ExprKind::Field(record, field) => Ok(StatementKind::SetField(*record, field, value)),
            _ => Error::new(place.at, "only variables, elements and fields can be assigned"),
        }
    }

    /// A value of a given type.
    fn value_of(&mut self, expr: &ast::Expr, ty: Type) -> Result<Expr, Error> {
        let value = self.expr(expr, Some(ty))?;
        if value.ty == Some(ty) {
            return Ok(value);
        }
        let found = value.ty.map_or("no value".to_string(), |ty| self.print(ty));
        Error::new(expr.at, format!("expected {}, found {found}", self.print(ty)))
    }

    /// A value of any type.
    fn typed(&mut self, expr: &ast::Expr) -> Result<(Expr, Type), Error> {
        let value = self.expr(expr, None)?;
        match value.ty {
            Some(ty) => Ok((value, ty)),
            None => Error::new(expr.at, "expected a value, found a call without a result"),
        }
    }

    /// An expression. Its type may differ from the expected one, which `null` takes.
    fn expr(&mut self, expr: &ast::Expr, expected: Option<Type>) -> Result<Expr, Error> {
        let at = expr.at;
        let (kind, ty) = match &expr.kind {
            Ast::Number(number) => (ExprKind::Number(*number), Type::Int),
            Ast::Bool(value) => (ExprKind::Number(i32::from(*value)), Type::Bool),
            Ast::Text(text) => (ExprKind::Text(text.clone()), Type::Text),
            Ast::Null => match expected {
                Some(ty @ (Type::Text | Type::Array(_) | Type::Record(_))) => (ExprKind::Null, ty),
                Some(ty) => return Error::new(at, format!("expected {}, found null", self.print(ty))),
                None => return Error::new(at, "the type of null is unknown here"),
            },
            Ast::Name(name) => match self.scope.iter().find(|(other, _)| other == name) {
                Some((_, number)) => (ExprKind::Variable(*number), self.variables[*number]),
                None => return Error::new(at, format!("the variable {name} does not exist")),
            },
            Ast::Unary("-", value) => (ExprKind::Negate(Box::new(self.value_of(value, Type::Int)?)), Type::Int),
            Ast::Unary(_, value) => (ExprKind::Not(Box::new(self.value_of(value, Type::Bool)?)), Type::Bool),
            Ast::Binary(operator, left, right) => self.binary(at, operator, left, right)?,
            Ast::Call(name, arguments) => return self.call(at, name, arguments),
            Ast::Index(array, index) => {
                let (array, ty) = self.typed(array)?;
                let element = match ty {
                    Type::Text => Type::Int,
                    Type::Array(number) => self.program.arrays[number],
                    ty => return Error::new(at, format!("{} has no elements", self.print(ty))),
                };
                (ExprKind::Element(Box::new(array), Box::new(self.value_of(index, Type::Int)?)), element)
            }
            Ast::Slice(text, from, to) => {
                let values =
                    [self.value_of(text, Type::Text)?, self.value_of(from, Type::Int)?, self.value_of(to, Type::Int)?];
                (ExprKind::Builtin(Builtin::Slice, values.into()), Type::Text)
            }
            Ast::Field(record, name) => {
                let (record, ty) = self.typed(record)?;
                let Type::Record(number) = ty else {
                    return Error::new(at, format!("{} has no fields", self.print(ty)));
                };
                let fields = &self.program.records[number].fields;
                match fields.iter().position(|(other, _)| other == name) {
                    Some(field) => (ExprKind::Field(Box::new(record), field), fields[field].1),
                    None => return Error::new(at, format!("{} has no field {name}", self.print(ty))),
                }
            }
            Ast::Record(name, values) => self.record(at, name, values)?,
            Ast::Array(element, length) => {
                let element = resolve(self.program, element)?;
                let length = self.value_of(length, Type::Int)?;
                (ExprKind::Array(Box::new(length)), array_of(self.program, element))
            }
        };
        Ok(Expr { ty: Some(ty), kind })
    }

    fn record(
        &mut self,
        at: Position,
        name: &str,
        values: &[(Position, String, ast::Expr)],
    ) -> Result<(ExprKind, Type), Error> {
        let Some(Type::Record(number)) = type_by_name(self.program, name) else {
            return Error::new(at, format!("the record {name} does not exist"));
        };
        let fields = self.program.records[number].fields.clone();
        let mut checked = Vec::new();
        for (position, (field, ty)) in fields.iter().enumerate() {
            match values.get(position) {
                Some((_, given, value)) if given == field => checked.push(self.value_of(value, *ty)?),
                Some((at, ..)) => return Error::new(*at, format!("the next field of {name} is {field}")),
                None => return Error::new(at, format!("the field {field} of {name} is missing")),
            }
        }
        match values.get(fields.len()) {
            Some((at, field, _)) => Error::new(*at, format!("{name} has no field {field} after these")),
            None => Ok((ExprKind::Record(checked), Type::Record(number))),
        }
    }

    fn binary(
        &mut self,
        at: Position,
        operator: &str,
        left: &ast::Expr,
        right: &ast::Expr,
    ) -> Result<(ExprKind, Type), Error> {
        if let "&&" | "||" = operator {
            let (left, right) = (self.value_of(left, Type::Bool)?, self.value_of(right, Type::Bool)?);
            let (left, right) = (Box::new(left), Box::new(right));
            let kind = if operator == "&&" { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
            return Ok((kind, Type::Bool));
        }
        let (left, ty) = self.typed(left)?;
        let is_equality = matches!(operator, "==" | "!=");
        let negated = |kind: ExprKind| match operator {
            "!=" => ExprKind::Not(Box::new(Expr { ty: Some(Type::Bool), kind })),
            _ => kind,
        };
        if is_equality && matches!(right.kind, Ast::Null) && !matches!(ty, Type::Int | Type::Bool) {
            return Ok((negated(ExprKind::IsNull(Box::new(left))), Type::Bool));
        }
        let right = self.value_of(right, ty)?;
        let binary = number_operator(operator);
        match (ty, operator) {
            (Type::Int, _) | (Type::Bool, "==" | "!=") => {
                let ty = if "+-*/%".contains(operator) { Type::Int } else { Type::Bool };
                Ok((ExprKind::Binary(binary, Box::new(left), Box::new(right)), ty))
            }
            (Type::Text, "+") => Ok((ExprKind::Builtin(Builtin::Concat, vec![left, right]), Type::Text)),
            (Type::Text, "==" | "!=") => Ok((negated(self.prelude(at, EQUALS, left, right)?), Type::Bool)),
            (Type::Text, "<" | "<=" | ">" | ">=") => {
                let order = Expr { ty: Some(Type::Int), kind: self.prelude(at, COMPARE, left, right)? };
                let zero = Expr { ty: Some(Type::Int), kind: ExprKind::Number(0) };
                Ok((ExprKind::Binary(binary, Box::new(order), Box::new(zero)), Type::Bool))
            }
            (Type::Array(_) | Type::Record(_), "==" | "!=") => {
                Ok((negated(ExprKind::Binary(Binary::Same, Box::new(left), Box::new(right))), Type::Bool))
            }
            _ => Error::new(at, format!("`{operator}` does not exist for {}", self.print(ty))),
        }
    }

    /// A call of a function of the prelude.
    fn prelude(&self, at: Position, name: &str, left: Expr, right: Expr) -> Result<ExprKind, Error> {
        match function_by_name(self.program, name) {
            Some(function) => Ok(ExprKind::Call(function, vec![left, right])),
            None => Error::new(at, format!("the prelude has no function {name}")),
        }
    }

    fn call(&mut self, at: Position, name: &str, arguments: &[ast::Expr]) -> Result<Expr, Error> {
        match (name, arguments) {
            ("len", [value]) => {
                let (value, ty) = self.typed(value)?;
                if !matches!(ty, Type::Text | Type::Array(_)) {
                    return Error::new(at, format!("{} has no length", self.print(ty)));
                }
                return Ok(Expr { ty: Some(Type::Int), kind: ExprKind::Builtin(Builtin::Length, vec![value]) });
            }
            ("args", []) => {
                let ty = array_of(self.program, Type::Text);
                return Ok(Expr { ty: Some(ty), kind: ExprKind::Builtin(Builtin::Args, Vec::new()) });
            }
            ("len" | "args", _) => return wrong_count(at, name, usize::from(name == "len"), arguments.len()),
            _ => {}
        }
        if let Some((_, builtin, params, result)) = Builtin::NAMED.iter().find(|(other, ..)| *other == name) {
            let values = self.arguments(at, name, arguments, params)?;
            return Ok(Expr { ty: *result, kind: ExprKind::Builtin(*builtin, values) });
        }
        let Some(number) = function_by_name(self.program, name) else {
            return Error::new(at, format!("the function {name} does not exist"));
        };
        let function = &self.program.functions[number];
        let (params, ty) = (function.params.clone(), function.result);
        Ok(Expr { ty, kind: ExprKind::Call(number, self.arguments(at, name, arguments, &params)?) })
    }

    fn arguments(
        &mut self,
        at: Position,
        name: &str,
        arguments: &[ast::Expr],
        params: &[Type],
    ) -> Result<Vec<Expr>, Error> {
        if arguments.len() != params.len() {
            return wrong_count(at, name, params.len(), arguments.len());
        }
        arguments.iter().zip(params).map(|(argument, ty)| self.value_of(argument, *ty)).collect()
    }
}

fn wrong_count<T>(at: Position, name: &str, expected: usize, found: usize) -> Result<T, Error> {
    let plural = if expected == 1 { "" } else { "s" };
    Error::new(at, format!("{name} has {expected} parameter{plural}, but the call has {found}"))
}

/// The operator of numbers with a symbol.
fn number_operator(symbol: &str) -> Binary {
    match symbol {
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
