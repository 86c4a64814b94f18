//! The functions that the compiler provides. linmem reads files, writes text and makes the arguments: each of these is one call,
//! from GC arrays to GC arrays.

use super::tree::{Builtin, Type};
use super::types::Types;
use linmem::Error;
use linmem::build::{FunctionBuilder, FunctionId, Local, ModuleBuilder, OnStack};
use linmem::wasi::Function as Wasi;
use linmem::wasm_encoder::{BlockType, HeapType, Instruction, ValType};

/// Opens a file for reading.
const READ_ONLY: i32 = 0x0400_0000;

/// Writes the instructions of a built-in function whose operands are on the stack; `false` if it is a function of the module.
pub(crate) fn inline(f: &mut FunctionBuilder, types: &Types, builtin: Builtin) -> bool {
    match builtin {
        Builtin::Length => f.instruction(&Instruction::ArrayLen),
        Builtin::NewText => f.instruction(&Instruction::ArrayNewDefault(types.text.0)),
        Builtin::Write => f.print(types.text, OnStack, OnStack),
        Builtin::Close => {
            f.wasi(Wasi::FdClose);
            f.drop();
        }
        Builtin::Exit => f.wasi(Wasi::ProcExit),
        Builtin::Concat | Builtin::Slice | Builtin::Read | Builtin::Open | Builtin::Args => return false,
    }
    true
}

/// Defines a built-in function. `texts` is the type of an array of strings.
pub(crate) fn define(
    module: &mut ModuleBuilder,
    types: &Types,
    builtin: Builtin,
    texts: Option<Type>,
) -> Result<FunctionId, Error> {
    let (text, int) = (types.value(Type::Text), ValType::I32);
    let list = types.value(texts.unwrap_or(Type::Text));
    let (name, params, result) = match builtin {
        Builtin::Concat => ("concat", vec![text, text], text),
        Builtin::Slice => ("slice", vec![text, int, int], text),
        Builtin::Read => ("read", vec![int], text),
        Builtin::Open => ("open", vec![text], int),
        _ => ("args", vec![], list),
    };
    let ty = module.function_type(params, [result]);
    module.function(name, ty, |f| match builtin {
        Builtin::Concat => concat(f, types),
        Builtin::Slice => slice(f, types),
        Builtin::Read => {
            f.read_text(types.text, f.param(0));
            take_result(f, result);
        }
        Builtin::Open => open(f, types),
        _ => {
            if let Some(list) = texts.and_then(|texts| types.object(texts)) {
                f.args_array(list);
            }
            take_result(f, result);
        }
    })
}

/// Replaces an errno and a result, which is null if the call failed, by the result.
fn take_result(f: &mut FunctionBuilder, ty: ValType) {
    let result = f.local(ty);
    f.set(result, OnStack);
    f.drop();
    f.push(result);
}

/// ```wasm
/// errno, fd = open_text(path, READ_ONLY)
/// errno == 0:   fd
/// else          0 - errno
/// ```
fn open(f: &mut FunctionBuilder, types: &Types) {
    let (errno, file) = (f.local(ValType::I32), f.local(ValType::I32));
    f.open_text(types.text, f.param(0), READ_ONLY);
    f.set(file, OnStack);
    f.set(errno, OnStack);
    f.push(file);
    f.push(0);
    f.push(errno);
    f.instruction(&Instruction::I32Sub);
    f.push(errno);
    f.instruction(&Instruction::I32Eqz);
    f.instruction(&Instruction::Select);
}

/// ```wasm
/// both = array.new_default(left.len + right.len)
/// array.copy(both, 0, left, 0, left.len)
/// array.copy(both, left.len, right, 0, right.len)
/// both
/// ```
fn concat(f: &mut FunctionBuilder, types: &Types) {
    let (left, right) = (f.param(0), f.param(1));
    let both = f.local(types.value(Type::Text));
    length(f, left);
    length(f, right);
    f.instruction(&Instruction::I32Add);
    f.instruction(&Instruction::ArrayNewDefault(types.text.0));
    f.set(both, OnStack);
    copy(f, types, (both, |f| f.push(0)), (left, |f| f.push(0)), |f| length(f, left));
    copy(f, types, (both, |f| length(f, left)), (right, |f| f.push(0)), |f| length(f, right));
    f.push(both);
}

/// ```wasm
/// to < from:   trap
/// part = array.new_default(to - from)
/// array.copy(part, 0, text, from, to - from)   ;; traps if the range is outside of the string
/// part
/// ```
fn slice(f: &mut FunctionBuilder, types: &Types) {
    let (text, from, to) = (f.param(0), f.param(1), f.param(2));
    let part = f.local(types.value(Type::Text));
    let count = move |f: &mut FunctionBuilder| {
        f.push(to);
        f.push(from);
        f.instruction(&Instruction::I32Sub);
    };
    f.push(to);
    f.push(from);
    f.instruction(&Instruction::I32LtS);
    f.begin_if(BlockType::Empty);
    f.instruction(&Instruction::Unreachable);
    f.end();
    count(f);
    f.instruction(&Instruction::ArrayNewDefault(types.text.0));
    f.set(part, OnStack);
    copy(f, types, (part, |f| f.push(0)), (text, |f| f.push(from)), count);
    f.push(part);
}

fn length(f: &mut FunctionBuilder, text: Local) {
    f.push(text);
    f.instruction(&Instruction::ArrayLen);
}

/// Copies units between strings: to one from an index, from the other from an index.
fn copy(
    f: &mut FunctionBuilder,
    types: &Types,
    to: (Local, impl FnOnce(&mut FunctionBuilder)),
    from: (Local, impl FnOnce(&mut FunctionBuilder)),
    count: impl FnOnce(&mut FunctionBuilder),
) {
    f.push(to.0);
    (to.1)(f);
    f.push(from.0);
    (from.1)(f);
    count(f);
    f.instruction(&Instruction::ArrayCopy { array_type_index_dst: types.text.0, array_type_index_src: types.text.0 });
}

/// Pushes a null reference of a type.
pub(crate) fn null(f: &mut FunctionBuilder, types: &Types, ty: Type) {
    if let Some(id) = types.object(ty) {
        f.instruction(&Instruction::RefNull(HeapType::Concrete(id.0)));
    }
}
