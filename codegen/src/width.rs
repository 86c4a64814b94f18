//! Instructions on pointers, for both widths of a memory.
//!
//! A lowering or a helper uses these instructions for addresses, sizes, offsets and numbers of pages. Each is the `i32`
//! or the `i64` instruction, depending on the [`Width`] of the memory. The width is decided once, in
//! [`Context::width`](crate::context::Context::width).

use linmem_allocator::Width;
use linmem_allocator::layout::UNAVAILABLE;
use linmem_intrinsics::ValueType;
use wasm_encoder::{InstructionSink, MemArg, ValType};

/// The width of all memories that linmem supports so far.
pub(crate) const WIDTH: Width = Width::Bits32;

/// The value type of pointers.
pub(crate) trait PointerType {
    /// The type of a pointer in wasm-encoder.
    fn val_type(self) -> ValType;

    /// The type of a pointer in the catalogue.
    fn value_type(self) -> ValueType;
}

impl PointerType for Width {
    fn val_type(self) -> ValType {
        match self {
            Width::Bits32 => ValType::I32,
            Width::Bits64 => ValType::I64,
        }
    }

    fn value_type(self) -> ValueType {
        match self {
            Width::Bits32 => ValueType::I32,
            Width::Bits64 => ValueType::I64,
        }
    }
}

/// Declares and implements [`PointerInstructions`]. Each operation with one instruction for each width is a row of the
/// table.
macro_rules! pointer_instructions {
    ($($(#[doc = $doc:literal])+ $name:ident($($operand:ident: $ty:ty)?) = $narrow:ident, $wide:ident;)+) => {
        /// Instructions on pointers. Each takes the width of the memory first, so that a chain of calls reads like the text
        /// format.
        pub(crate) trait PointerInstructions {
            $($(#[doc = $doc])+ fn $name(&mut self, width: Width $(, $operand: $ty)?) -> &mut Self;)+

            /// Pushes a constant pointer: the low bits of `value`.
            fn ptr_const(&mut self, width: Width, value: u64) -> &mut Self;

            /// Loads a pointer as an `i64`, zero-extended.
            fn ptr_load_wide(&mut self, width: Width, memarg: MemArg) -> &mut Self;

            /// Zero-extends a pointer to an `i64`.
            fn ptr_extend(&mut self, width: Width) -> &mut Self;

            /// Pushes the pointer in a local as an `i64`. The program chose it: a size or an offset. In a 64-bit memory, a
            /// number that no memory can reach is clamped to [`UNAVAILABLE`], so that sums with it do not wrap around.
            fn ptr_get_wide(&mut self, width: Width, local: u32) -> &mut Self;

            /// Truncates an `i64` to a pointer.
            fn ptr_wrap(&mut self, width: Width) -> &mut Self;

            /// Zero-extends an `i32`, such as a boolean or a count, to a pointer.
            fn ptr_from_i32(&mut self, width: Width) -> &mut Self;

            /// Truncates a pointer to an `i32`.
            fn i32_from_ptr(&mut self, width: Width) -> &mut Self;

            /// Converts a pointer to a condition: an `i32` that is nonzero if and only if the pointer is nonzero.
            fn ptr_nez(&mut self, width: Width) -> &mut Self;
        }

        impl PointerInstructions for InstructionSink<'_> {
            $(fn $name(&mut self, width: Width $(, $operand: $ty)?) -> &mut Self {
                match width {
                    Width::Bits32 => self.$narrow($($operand)?),
                    Width::Bits64 => self.$wide($($operand)?),
                }
            })+

            fn ptr_const(&mut self, width: Width, value: u64) -> &mut Self {
                match width {
                    Width::Bits32 => self.i32_const(value as i32),
                    Width::Bits64 => self.i64_const(value as i64),
                }
            }

            fn ptr_load_wide(&mut self, width: Width, memarg: MemArg) -> &mut Self {
                match width {
                    Width::Bits32 => self.i64_load32_u(memarg),
                    Width::Bits64 => self.i64_load(memarg),
                }
            }

            fn ptr_extend(&mut self, width: Width) -> &mut Self {
                match width {
                    Width::Bits32 => self.i64_extend_i32_u(),
                    Width::Bits64 => self,
                }
            }

            fn ptr_get_wide(&mut self, width: Width, local: u32) -> &mut Self {
                let unavailable = UNAVAILABLE as i64;
                self.local_get(local);
                match width {
                    Width::Bits32 => self.i64_extend_i32_u(),
                    Width::Bits64 => {
                        self.i64_const(unavailable).local_get(local).i64_const(unavailable).i64_lt_u().select()
                    }
                }
            }

            fn ptr_wrap(&mut self, width: Width) -> &mut Self {
                match width {
                    Width::Bits32 => self.i32_wrap_i64(),
                    Width::Bits64 => self,
                }
            }

            fn ptr_from_i32(&mut self, width: Width) -> &mut Self {
                match width {
                    Width::Bits32 => self,
                    Width::Bits64 => self.i64_extend_i32_u(),
                }
            }

            fn i32_from_ptr(&mut self, width: Width) -> &mut Self {
                match width {
                    Width::Bits32 => self,
                    Width::Bits64 => self.i32_wrap_i64(),
                }
            }

            fn ptr_nez(&mut self, width: Width) -> &mut Self {
                match width {
                    Width::Bits32 => self,
                    Width::Bits64 => self.i64_const(0).i64_ne(),
                }
            }
        }
    };
}

pointer_instructions! {
    /// Adds two pointers.
    ptr_add() = i32_add, i64_add;
    /// Subtracts one pointer from another.
    ptr_sub() = i32_sub, i64_sub;
    /// Multiplies two pointers.
    ptr_mul() = i32_mul, i64_mul;
    /// The bitwise AND of two pointers.
    ptr_and() = i32_and, i64_and;
    /// The bitwise OR of two pointers.
    ptr_or() = i32_or, i64_or;
    /// Shifts a pointer left by a pointer.
    ptr_shl() = i32_shl, i64_shl;
    /// Shifts a pointer right by a pointer, logically.
    ptr_shr_u() = i32_shr_u, i64_shr_u;
    /// The number of bits of a pointer that are 1, as a pointer.
    ptr_popcnt() = i32_popcnt, i64_popcnt;
    /// Whether two pointers are equal.
    ptr_eq() = i32_eq, i64_eq;
    /// Whether two pointers are not equal.
    ptr_ne() = i32_ne, i64_ne;
    /// Whether a pointer is 0.
    ptr_eqz() = i32_eqz, i64_eqz;
    /// Whether the first of two pointers is below the second.
    ptr_lt_u() = i32_lt_u, i64_lt_u;
    /// Whether the first of two pointers is not above the second.
    ptr_le_u() = i32_le_u, i64_le_u;
    /// Whether the first of two pointers is above the second.
    ptr_gt_u() = i32_gt_u, i64_gt_u;
    /// Whether the first of two pointers is not below the second.
    ptr_ge_u() = i32_ge_u, i64_ge_u;
    /// Loads a pointer.
    ptr_load(memarg: MemArg) = i32_load, i64_load;
    /// Stores a pointer.
    ptr_store(memarg: MemArg) = i32_store, i64_store;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::validate;
    use wasm_encoder::{CodeSection, Function, FunctionSection, MemorySection, MemoryType, Module, TypeSection};

    /// A module with one function with this body and a pointer as its parameter.
    fn module(width: Width, body: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
        let (mut types, mut functions, mut memories) =
            (TypeSection::new(), FunctionSection::new(), MemorySection::new());
        let memory64 = width == Width::Bits64;
        types.ty().function([width.val_type()], []);
        functions.function(0);
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64, shared: false, page_size_log2: None });
        let mut function = Function::new([]);
        body(&mut function.instructions());
        let mut code = CodeSection::new();
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&code);
        module.finish()
    }

    #[test]
    fn every_instruction_has_the_width_of_the_memory() {
        let at = MemArg { offset: 8, align: 2, memory_index: 0 };
        for width in Width::ALL {
            let bytes = module(width, |sink| {
                sink.local_get(0);
                sink.ptr_const(width, 16)
                    .ptr_add(width)
                    .ptr_const(width, 8)
                    .ptr_sub(width)
                    .ptr_const(width, 3)
                    .ptr_mul(width);
                sink.ptr_const(width, !7)
                    .ptr_and(width)
                    .ptr_const(width, 1)
                    .ptr_or(width)
                    .ptr_const(width, 2)
                    .ptr_shl(width);
                sink.ptr_const(width, 1)
                    .ptr_shr_u(width)
                    .ptr_popcnt(width)
                    .ptr_load(width, at)
                    .ptr_load_wide(width, at);
                sink.ptr_wrap(width).ptr_extend(width).drop();
                sink.ptr_get_wide(width, 0).ptr_wrap(width).drop();
                let comparisons = [
                    InstructionSink::ptr_eq,
                    InstructionSink::ptr_ne,
                    InstructionSink::ptr_lt_u,
                    InstructionSink::ptr_le_u,
                    InstructionSink::ptr_gt_u,
                    InstructionSink::ptr_ge_u,
                ];
                for comparison in comparisons {
                    comparison(sink.local_get(0).ptr_const(width, 0), width).drop();
                }
                sink.local_get(0).ptr_eqz(width).ptr_from_i32(width).i32_from_ptr(width).drop();
                sink.local_get(0).local_get(0).ptr_store(width, at);
                sink.local_get(0).ptr_nez(width).drop().end();
            });
            assert_eq!(validate(&bytes, |_| true).map_err(|error| error.to_string()), Ok(()), "{width:?}");
        }
    }
}
