//! Compiles with wasm-encoder alone. The module imports linmem's intrinsics, and linking it replaces their calls.
//!
//! The compiler itself closes a region on every way out of `withAllocator`: before a `break` or a `return`, and in a
//! handler that rethrows the exception.

use super::ast::Type;
use super::tree::{Body, Expr, ExprKind, Function, Memory, Program, Statement, StatementKind};
use super::wasm;
use wasm_encoder::{
    BlockType, Catch, CodeSection, DataCountSection, DataSection, EntityType, ExportKind, ExportSection,
    FunctionSection, ImportSection, Instruction, Module, NameMap, NameSection, RefType, TagKind, TagSection, TagType,
    TypeSection, ValType,
};

// linmem {
use linmem::{Config, Error};
// } linmem

/// The index of the type of strings.
const STRING: u32 = 0;

/// The index of the tag of exceptions.
const TAG: u32 = 0;

/// Compiles a program.
pub(crate) fn compile(program: &Program, config: &Config) -> Result<Vec<u8>, Error> {
    let mut module = Sections::default();
    module.types.ty().subtype(&wasm::string_type());
    let thrown = module.ty(&[Type::Int], None);
    module.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: thrown });
    // linmem {
    module.import("linmem", "MemoryAllocator.new", &[], Some(Type::Allocator));
    module.import("linmem", "MemoryAllocator.free", &[Type::Allocator], None);
    for (operation, _, params, result) in Memory::ALL {
        module.import("linmem", intrinsic(operation), params, result);
    }
    let first = module.imports.len();
    // } linmem
    for (index, Function { name, params, result, body, .. }) in (first..).zip(&program.functions) {
        module.names.append(index, name);
        match body {
            Body::Host(from, name) => module.import(from, name, params, *result),
            Body::Code(types, statements) => {
                let ty = module.ty(params, *result);
                module.functions.function(ty);
                let locals = wasm::val_types(&types[params.len()..], STRING);
                let f = wasm_encoder::Function::new_with_locals_types(locals);
                let mut codegen = Codegen {
                    f,
                    first,
                    depth: 0,
                    loops: Vec::new(),
                    allocators: Vec::new(), // linmem
                };
                codegen.block(statements);
                if result.is_some() {
                    codegen.emit(&Instruction::Unreachable);
                }
                codegen.emit(&Instruction::End);
                module.code.function(&codegen.f);
            }
        }
        if name == "main" {
            module.exports.export("_start", ExportKind::Func, index);
        }
    }
    linmem::link(&module.finish(program), config) // linmem
}

// linmem {
/// The imports 0 and 1 are `MemoryAllocator.new` and `MemoryAllocator.free`.
const NEW: u32 = 0;
const FREE: u32 = 1;

/// The intrinsic of an operation. Its import is 2 plus its position in [`Memory::ALL`].
fn intrinsic(operation: Memory) -> &'static str {
    match operation {
        Memory::Allocate => "MemoryAllocator.allocate",
        Memory::GetByte => "MemorySegment.getUByte",
        Memory::SetByte => "MemorySegment.setByte",
        Memory::GetInt => "MemorySegment.getInt",
        Memory::SetInt => "MemorySegment.setInt",
        Memory::Slice => "MemorySegment.slice",
        Memory::Size => "MemorySegment.size",
        Memory::Address => "MemorySegment.address",
        Memory::WriteAll => "wasi.write_all",
    }
}
// } linmem

#[derive(Default)]
struct Sections {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tags: TagSection,
    exports: ExportSection,
    code: CodeSection,
    names: NameMap,
}

impl Sections {
    fn ty(&mut self, params: &[Type], result: Option<Type>) -> u32 {
        self.types.ty().function(wasm::val_types(params, STRING), wasm::val_types(&result, STRING));
        self.types.len() - 1
    }

    fn import(&mut self, module: &str, name: &str, params: &[Type], result: Option<Type>) {
        let ty = self.ty(params, result);
        self.imports.import(module, name, EntityType::Function(ty));
    }

    fn finish(&self, program: &Program) -> Vec<u8> {
        let mut data = DataSection::new();
        data.passive(wasm::text_bytes(program));
        let mut names = NameSection::new();
        names.functions(&self.names);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tags);
        module.section(&self.exports).section(&DataCountSection { count: 1 }).section(&self.code);
        module.section(&data).section(&names);
        module.finish()
    }
}

struct Codegen {
    f: wasm_encoder::Function,
    /// The index of the program's first function.
    first: u32,
    /// The number of open blocks.
    depth: u32,
    /// The number of blocks around each open loop.
    loops: Vec<u32>,
    // linmem {
    /// The variables of the open allocators, and the number of loops around each.
    allocators: Vec<(usize, usize)>,
    // } linmem
}

impl Codegen {
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
        statements.iter().for_each(|statement| self.statement(&statement.kind));
    }

    fn statement(&mut self, statement: &StatementKind) {
        match statement {
            // linmem {
            StatementKind::WithAllocator(allocator, body) => {
                self.emit(&Instruction::Call(NEW));
                self.emit(&Instruction::LocalSet(*allocator as u32));
                self.emit(&Instruction::Block(BlockType::Empty));
                self.emit(&Instruction::Block(BlockType::Result(ValType::Ref(RefType::EXNREF))));
                let catch = [Catch::AllRef { label: 0 }];
                self.emit(&Instruction::TryTable(BlockType::Empty, (&catch).into()));
                self.allocators.push((*allocator, self.loops.len()));
                self.block(body);
                self.allocators.pop();
                self.emit(&Instruction::End);
                self.emit(&Instruction::LocalGet(*allocator as u32));
                self.emit(&Instruction::Call(FREE));
                self.emit(&Instruction::Br(1));
                self.emit(&Instruction::End);
                self.emit(&Instruction::LocalGet(*allocator as u32));
                self.emit(&Instruction::Call(FREE));
                self.emit(&Instruction::ThrowRef);
                self.emit(&Instruction::End);
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
                self.free(self.loops.len()); // linmem
                let depth = self.loops.last().copied().unwrap_or_default();
                self.emit(&Instruction::Br(self.depth - depth - 1));
            }
            StatementKind::Return(value) => {
                self.values(value);
                self.free(0); // linmem
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

    // linmem {
    /// Closes the regions of the open allocators that are inside of at least this number of loops, innermost first.
    fn free(&mut self, loops: usize) {
        for (allocator, _) in self.allocators.clone().into_iter().rev().take_while(|(_, around)| *around >= loops) {
            self.emit(&Instruction::LocalGet(allocator as u32));
            self.emit(&Instruction::Call(FREE));
        }
    }
    // } linmem

    fn values<'e>(&mut self, values: impl IntoIterator<Item = &'e Expr>) {
        values.into_iter().for_each(|value| self.value(value));
    }

    /// Pushes the value of an expression.
    fn value(&mut self, expr: &Expr) {
        match &expr.kind {
            // linmem {
            ExprKind::Memory(operation, operands) => {
                self.values(operands);
                let position = Memory::ALL.iter().position(|(known, ..)| known == operation);
                self.emit(&Instruction::Call(2 + position.unwrap_or_default() as u32));
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
                self.emit(&Instruction::Call(self.first + *function as u32));
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
