//! Compiles with linmem's builders. The code generator holds the builder of the module and the builder of the function
//! that it compiles, and uses both at any time: a literal becomes a data segment when its expression is compiled.

use super::ast::Type;
use super::tree::{Body, Expr, ExprKind, Function, Memory, Program, Statement, StatementKind};
use super::wasm;
use wasm_encoder::{BlockType, Catch, Instruction, ValType};
// linmem {
use linmem::build::{FunctionBuilder, FunctionId, Label, Local, ModuleBuilder, OnStack, Region, Segment};
use linmem::{Access, Config, Error, Intrinsic, Representation, SourceLine};
// } linmem

/// Compiles a program.
pub(crate) fn compile(program: &Program, config: &Config) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, Representation::Packed)?; // linmem
    let string = module.recursion_group([wasm::string_type()])[0].0;
    let thrown = module.function_type([ValType::I32], []);
    let tag = module.tag(thrown);
    let mut functions = Vec::new();
    for Function { name, params, result, body, .. } in &program.functions {
        let ty = module.function_type(wasm::val_types(params, string), wasm::val_types(result, string));
        functions.push(match body {
            Body::Host(from, name) => module.import_function(from, name, ty),
            Body::Code(..) => module.declare_function(name, ty),
        });
    }
    for (function, id) in program.functions.iter().zip(&functions) {
        let Body::Code(types, statements) = &function.body else { continue };
        let f = module.body(*id)?;
        let (variables, loops) = (Vec::new(), Vec::new());
        let mut codegen = Codegen {
            program,
            function,
            module: &mut module,
            f,
            functions: &functions,
            string,
            tag: tag.0,
            variables,
            loops,
        };
        codegen.variables(types);
        codegen.block(statements);
        if function.result.is_some() {
            codegen.f.instruction(&Instruction::Unreachable);
        }
        let f = codegen.f;
        module.define(f)?;
        if function.name == "main" {
            module.export("_start", *id);
        }
    }
    module.finish()
}

struct Codegen<'a> {
    program: &'a Program,
    function: &'a Function,
    module: &'a mut ModuleBuilder,
    f: FunctionBuilder,
    functions: &'a [FunctionId],
    string: u32,
    tag: u32,
    variables: Vec<Variable>,
    /// The ends of the open loops.
    loops: Vec<Label>,
}

/// Where the value of a variable is.
#[derive(Clone, Copy)]
enum Variable {
    Local(Local),
    // linmem {
    Segment(Segment),
    Allocator(Region),
    /// A segment or an allocator before its only assignment.
    Unset,
    // } linmem
}

impl Codegen<'_> {
    fn variables(&mut self, types: &[Type]) {
        let params = self.function.params.len();
        for (number, ty) in types.iter().enumerate() {
            let param = (number < params).then(|| self.f.param(number as u32));
            self.variables.push(match (ty, param) {
                // linmem {
                (Type::Segment, Some(param)) => Variable::Segment(self.f.segment(param)),
                (Type::Allocator, Some(param)) => Variable::Allocator(self.f.open_region(param)),
                (Type::Segment | Type::Allocator, None) => Variable::Unset,
                // } linmem
                (_, Some(param)) => Variable::Local(param),
                (_, None) => Variable::Local(self.f.local(wasm::val_type(*ty, self.string))),
            });
        }
    }

    fn block(&mut self, statements: &[Statement]) {
        for statement in statements {
            let (file, line) = (Some(self.function.file.clone()), statement.line); // linmem
            self.f.source(SourceLine { file, line, column: 0 }); // linmem
            self.statement(&statement.kind);
        }
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            // linmem {
            StatementKind::Set(variable, value) if value.ty == Some(Type::Segment) => {
                self.variables[*variable] = Variable::Segment(self.segment(value));
            }
            StatementKind::WithAllocator(allocator, body) => {
                let region = self.f.begin_region();
                self.variables[*allocator] = Variable::Allocator(region);
                self.block(body);
                self.f.end_region(region);
            }
            // } linmem
            StatementKind::Set(variable, value) => {
                self.value(value);
                self.set(*variable);
            }
            StatementKind::SetChar(text, index, char) => {
                self.values([text, index, char]);
                self.f.instruction(&Instruction::ArraySet(self.string));
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
                self.f.begin_else();
                self.block(or_else);
                self.f.end();
            }
            StatementKind::While(condition, body) => {
                let done = self.f.begin_block(BlockType::Empty);
                let next = self.f.begin_loop(BlockType::Empty);
                self.value(condition);
                self.f.instruction(&Instruction::I32Eqz);
                self.f.br_if(done, OnStack);
                self.loops.push(done);
                self.block(body);
                self.loops.pop();
                self.f.br(next);
                self.f.end();
                self.f.end();
            }
            StatementKind::Break => {
                if let Some(done) = self.loops.last() {
                    self.f.br(*done);
                }
            }
            StatementKind::Return(value) => {
                self.values(value);
                self.f.return_();
            }
            StatementKind::Throw(value) => {
                self.value(value);
                self.f.instruction(&Instruction::Throw(self.tag));
            }
            StatementKind::Try(body, thrown, handler) => {
                let done = self.f.begin_block(BlockType::Empty);
                self.f.begin_block(BlockType::Result(ValType::I32));
                let catch = [Catch::One { tag: self.tag, label: 0 }];
                self.f.instruction(&Instruction::TryTable(BlockType::Empty, (&catch).into()));
                self.block(body);
                self.f.end();
                self.f.br(done);
                self.f.end();
                self.set(*thrown);
                self.block(handler);
                self.f.end();
            }
        }
    }

    /// Assigns the value on the stack to a variable in a local.
    fn set(&mut self, variable: usize) {
        if let Variable::Local(local) = self.variables[variable] {
            self.f.set(local, OnStack);
        }
    }

    fn values<'e>(&mut self, values: impl IntoIterator<Item = &'e Expr>) {
        values.into_iter().for_each(|value| self.value(value));
    }

    /// Pushes the value of an expression.
    fn value(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(number) => self.f.push(*number),
            ExprKind::Literal(start, length) => {
                let units = self.program.text.iter().skip(*start as usize).take(*length as usize);
                let bytes: Vec<u8> = units.flat_map(|unit| unit.to_le_bytes()).collect();
                let data = self.module.passive_data(&bytes);
                self.f.push(0);
                self.f.push(*length);
                let new = Instruction::ArrayNewData { array_type_index: self.string, array_data_index: data.0 };
                self.f.instruction(&new);
            }
            ExprKind::Variable(variable) => match self.variables[*variable] {
                // linmem {
                Variable::Segment(segment) => self.f.push(segment),
                Variable::Allocator(region) => self.f.push(region),
                Variable::Unset => {}
                // } linmem
                Variable::Local(local) => self.f.push(local),
            },
            ExprKind::Binary(operator, left, right) => {
                self.values([&**left, &**right]);
                self.f.instruction(&wasm::binary(*operator));
            }
            ExprKind::Call(function, arguments) => {
                self.values(arguments);
                self.f.call(self.functions[*function]);
            }
            ExprKind::NewText(length) => {
                self.value(length);
                self.f.instruction(&Instruction::ArrayNewDefault(self.string));
            }
            ExprKind::Length(text) => {
                self.value(text);
                self.f.instruction(&Instruction::ArrayLen);
            }
            ExprKind::CharAt(text, index) => {
                self.values([&**text, &**index]);
                self.f.instruction(&Instruction::ArrayGetU(self.string));
            }
            ExprKind::Memory(operation, operands) => self.memory(*operation, operands, expr), // linmem
        }
    }

    // linmem {
    /// Pushes the value of an operation on memory.
    fn memory(&mut self, operation: Memory, operands: &[Expr], expr: &Expr) {
        if operation != Memory::Allocate {
            self.values(operands);
        }
        match operation {
            Memory::Allocate => {
                let segment = self.segment(expr);
                self.f.push(segment);
            }
            Memory::GetByte => self.f.get(Access::UByte, OnStack, OnStack),
            Memory::SetByte => self.f.put(Access::Byte, OnStack, OnStack, OnStack),
            Memory::GetInt => self.f.get(Access::Int, OnStack, OnStack),
            Memory::SetInt => self.f.put(Access::Int, OnStack, OnStack, OnStack),
            Memory::Size => self.f.size(OnStack),
            Memory::WriteAll => self.f.write_all(OnStack, OnStack),
            Memory::Slice => self.f.intrinsic(Intrinsic::SegmentSlice),
            Memory::Address => self.f.address(OnStack),
        }
    }

    /// Computes a segment for a variable.
    fn segment(&mut self, expr: &Expr) -> Segment {
        match &expr.kind {
            ExprKind::Variable(variable) if let Variable::Segment(segment) = self.variables[*variable] => segment,
            ExprKind::Memory(Memory::Allocate, operands) => {
                let region = self.region(&operands[0]);
                match operands[1].kind {
                    ExprKind::Number(bytes) => self.f.allocate(region, bytes as u32),
                    _ => {
                        self.value(&operands[1]);
                        self.f.allocate_dynamic(region, OnStack)
                    }
                }
            }
            _ => {
                self.value(expr);
                self.f.segment(OnStack)
            }
        }
    }

    /// The region of an allocator.
    fn region(&mut self, expr: &Expr) -> Region {
        match &expr.kind {
            ExprKind::Variable(variable) if let Variable::Allocator(region) = self.variables[*variable] => region,
            _ => {
                self.value(expr);
                self.f.open_region(OnStack)
            }
        }
    }
    // } linmem
}
