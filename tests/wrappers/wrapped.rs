//! Puts every intrinsic of a module behind a function, as compilers do.

use linmem::wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use linmem::wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType};
use std::convert::Infallible;
use wasmparser::{CompositeInnerType, FunctionBody, Operator, Parser, Payload, TypeRef};

/// How a function passes on to an intrinsic, by the position of the intrinsic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The same parameters and results.
    Exact,
    /// One more result, a constant that the caller drops.
    DummyResult,
    /// It calls a function that passes on everything.
    Chain,
    /// One more parameter, which is not used.
    UnusedParameter,
    /// By a tail call.
    Tail,
}

const FORMS: [Form; 5] = [Form::Exact, Form::DummyResult, Form::Chain, Form::UnusedParameter, Form::Tail];

/// The function for one intrinsic.
struct Wrapper {
    import: u32,
    form: Form,
    params: Vec<ValType>,
    results: Vec<ValType>,
    /// Its index.
    index: u32,
    /// The index of its type.
    ty: u32,
}

struct Wrapping {
    wrappers: Vec<Wrapper>,
    functions: u32,
    types: u32,
}

/// The module with a function for each intrinsic that it imports, in several forms, which it calls in place of the intrinsic.
///
/// # Errors
///
/// If the module cannot be parsed or encoded.
pub(crate) fn behind_wrappers(module: &[u8], first_form: usize) -> Result<Vec<u8>, Error<Infallible>> {
    let mut wrapping = Wrapping::read(module, first_form)?;
    let mut out = Module::new();
    wrapping.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

impl Wrapping {
    fn read(module: &[u8], first_form: usize) -> Result<Wrapping, Error<Infallible>> {
        let mut types = Vec::new();
        let mut imported = Vec::new();
        let mut functions = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let (TypeRef::Func(ty) | TypeRef::FuncExact(ty)) = import.ty else { continue };
                        if import.module == "linmem" {
                            imported.push((functions, ty));
                        }
                        functions += 1;
                    }
                }
                Payload::FunctionSection(section) => functions += section.count(),
                _ => {}
            }
        }
        let mut roundtrip = RoundtripReencoder;
        let mut wrappers = Vec::new();
        for (position, (import, ty)) in imported.into_iter().enumerate() {
            let Some(CompositeInnerType::Func(ty)) = types.get(ty as usize).map(|ty| &ty.composite_type.inner) else {
                continue;
            };
            let mut convert = |types: &[wasmparser::ValType]| -> Result<Vec<ValType>, Error<Infallible>> {
                types.iter().map(|ty| roundtrip.val_type(*ty)).collect()
            };
            let (params, results) = (convert(ty.params())?, convert(ty.results())?);
            let form = FORMS[(position + first_form) % FORMS.len()];
            let (index, ty) = (functions + wrappers.len() as u32, (types.len() + wrappers.len()) as u32);
            wrappers.push(Wrapper { import, form, params, results, index, ty });
        }
        Ok(Wrapping { wrappers, functions, types: types.len() as u32 })
    }

    fn of(&self, import: u32) -> Option<&Wrapper> {
        self.wrappers.iter().find(|wrapper| wrapper.import == import)
    }
}

impl Wrapper {
    /// Its body. For a chain, `inner` is the function that passes on everything.
    fn body(&self, inner: u32) -> Function {
        let mut function = Function::new([]);
        let mut sink = function.instructions();
        (0..self.params.len() as u32).for_each(|param| _ = sink.local_get(param));
        match self.form {
            Form::Exact | Form::UnusedParameter => sink.call(self.import),
            Form::DummyResult => sink.call(self.import).i32_const(-1),
            Form::Chain => sink.call(inner),
            Form::Tail => sink.return_call(self.import),
        };
        sink.end();
        function
    }
}

impl Reencode for Wrapping {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_type_section(self, types, section)?;
        for Wrapper { form, params, results, .. } in &self.wrappers {
            let (mut params, mut results) = (params.clone(), results.clone());
            match form {
                Form::DummyResult => results.push(ValType::I32),
                Form::UnusedParameter => params.push(ValType::I64),
                Form::Exact | Form::Chain | Form::Tail => {}
            }
            types.ty().function(params, results);
        }
        // The inner functions of chains.
        for Wrapper { params, results, .. } in self.wrappers.iter().filter(|wrapper| wrapper.form == Form::Chain) {
            types.ty().function(params.iter().copied(), results.iter().copied());
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for wrapper in &self.wrappers {
            functions.function(wrapper.ty);
        }
        let first = self.types + self.wrappers.len() as u32;
        let chains = self.wrappers.iter().filter(|wrapper| wrapper.form == Form::Chain).count() as u32;
        (first..first + chains).for_each(|ty| _ = functions.function(ty));
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        let mut inner = self.functions + self.wrappers.len() as u32;
        for wrapper in &self.wrappers {
            code.function(&wrapper.body(inner));
            inner += u32::from(wrapper.form == Form::Chain);
        }
        for wrapper in self.wrappers.iter().filter(|wrapper| wrapper.form == Form::Chain) {
            code.function(
                &Wrapper { form: Form::Exact, params: wrapper.params.clone(), results: Vec::new(), ..*wrapper }.body(0),
            );
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error<Infallible>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            let wrapper = match operator {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => self.of(function_index),
                _ => None,
            };
            let Some(wrapper) = wrapper else {
                function.instruction(&self.instruction(operator)?);
                continue;
            };
            if wrapper.form == Form::UnusedParameter {
                function.instruction(&Instruction::I64Const(99));
            }
            match operator {
                Operator::ReturnCall { .. } if wrapper.form != Form::DummyResult => {
                    function.instruction(&Instruction::ReturnCall(wrapper.index));
                }
                Operator::ReturnCall { .. } => {
                    function.instruction(&Instruction::Call(wrapper.index));
                    function.instruction(&Instruction::Drop).instruction(&Instruction::Return);
                }
                _ => {
                    function.instruction(&Instruction::Call(wrapper.index));
                    if wrapper.form == Form::DummyResult {
                        function.instruction(&Instruction::Drop);
                    }
                }
            }
        }
        code.function(&function);
        Ok(())
    }
}
