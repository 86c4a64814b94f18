//! Writes the module. A function is compiled when the first call of it is, so that what the program does not use is not in the
//! module.

use super::runtime;
use super::tree::{Binary, Builtin, Expr, ExprKind, Function, Program, Statement, StatementKind, Type};
use super::types::Types;
use linmem::build::{FunctionBuilder, FunctionId, Label, Local, ModuleBuilder, OnStack};
use linmem::wasm_encoder::{BlockType, Instruction};
use linmem::{Config, Error, Representation, SourceLine};

/// Writes the module of a program. `file` is the name of its source, and the first `prelude` functions are those of the prelude.
pub(crate) fn emit(program: &Program, config: &Config, file: &str, prelude: usize) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, Representation::Packed)?;
    let types = Types::define(program, &mut module)?;
    // No function throws: scopes need no handlers.
    module.nothing_throws();
    let (functions, pending, builtins) = (vec![None; program.functions.len()], Vec::new(), Vec::new());
    let mut emitter = Emitter { program, module, types, functions, pending, builtins };
    let main = program.functions.iter().position(|function| function.name == "main").unwrap_or_default();
    let start = emitter.function(main);
    emitter.module.export("_start", start);
    while let Some((number, id)) = emitter.pending.pop() {
        let function = &program.functions[number];
        let file = if number < prelude { "prelude.words" } else { file };
        let mut f = emitter.module.body(id)?;
        let params = function.params.len();
        let variables = (0..).zip(&function.variables).map(|(variable, ty)| {
            if variable < params { f.param(variable as u32) } else { f.local(emitter.types.value(*ty)) }
        });
        let variables = variables.collect();
        let mut body = Body { emitter: &mut emitter, f, file, variables, loops: Vec::new(), failed: None };
        body.function(function);
        let Body { f, failed, .. } = body;
        if let Some(error) = failed {
            return Err(error);
        }
        emitter.module.define(f)?;
    }
    emitter.module.finish()
}

struct Emitter<'a> {
    program: &'a Program,
    module: ModuleBuilder,
    types: Types,
    /// The functions that are called, once they are declared.
    functions: Vec<Option<FunctionId>>,
    /// Those whose bodies are not compiled yet.
    pending: Vec<(usize, FunctionId)>,
    builtins: Vec<(Builtin, FunctionId)>,
}

impl Emitter<'_> {
    /// A function of the program.
    fn function(&mut self, number: usize) -> FunctionId {
        if let Some(id) = self.functions[number] {
            return id;
        }
        let Function { name, params, result, .. } = &self.program.functions[number];
        let values = |types: &[Type]| types.iter().map(|ty| self.types.value(*ty)).collect::<Vec<_>>();
        let (params, results) = (values(params), values(result.as_slice()));
        let ty = self.module.function_type(params, results);
        let id = self.module.declare_function(name, ty);
        self.functions[number] = Some(id);
        self.pending.push((number, id));
        id
    }

    /// A built-in function of the module.
    fn builtin(&mut self, builtin: Builtin) -> Result<FunctionId, Error> {
        if let Some((_, id)) = self.builtins.iter().find(|(other, _)| *other == builtin) {
            return Ok(*id);
        }
        let texts = self.program.arrays.iter().position(|element| *element == Type::Text).map(Type::Array);
        let id = runtime::define(&mut self.module, &self.types, builtin, texts)?;
        self.builtins.push((builtin, id));
        Ok(id)
    }
}

/// A function that is compiled.
struct Body<'e, 'a> {
    emitter: &'e mut Emitter<'a>,
    f: FunctionBuilder,
    file: &'e str,
    variables: Vec<Local>,
    /// The ends of the open loops.
    loops: Vec<Label>,
    /// The first error of a built-in function.
    failed: Option<Error>,
}

impl Body<'_, '_> {
    fn function(&mut self, function: &Function) {
        self.block(&function.body);
        if function.result.is_some() {
            // The body returns.
            self.f.instruction(&Instruction::Unreachable);
        }
    }

    fn block(&mut self, statements: &[Statement]) {
        for Statement { at, kind } in statements {
            self.f.source(SourceLine { file: Some(self.file.into()), line: at.line, column: at.column });
            self.statement(kind);
        }
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            StatementKind::SetVariable(variable, value) => {
                self.value(value);
                self.f.set(self.variables[*variable], OnStack);
            }
            StatementKind::SetElement(array, index, value) => {
                self.values([array, index, value]);
                if let Some(id) = self.object(array) {
                    self.f.instruction(&Instruction::ArraySet(id));
                }
            }
            StatementKind::SetField(record, field, value) => {
                self.values([record, value]);
                if let Some(struct_type_index) = self.object(record) {
                    self.f.instruction(&Instruction::StructSet { struct_type_index, field_index: *field as u32 });
                }
            }
            StatementKind::Expr(value) => {
                self.value(value);
                if value.ty.is_some() {
                    self.f.drop();
                }
            }
            StatementKind::If(condition, then, or_else) => {
                self.value(condition);
                self.f.begin_if(BlockType::Empty);
                self.block(then);
                if !or_else.is_empty() {
                    self.f.begin_else();
                    self.block(or_else);
                }
                self.f.end();
            }
            StatementKind::While(condition, body) => {
                let exit = self.f.begin_block(BlockType::Empty);
                let again = self.f.begin_loop(BlockType::Empty);
                self.loops.push(exit);
                self.value(condition);
                self.f.instruction(&Instruction::I32Eqz);
                self.f.br_if(exit, OnStack);
                self.block(body);
                self.f.br(again);
                self.loops.pop();
                self.f.end();
                self.f.end();
            }
            StatementKind::Return(value) => {
                if let Some(value) = value {
                    self.value(value);
                }
                self.f.return_();
            }
            StatementKind::Break => {
                if let Some(exit) = self.loops.last() {
                    self.f.br(*exit);
                }
            }
        }
    }

    /// The type of the object that a value refers to.
    fn object(&self, value: &Expr) -> Option<u32> {
        self.emitter.types.object(value.ty?).map(|id| id.0)
    }

    fn values<'v>(&mut self, values: impl IntoIterator<Item = &'v Expr>) {
        for value in values {
            self.value(value);
        }
    }

    /// Pushes a value.
    fn value(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(number) => self.f.push(*number),
            ExprKind::Text(text) => self.text(text),
            ExprKind::Null => {
                if let Some(ty) = expr.ty {
                    runtime::null(&mut self.f, &self.emitter.types, ty);
                }
            }
            ExprKind::Variable(variable) => self.f.push(self.variables[*variable]),
            ExprKind::Negate(value) => {
                self.f.push(0);
                self.value(value);
                self.f.instruction(&Instruction::I32Sub);
            }
            ExprKind::Not(value) => {
                self.value(value);
                self.f.instruction(&Instruction::I32Eqz);
            }
            ExprKind::IsNull(value) => {
                self.value(value);
                self.f.instruction(&Instruction::RefIsNull);
            }
            ExprKind::Binary(operator, left, right) => {
                self.values([&**left, &**right]);
                self.f.instruction(&instruction(*operator));
            }
            ExprKind::And(left, right) => self.either(left, |body| body.value(right), |body| body.f.push(0)),
            ExprKind::Or(left, right) => self.either(left, |body| body.f.push(1), |body| body.value(right)),
            ExprKind::Call(function, values) => {
                self.values(values);
                let id = self.emitter.function(*function);
                self.f.call(id);
            }
            ExprKind::Builtin(builtin, values) => {
                self.values(values);
                if !runtime::inline(&mut self.f, &self.emitter.types, *builtin) {
                    match self.emitter.builtin(*builtin) {
                        Ok(id) => self.f.call(id),
                        Err(error) => _ = self.failed.get_or_insert(error),
                    }
                }
            }
            ExprKind::Element(array, index) => {
                self.values([&**array, &**index]);
                if let Some(id) = self.object(array) {
                    let is_text = array.ty == Some(Type::Text);
                    self.f.instruction(&if is_text { Instruction::ArrayGetU(id) } else { Instruction::ArrayGet(id) });
                }
            }
            ExprKind::Field(record, field) => {
                self.value(record);
                if let Some(struct_type_index) = self.object(record) {
                    self.f.instruction(&Instruction::StructGet { struct_type_index, field_index: *field as u32 });
                }
            }
            ExprKind::Record(values) => {
                self.values(values);
                if let Some(id) = self.object(expr) {
                    self.f.instruction(&Instruction::StructNew(id));
                }
            }
            ExprKind::Array(length) => {
                self.value(length);
                if let Some(id) = self.object(expr) {
                    self.f.instruction(&Instruction::ArrayNewDefault(id));
                }
            }
        }
    }

    /// Pushes the value of one of two arms.
    fn either(&mut self, condition: &Expr, then: impl FnOnce(&mut Self), or_else: impl FnOnce(&mut Self)) {
        self.value(condition);
        self.f.begin_if(BlockType::Result(self.emitter.types.value(Type::Bool)));
        then(self);
        self.f.begin_else();
        or_else(self);
        self.f.end();
    }

    /// Pushes a new string with the units of a literal, which are in a data segment.
    fn text(&mut self, text: &str) {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let data = self.emitter.module.passive_data(&units);
        self.f.push(0);
        self.f.push(units.len() as i32 / 2);
        let array_type_index = self.emitter.types.text.0;
        self.f.instruction(&Instruction::ArrayNewData { array_type_index, array_data_index: data.0 });
    }
}

fn instruction(operator: Binary) -> Instruction<'static> {
    match operator {
        Binary::Add => Instruction::I32Add,
        Binary::Subtract => Instruction::I32Sub,
        Binary::Multiply => Instruction::I32Mul,
        Binary::Divide => Instruction::I32DivS,
        Binary::Remainder => Instruction::I32RemS,
        Binary::Equal => Instruction::I32Eq,
        Binary::NotEqual => Instruction::I32Ne,
        Binary::Less => Instruction::I32LtS,
        Binary::LessOrEqual => Instruction::I32LeS,
        Binary::Greater => Instruction::I32GtS,
        Binary::GreaterOrEqual => Instruction::I32GeS,
        Binary::Same => Instruction::RefEq,
    }
}
