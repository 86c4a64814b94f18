//! Adds the functions of a module of the link door to a builder, instruction by instruction.

use linmem::build::{FunctionBuilder, FunctionId, ModuleBuilder};
use linmem::wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::{Error, Intrinsic, Representation, Signature};
use std::collections::BTreeMap;
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// What a function index of the input is.
#[derive(Clone, Copy)]
enum Function {
    Intrinsic(Signature),
    Program(FunctionId),
}

/// Builds the functions of a module that has no other items than imported functions, tags and functions. The result
/// contains the errors of functions that the builder refuses.
pub(super) fn transcode(
    bytes: &[u8],
    module: &mut ModuleBuilder,
    representation: Representation,
) -> Vec<(String, Error)> {
    let names = names(bytes);
    let mut types = Vec::new();
    let mut functions = Vec::new();
    let mut defined = Vec::new();
    let mut refused = Vec::new();
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.unwrap();
                    let convert = |list: &[wasmparser::ValType]| -> Vec<ValType> {
                        list.iter().map(|ty| RoundtripReencoder.val_type(*ty).unwrap()).collect()
                    };
                    types.push(module.function_type(convert(ty.params()), convert(ty.results())));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    let TypeRef::Func(ty) = import.ty else { panic!("{}: not a function", import.name) };
                    functions.push(match import.module {
                        "linmem" => {
                            let intrinsic = Intrinsic::from_name(import.name).unwrap();
                            Function::Intrinsic(Signature::new(intrinsic, representation).unwrap())
                        }
                        from => {
                            let id = module.import_function(from, import.name, types[ty as usize]);
                            if from == "wasi_snapshot_preview1" {
                                module.does_not_throw(id);
                            }
                            Function::Program(id)
                        }
                    });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    let index = functions.len() as u32;
                    let name = names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"));
                    let id = module.declare_function(&name, types[ty.unwrap() as usize]);
                    functions.push(Function::Program(id));
                    defined.push((name, id));
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    module.tag(types[tag.unwrap().func_type_idx as usize]);
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    for ((name, id), body) in defined.into_iter().zip(bodies) {
        let mut f = module.body(id).unwrap();
        for group in body.get_locals_reader().unwrap() {
            let (count, ty) = group.unwrap();
            for _ in 0..count {
                f.local(RoundtripReencoder.val_type(ty).unwrap());
            }
        }
        let operators: Vec<Operator<'_>> =
            body.get_operators_reader().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
        let (_, operators) = operators.split_last().unwrap();
        for operator in operators {
            add(&mut f, operator, &functions);
        }
        if let Err(error) = module.define(f) {
            refused.push((name, error));
        }
    }
    refused
}

fn add(f: &mut FunctionBuilder, operator: &Operator<'_>, functions: &[Function]) {
    match operator {
        Operator::Call { function_index } => match functions[*function_index as usize] {
            Function::Intrinsic(signature) => f.signature(&signature),
            Function::Program(id) => f.call(id),
        },
        Operator::ReturnCall { function_index } => match functions[*function_index as usize] {
            Function::Intrinsic(signature) => {
                f.signature(&signature);
                f.return_();
            }
            Function::Program(id) => f.instruction(&Instruction::ReturnCall(id.0)),
        },
        operator => f.instruction(&RoundtripReencoder.instruction(operator.clone()).unwrap()),
    }
}

/// The names of functions.
fn names(bytes: &[u8]) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::CustomSection(section) = payload.unwrap() else { continue };
        let KnownCustom::Name(section) = section.as_known() else { continue };
        for subsection in section {
            let Name::Function(map) = subsection.unwrap() else { continue };
            names.extend(map.into_iter().map(Result::unwrap).map(|naming| (naming.index, naming.name.to_string())));
        }
    }
    names
}
