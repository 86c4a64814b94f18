//! Compiles with a module writer of the compiler's own. linmem lowers the functions, and says at the end what the module
//! must contain for them; the writer then assigns all indices.
//!
//! The code generator emits instructions with the numbers that the compiler uses: functions by their position in the
//! program, blocks by their depth.

use super::sections::{STRING, Sections, TAG};
use super::tree::{Body, Expr, ExprKind, Function, Memory, Program, Statement, StatementKind};
use super::wasm;
use std::collections::HashMap;
use wasm_encoder::{BlockType, Catch, EntityType, ExportKind, Instruction, ValType};

// linmem {
use linmem::build::{FunctionBuilder, Indices, LateLowering, Region};
use linmem::{Config, Error, Intrinsic, Representation, SourceLine};
// } linmem

/// Compiles a program.
pub(crate) fn compile(program: &Program, config: &Config) -> Result<Vec<u8>, Error> {
    // linmem {
    let mut lowering = LateLowering::new(config, Representation::Packed)?;
    lowering.signatures().declare_tag(TAG, vec![ValType::I32]);
    for (number, Function { name, params, result, .. }) in (0..).zip(&program.functions) {
        let (params, results) = (wasm::val_types(params, STRING), wasm::val_types(result, STRING));
        lowering.declare_function(number, name, &params, &results)?;
    }
    // } linmem
    let mut sections = Sections::new(program);
    for (number, function) in (0..).zip(&program.functions) {
        let Function { params, result, body, .. } = function;
        let ty = sections.ty(&wasm::val_types(params, STRING), &wasm::val_types(result, STRING));
        let (types, statements) = match body {
            Body::Host(module, name) => {
                sections.imports.import(module, name, EntityType::Function(ty));
                continue;
            }
            Body::Code(types, statements) => (types, statements),
        };
        sections.functions.function(ty);
        let mut f = lowering.body(number)?; // linmem
        for ty in types.iter().skip(params.len()) {
            f.local(wasm::val_type(*ty, STRING));
        }
        let mut codegen = Codegen {
            function,
            f,
            depth: 0,
            loops: Vec::new(),
            regions: HashMap::new(), // linmem
        };
        codegen.block(statements);
        if result.is_some() {
            codegen.emit(&Instruction::Unreachable);
        }
        lowering.define(codegen.f)?; // linmem
    }
    let parts = lowering.finish()?; // linmem
    let indices = sections.add(&parts)?; // linmem
    for (number, Function { name, .. }) in (0..).zip(&program.functions) {
        let index = indices.function(number); // linmem
        sections.names.push((index, name.clone()));
        if name == "main" {
            sections.exports.export("_start", ExportKind::Func, index);
        }
    }
    let module = sections.finish();
    parts.validate(&module, &indices)?; // linmem
    Ok(module)
}

struct Codegen<'a> {
    function: &'a Function,
    f: FunctionBuilder,
    /// The number of open blocks.
    depth: u32,
    /// The number of blocks around each open loop.
    loops: Vec<u32>,
    /// The regions of allocators.
    regions: HashMap<usize, Region>, // linmem
}

impl Codegen<'_> {
    fn emit(&mut self, instruction: &Instruction<'_>) {
        match instruction {
            Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) | Instruction::TryTable(..) => {
                self.depth += 1;
            }
            Instruction::End => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.f.instruction(instruction);
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
            StatementKind::WithAllocator(allocator, body) => {
                let region = self.f.begin_region();
                self.regions.insert(*allocator, region);
                self.block(body);
                self.f.end_region(region);
            }
            // } linmem
            StatementKind::Set(variable, value) => {
                self.value(value);
                self.emit(&Instruction::LocalSet(*variable as u32));
            }
            StatementKind::SetChar(text, index, char) => {
                self.values([text, index, char]);
                self.emit(&Instruction::ArraySet(STRING));
            }
            StatementKind::Expr(value) => {
                self.value(value);
                if value.ty.is_some() {
                    self.emit(&Instruction::Drop);
                }
            }
            StatementKind::If(condition, then, or_else) => {
                self.value(condition);
                self.emit(&Instruction::If(BlockType::Empty));
                self.block(then);
                self.emit(&Instruction::Else);
                self.block(or_else);
                self.emit(&Instruction::End);
            }
            StatementKind::While(condition, body) => {
                self.loops.push(self.depth);
                self.emit(&Instruction::Block(BlockType::Empty));
                self.emit(&Instruction::Loop(BlockType::Empty));
                self.value(condition);
                self.emit(&Instruction::I32Eqz);
                self.emit(&Instruction::BrIf(1));
                self.block(body);
                self.emit(&Instruction::Br(0));
                self.emit(&Instruction::End);
                self.emit(&Instruction::End);
                self.loops.pop();
            }
            StatementKind::Break => {
                let depth = self.loops.last().copied().unwrap_or_default();
                self.emit(&Instruction::Br(self.depth - depth - 1));
            }
            StatementKind::Return(value) => {
                self.values(value);
                self.emit(&Instruction::Return);
            }
            StatementKind::Throw(value) => {
                self.value(value);
                self.emit(&Instruction::Throw(TAG));
            }
            StatementKind::Try(body, thrown, handler) => {
                self.emit(&Instruction::Block(BlockType::Empty));
                self.emit(&Instruction::Block(BlockType::Result(ValType::I32)));
                let catch = [Catch::One { tag: TAG, label: 0 }];
                self.emit(&Instruction::TryTable(BlockType::Empty, (&catch).into()));
                self.block(body);
                self.emit(&Instruction::End);
                self.emit(&Instruction::Br(1));
                self.emit(&Instruction::End);
                self.emit(&Instruction::LocalSet(*thrown as u32));
                self.block(handler);
                self.emit(&Instruction::End);
            }
        }
    }

    fn values<'e>(&mut self, values: impl IntoIterator<Item = &'e Expr>) {
        values.into_iter().for_each(|value| self.value(value));
    }

    /// Pushes the value of an expression.
    fn value(&mut self, expr: &Expr) {
        match &expr.kind {
            // linmem {
            ExprKind::Variable(variable) if let Some(region) = self.regions.get(variable) => self.f.push(*region),
            ExprKind::Memory(operation, operands) => {
                self.values(operands);
                self.f.intrinsic(match operation {
                    Memory::Allocate => Intrinsic::AllocatorAllocate,
                    Memory::GetByte => Intrinsic::SegmentGetUByte,
                    Memory::SetByte => Intrinsic::SegmentSetByte,
                    Memory::GetInt => Intrinsic::SegmentGetInt,
                    Memory::SetInt => Intrinsic::SegmentSetInt,
                    Memory::Slice => Intrinsic::SegmentSlice,
                    Memory::Size => Intrinsic::SegmentSize,
                    Memory::Address => Intrinsic::SegmentAddress,
                    Memory::WriteAll => Intrinsic::WasiWriteAll,
                });
            }
            // } linmem
            ExprKind::Number(number) => self.emit(&Instruction::I32Const(*number)),
            ExprKind::Literal(start, length) => {
                self.emit(&Instruction::I32Const(2 * *start as i32));
                self.emit(&Instruction::I32Const(*length as i32));
                self.emit(&Instruction::ArrayNewData { array_type_index: STRING, array_data_index: 0 });
            }
            ExprKind::Variable(variable) => self.emit(&Instruction::LocalGet(*variable as u32)),
            ExprKind::Binary(operator, left, right) => {
                self.values([&**left, &**right]);
                self.emit(&wasm::binary(*operator));
            }
            ExprKind::Call(function, arguments) => {
                self.values(arguments);
                self.emit(&Instruction::Call(*function as u32));
            }
            ExprKind::NewText(length) => {
                self.value(length);
                self.emit(&Instruction::ArrayNewDefault(STRING));
            }
            ExprKind::Length(text) => {
                self.value(text);
                self.emit(&Instruction::ArrayLen);
            }
            ExprKind::CharAt(text, index) => {
                self.values([&**text, &**index]);
                self.emit(&Instruction::ArrayGetU(STRING));
            }
        }
    }
}
