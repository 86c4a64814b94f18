//! How many operands an instruction of wasm-encoder's takes and leaves.
//!
//! Only for the instructions that stand between an intrinsic and its operands in ordinary code. Of all others the
//! engine is told that nobody knows, and forgets what it knew of the stack.

use crate::engine::Arity;
use wasm_encoder::Instruction;

/// The arity of an instruction that is neither control nor a call.
pub(super) fn arity(instruction: &Instruction<'_>) -> Arity {
    use Instruction::*;
    let (pops, pushes) = match instruction {
        Nop | DataDrop(_) | ElemDrop(_) => (0, 0),
        F32Const(_) | F64Const(_) | V128Const(_) | GlobalGet(_) | MemorySize(_) | RefNull(_) | TableSize(_) => (0, 1),
        GlobalSet(_) => (1, 0),
        I32Load(_) | I64Load(_) | F32Load(_) | F64Load(_) | I32Load8S(_) | I32Load8U(_) | I32Load16S(_)
        | I32Load16U(_) | I64Load8S(_) | I64Load8U(_) | I64Load16S(_) | I64Load16U(_) | I64Load32S(_)
        | I64Load32U(_) | V128Load(_) | MemoryGrow(_) | TableGet(_) | RefIsNull => (1, 1),
        I32Eqz | I64Eqz | I32Clz | I32Ctz | I32Popcnt | I64Clz | I64Ctz | I64Popcnt | F32Abs | F32Neg | F32Ceil
        | F32Floor | F32Trunc | F32Nearest | F32Sqrt | F64Abs | F64Neg | F64Ceil | F64Floor | F64Trunc | F64Nearest
        | F64Sqrt | I32WrapI64 | I32TruncF32S | I32TruncF32U | I32TruncF64S | I32TruncF64U | I64ExtendI32S
        | I64ExtendI32U | I64TruncF32S | I64TruncF32U | I64TruncF64S | I64TruncF64U | F32ConvertI32S
        | F32ConvertI32U | F32ConvertI64S | F32ConvertI64U | F32DemoteF64 | F64ConvertI32S | F64ConvertI32U
        | F64ConvertI64S | F64ConvertI64U | F64PromoteF32 | I32ReinterpretF32 | I64ReinterpretF64
        | F32ReinterpretI32 | F64ReinterpretI64 | I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S
        | I64Extend32S | I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S | I32TruncSatF64U | I64TruncSatF32S
        | I64TruncSatF32U | I64TruncSatF64S | I64TruncSatF64U => (1, 1),
        I32Store(_) | I64Store(_) | F32Store(_) | F64Store(_) | I32Store8(_) | I32Store16(_) | I64Store8(_)
        | I64Store16(_) | I64Store32(_) | V128Store(_) | TableSet(_) => (2, 0),
        I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS | I32GeU | I64Eq | I64Ne
        | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS | I64GeU | F32Eq | F32Ne | F32Lt | F32Gt
        | F32Le | F32Ge | F64Eq | F64Ne | F64Lt | F64Gt | F64Le | F64Ge | I32Add | I32Sub | I32Mul | I32DivS
        | I32DivU | I32RemS | I32RemU | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr
        | I64Add | I64Sub | I64Mul | I64DivS | I64DivU | I64RemS | I64RemU | I64And | I64Or | I64Xor | I64Shl
        | I64ShrS | I64ShrU | I64Rotl | I64Rotr | F32Add | F32Sub | F32Mul | F32Div | F32Min | F32Max | F32Copysign
        | F64Add | F64Sub | F64Mul | F64Div | F64Min | F64Max | F64Copysign => (2, 1),
        Select | TypedSelect(_) => (3, 1),
        MemoryFill(_) | MemoryCopy { .. } | MemoryInit { .. } => (3, 0),
        _ => return Arity::Unknown,
    };
    Arity::Known { pops, pushes }
}
