//! Finds functions and types by their names.

use super::ast::TypeName;
use super::error::Error;
use super::tree::{Builtin, Program, Type};

/// Whether a name is that of a function that the compiler provides.
pub(crate) fn is_builtin(name: &str) -> bool {
    ["len", "args"].contains(&name) || Builtin::NAMED.iter().any(|(other, ..)| *other == name)
}

/// The function with a name.
pub(crate) fn function_by_name(program: &Program, name: &str) -> Option<usize> {
    program.functions.iter().position(|function| function.name == name)
}

/// The type with a name.
pub(crate) fn type_by_name(program: &Program, name: &str) -> Option<Type> {
    match name {
        "int" => Some(Type::Int),
        "bool" => Some(Type::Bool),
        "string" => Some(Type::Text),
        _ => program.records.iter().position(|record| record.name == name).map(Type::Record),
    }
}

/// The type that is written.
pub(crate) fn resolve(program: &mut Program, ty: &TypeName) -> Result<Type, Error> {
    match ty {
        TypeName::Name(at, name) => match type_by_name(program, name) {
            Some(ty) => Ok(ty),
            None => Error::new(*at, format!("the type {name} does not exist")),
        },
        TypeName::Array(element) => {
            let element = resolve(program, element)?;
            Ok(array_of(program, element))
        }
    }
}

/// The array type with these elements.
pub(crate) fn array_of(program: &mut Program, element: Type) -> Type {
    let known = program.arrays.iter().position(|other| *other == element);
    Type::Array(known.unwrap_or_else(|| {
        program.arrays.push(element);
        program.arrays.len() - 1
    }))
}
