//! Compiles operations to a module.

use crate::parse::{Operation, Program};
use linmem::build::{FunctionBuilder, FunctionId, Local, ModuleBuilder, Segment};
use linmem::wasm_encoder::{BlockType, Instruction, ValType};
use linmem::{Access, Config, Error, Representation};

/// The number of cells on the tape: a power of two, so that a mask wraps the pointer around.
const TAPE: u32 = 65536;

/// The size of the output buffer in bytes.
const BUFFER: u32 = 4096;

const STDIN: i32 = 0;
const STDOUT: i32 = 1;

/// The functions that the program calls.
struct Runtime {
    /// `(buffer, used, byte) -> used`: appends a byte to the buffer, and writes the buffer if it is full.
    put: FunctionId,
    /// `(buffer, used) -> 0`: writes the used part of the buffer.
    flush: FunctionId,
}

/// Compiles a program to a WASI command.
pub(crate) fn compile(program: &Program) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed)?;
    let runtime = runtime(&mut module)?;
    let ty = module.function_type([], []);
    let start = module.function("main", ty, |f| {
        f.region(|f, region| {
            let output = f.allocate(region, BUFFER);
            let input = f.allocate(region, 1);
            let tape = f.allocate(region, TAPE);
            f.fill(tape, 0, TAPE, 0);
            let (pointer, used, at) = (f.local(ValType::I32), f.local(ValType::I32), f.local(ValType::I32));
            let machine = Machine { runtime: &runtime, output, input, tape, pointer, used, at };
            for operation in program {
                machine.operation(f, *operation);
            }
            machine.flush(f);
        });
    })?;
    module.export("_start", start);
    module.finish()
}

fn runtime(module: &mut ModuleBuilder) -> Result<Runtime, Error> {
    let exit_type = module.function_type([ValType::I32], []);
    let exit = module.import_function("wasi_snapshot_preview1", "proc_exit", exit_type);

    let flush_type = module.function_type([ValType::I64, ValType::I32], [ValType::I32]);
    let flush = module.function("flush", flush_type, |f| {
        let buffer = f.segment(f.param(0));
        let filled = f.slice_dynamic(buffer, 0, f.param(1));
        f.write_all(STDOUT, filled);
        // Exit if writing fails: the reader has closed its end, or the disk is full.
        f.instruction(&Instruction::If(BlockType::Empty));
        f.push(1);
        f.call(exit);
        f.instruction(&Instruction::End);
        f.push(0);
    })?;

    let put_type = module.function_type([ValType::I64, ValType::I32, ValType::I32], [ValType::I32]);
    let put = module.function("put", put_type, |f| {
        let (buffer, used, byte) = (f.param(0), f.param(1), f.param(2));
        f.put(Access::Byte, buffer, used, byte);
        let next = f.local(ValType::I32);
        f.set(next, |f: &mut FunctionBuilder| {
            f.push(used);
            f.push(1);
            f.instruction(&Instruction::I32Add);
        });
        f.if_else(
            BlockType::Result(ValType::I32),
            |f: &mut FunctionBuilder| {
                f.push(next);
                f.push(BUFFER);
                f.instruction(&Instruction::I32Eq);
            },
            |f, _| {
                f.push(buffer);
                f.push(next);
                f.call(flush);
            },
            |f, _| f.push(next),
        );
    })?;
    Ok(Runtime { put, flush })
}

struct Machine<'a> {
    runtime: &'a Runtime,
    output: Segment,
    input: Segment,
    tape: Segment,
    /// The position of the current cell.
    pointer: Local,
    /// The number of bytes in the output buffer.
    used: Local,
    /// The position of the cell of one operation.
    at: Local,
}

impl Machine<'_> {
    /// Emits one operation. Loops are emitted as instructions, not by closures, so that their depth is not limited.
    fn operation(&self, f: &mut FunctionBuilder, operation: Operation) {
        let Machine { pointer, used, .. } = *self;
        match operation {
            Operation::Move(by) => f.set(pointer, |f: &mut FunctionBuilder| cell(f, pointer, by)),
            Operation::Add { offset, amount } => {
                let at = self.at(f, offset);
                f.put(Access::Byte, self.tape, at, |f: &mut FunctionBuilder| {
                    f.get(Access::UByte, self.tape, at);
                    f.push(i32::from(amount));
                    f.instruction(&Instruction::I32Add);
                });
            }
            Operation::Clear { offset } => {
                let at = self.at(f, offset);
                f.put(Access::Byte, self.tape, at, 0);
            }
            Operation::Output { offset } => {
                let at = self.at(f, offset);
                f.set(used, |f: &mut FunctionBuilder| {
                    f.push(self.output);
                    f.push(used);
                    f.get(Access::UByte, self.tape, at);
                    f.call(self.runtime.put);
                });
            }
            Operation::Input { offset } => {
                self.flush(f);
                let at = self.at(f, offset);
                f.put(Access::Byte, self.input, 0, 0);
                f.fd_read(STDIN, self.input);
                f.drop();
                f.drop();
                f.put(Access::Byte, self.tape, at, |f: &mut FunctionBuilder| f.get(Access::UByte, self.input, 0));
            }
            Operation::Begin => {
                f.instruction(&Instruction::Block(BlockType::Empty));
                f.get(Access::UByte, self.tape, pointer);
                f.instruction(&Instruction::I32Eqz);
                f.instruction(&Instruction::BrIf(0));
                f.instruction(&Instruction::Loop(BlockType::Empty));
            }
            Operation::End => {
                f.get(Access::UByte, self.tape, pointer);
                f.instruction(&Instruction::BrIf(0));
                f.instruction(&Instruction::End);
                f.instruction(&Instruction::End);
            }
        }
    }

    /// The pointer, or a local that holds the position of another cell.
    fn at(&self, f: &mut FunctionBuilder, offset: i32) -> Local {
        if offset == 0 {
            return self.pointer;
        }
        f.set(self.at, |f: &mut FunctionBuilder| cell(f, self.pointer, offset));
        self.at
    }

    fn flush(&self, f: &mut FunctionBuilder) {
        f.set(self.used, |f: &mut FunctionBuilder| {
            f.push(self.output);
            f.push(self.used);
            f.call(self.runtime.flush);
        });
    }
}

/// Pushes the position of a cell.
fn cell(f: &mut FunctionBuilder, pointer: Local, offset: i32) {
    f.push(pointer);
    f.push(offset);
    f.instruction(&Instruction::I32Add);
    f.push(TAPE - 1);
    f.instruction(&Instruction::I32And);
}
