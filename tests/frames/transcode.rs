//! Builds a program: adds the items of a module of the link door to a builder, instruction by instruction.

use linmem::build::{Elements, Exported, FunctionBuilder, FunctionId, GlobalId, ModuleBuilder, TableId, TypeId};
use linmem::wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::{Config, Error, Intrinsic, Representation, Signature};
use wasmparser::{ElementItems, ElementKind, ExternalKind, Operator, Parser, Payload, TypeRef};

/// What a function index of the input is.
#[derive(Clone, Copy)]
enum Function {
    Intrinsic(Signature),
    Program(FunctionId),
}

/// The items of the input, by index.
#[derive(Default)]
struct Items {
    types: Vec<TypeId>,
    functions: Vec<Function>,
    globals: Vec<GlobalId>,
}

/// Builds a module whose segments have a representation. The input has no memory.
pub(super) fn build(bytes: &[u8], config: &Config, representation: Representation) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    let mut items = Items::default();
    let (mut defined, mut bodies) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(body) => bodies.push(body),
            Payload::FunctionSection(section) => {
                for ty in section {
                    let name = format!("function {}", items.functions.len());
                    let id = module.declare_function(&name, items.types[ty.unwrap() as usize]);
                    items.functions.push(Function::Program(id));
                    defined.push(id);
                }
            }
            payload => items.add(&mut module, payload, representation)?,
        }
    }
    for (id, body) in defined.into_iter().zip(bodies) {
        let mut f = module.body(id)?;
        for group in body.get_locals_reader().unwrap() {
            let (count, ty) = group.unwrap();
            for _ in 0..count {
                f.local(RoundtripReencoder.val_type(ty).unwrap());
            }
        }
        let operators: Vec<Operator<'_>> =
            body.get_operators_reader().unwrap().into_iter().collect::<Result<_, _>>().unwrap();
        let (_, operators) = operators.split_last().unwrap();
        operators.iter().for_each(|operator| items.instruction(&mut f, operator));
        module.define(f)?;
    }
    module.finish()
}

impl Items {
    fn add(
        &mut self,
        module: &mut ModuleBuilder,
        payload: Payload<'_>,
        representation: Representation,
    ) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.unwrap();
                    let convert = |list: &[wasmparser::ValType]| -> Vec<ValType> {
                        list.iter().map(|ty| RoundtripReencoder.val_type(*ty).unwrap()).collect()
                    };
                    self.types.push(module.function_type(convert(ty.params()), convert(ty.results())));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    let TypeRef::Func(ty) = import.ty else { panic!("{}: not a function", import.name) };
                    self.functions.push(match import.module {
                        "linmem" => {
                            let intrinsic = Intrinsic::from_name(import.name).unwrap();
                            Function::Intrinsic(Signature::new(intrinsic, representation).unwrap())
                        }
                        from => {
                            let ty = self.types[ty as usize];
                            Function::Program(module.import_function(from, import.name, ty))
                        }
                    });
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    module.tag(self.types[tag.unwrap().func_type_idx as usize]);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    module.table_with(RoundtripReencoder.table_type(table.unwrap().ty).unwrap(), None);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.unwrap();
                    let value = RoundtripReencoder.const_expr(global.init_expr).unwrap();
                    let ty = RoundtripReencoder.val_type(global.ty.content_type).unwrap();
                    let name = format!("global {}", self.globals.len());
                    self.globals.push(module.global(&name, ty, global.ty.mutable, &value));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    let item: Exported = match export.kind {
                        ExternalKind::Func => self.program(export.index).into(),
                        ExternalKind::Global => self.globals[export.index as usize].into(),
                        other => panic!("{}: {other:?}", export.name),
                    };
                    module.export(export.name, item);
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.unwrap();
                    let ElementItems::Functions(functions) = element.items else { panic!("expressions") };
                    let functions: Vec<FunctionId> = functions.into_iter().map(|f| self.program(f.unwrap())).collect();
                    let elements = Elements::Functions(&functions);
                    match element.kind {
                        ElementKind::Active { offset_expr, .. } => {
                            let offset = RoundtripReencoder.const_expr(offset_expr).unwrap();
                            module.active_elements(TableId(0), &offset, elements)
                        }
                        _ => module.declared_elements(elements),
                    };
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn program(&self, function: u32) -> FunctionId {
        match self.functions[function as usize] {
            Function::Program(id) => id,
            Function::Intrinsic(signature) => panic!("{}", signature.intrinsic.name()),
        }
    }

    fn instruction(&self, f: &mut FunctionBuilder, operator: &Operator<'_>) {
        match operator {
            Operator::Call { function_index } => match self.functions[*function_index as usize] {
                Function::Intrinsic(signature) => f.signature(&signature),
                Function::Program(id) => f.call(id),
            },
            Operator::ReturnCall { function_index } => {
                f.instruction(&Instruction::ReturnCall(self.program(*function_index).0));
            }
            Operator::RefFunc { function_index } => {
                f.instruction(&Instruction::RefFunc(self.program(*function_index).0));
            }
            Operator::GlobalGet { global_index } => {
                f.instruction(&Instruction::GlobalGet(self.globals[*global_index as usize].0));
            }
            Operator::GlobalSet { global_index } => {
                f.instruction(&Instruction::GlobalSet(self.globals[*global_index as usize].0));
            }
            Operator::CallIndirect { type_index, table_index } => f.instruction(&Instruction::CallIndirect {
                type_index: self.types[*type_index as usize].0,
                table_index: *table_index,
            }),
            Operator::CallRef { type_index } => {
                f.instruction(&Instruction::CallRef(self.types[*type_index as usize].0));
            }
            operator => f.instruction(&RoundtripReencoder.instruction(operator.clone()).unwrap()),
        }
    }
}
