//! Checks the declarations of a program, and resolves their names. `typing` checks the bodies of functions.

use super::ast::File;
use super::error::{Error, Position};
use super::names::{function_by_name, is_builtin, resolve, type_by_name};
use super::tree::{Function, Program, Record, Statement, StatementKind, Type};
use super::typing::Checker;

/// Checks a program.
pub(crate) fn check(file: &File) -> Result<Program, Error> {
    let mut program = Program::default();
    for record in &file.records {
        if type_by_name(&program, &record.name).is_some() {
            return Error::new(record.at, format!("the type {} is declared twice", record.name));
        }
        program.records.push(Record { name: record.name.clone(), fields: Vec::new() });
    }
    for (number, record) in file.records.iter().enumerate() {
        for field in &record.fields {
            if program.records[number].fields.iter().any(|(name, _)| *name == field.name) {
                return Error::new(field.at, format!("the field {} is declared twice", field.name));
            }
            let ty = resolve(&mut program, &field.ty)?;
            program.records[number].fields.push((field.name.clone(), ty));
        }
    }
    for function in &file.functions {
        if function_by_name(&program, &function.name).is_some() || is_builtin(&function.name) {
            return Error::new(function.at, format!("the function {} is declared twice", function.name));
        }
        let params = function.params.iter().map(|param| resolve(&mut program, &param.ty));
        let params = params.collect::<Result<Vec<Type>, Error>>()?;
        let result = function.result.as_ref().map(|ty| resolve(&mut program, ty)).transpose()?;
        let (name, variables, body) = (function.name.clone(), Vec::new(), Vec::new());
        program.functions.push(Function { name, params, result, variables, body });
    }
    for (number, function) in file.functions.iter().enumerate() {
        let result = program.functions[number].result;
        let params = program.functions[number].params.clone();
        let mut checker = Checker::new(&mut program, result);
        for (param, named) in params.into_iter().zip(&function.params) {
            checker.declare(named.at, &named.name, param)?;
        }
        let body = checker.block(&function.body)?;
        if result.is_some() && continues(&body) {
            return Error::new(function.end, format!("{} can end without returning a value", function.name));
        }
        let variables = checker.variables;
        program.functions[number].variables = variables;
        program.functions[number].body = body;
    }
    match function_by_name(&program, "main") {
        Some(main) if program.functions[main].params.is_empty() && program.functions[main].result.is_none() => {
            Ok(program)
        }
        _ => Error::new(Position { line: 1, column: 1 }, "the program has no function `fn main()`"),
    }
}

/// Whether execution can continue after statements.
fn continues(statements: &[Statement]) -> bool {
    statements.iter().all(|statement| match &statement.kind {
        StatementKind::Return(_) | StatementKind::Break => false,
        StatementKind::If(_, then, or_else) => continues(then) || continues(or_else),
        _ => true,
    })
}
