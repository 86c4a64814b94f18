//! The instructions that helpers use, as methods of [`Routine`], so that a chain of calls reads like the text format.

use crate::helpers::routine::Routine;
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use linmem_allocator::layout::UNAVAILABLE;
use wasm_encoder::MemArg;

/// Instructions that do not depend on the width of the memory.
macro_rules! plain {
    ($($name:ident($($operand:ident: $ty:ty),*))+) => {
        impl Routine<'_> {
            $(pub(super) fn $name(&mut self $(, $operand: $ty)*) -> &mut Self {
                self.emit(|sink, _| {
                    sink.$name($($operand),*);
                })
            })+
        }
    };
}

/// Instructions on pointers: see [`PointerInstructions`].
macro_rules! pointers {
    ($($name:ident($($operand:ident: $ty:ty),*))+) => {
        impl Routine<'_> {
            $(pub(super) fn $name(&mut self $(, $operand: $ty)*) -> &mut Self {
                self.emit(|sink, context| {
                    sink.$name(context.width() $(, $operand)*);
                })
            })+
        }
    };
}

/// Instructions on linmem's memory.
macro_rules! memory {
    ($($name:ident)+) => {
        impl Routine<'_> {
            $(pub(super) fn $name(&mut self) -> &mut Self {
                self.emit(|sink, context| {
                    sink.$name(context.memory.0);
                })
            })+
        }
    };
}

plain! {
    drop()
    i32_add()
    i32_and()
    i32_const(value: i32)
    i32_div_u()
    i32_eq()
    i32_eqz()
    i32_ge_u()
    i32_gt_u()
    i32_le_u()
    i32_load(at: MemArg)
    i32_load16_u(at: MemArg)
    i32_load8_u(at: MemArg)
    i32_lt_u()
    i32_mul()
    i32_ne()
    i32_or()
    i32_popcnt()
    i32_shl()
    i32_shr_u()
    i32_store(at: MemArg)
    i32_store16(at: MemArg)
    i32_store8(at: MemArg)
    i32_sub()
    i32_wrap_i64()
    i64_add()
    i64_and()
    i64_const(value: i64)
    i64_ctz()
    i64_eqz()
    i64_extend_i32_u()
    i64_ge_u()
    i64_gt_s()
    i64_gt_u()
    i64_le_s()
    i64_le_u()
    i64_load(at: MemArg)
    i64_lt_u()
    i64_mul()
    i64_ne()
    i64_or()
    i64_popcnt()
    i64_shl()
    i64_shr_u()
    i64_store(at: MemArg)
    i64_sub()
    i64_xor()
    global_get(global: u32)
    ref_as_non_null()
    ref_is_null()
    return_()
    select()
    struct_get(ty: u32, field: u32)
    struct_new(ty: u32)
    struct_set(ty: u32, field: u32)
    unreachable()
}

pointers! {
    i32_from_ptr()
    ptr_add()
    ptr_and()
    ptr_const(value: u64)
    ptr_eq()
    ptr_eqz()
    ptr_extend()
    ptr_from_i32()
    ptr_ge_u()
    ptr_gt_u()
    ptr_le_u()
    ptr_load(at: MemArg)
    ptr_load_wide(at: MemArg)
    ptr_lt_u()
    ptr_mul()
    ptr_ne()
    ptr_nez()
    ptr_or()
    ptr_popcnt()
    ptr_shl()
    ptr_shr_u()
    ptr_store(at: MemArg)
    ptr_sub()
    ptr_wrap()
}

memory! {
    memory_fill
    memory_grow
    memory_size
}

impl Routine<'_> {
    /// `memory.copy` within linmem's memory.
    pub(super) fn memory_copy(&mut self) -> &mut Self {
        self.emit(|sink, context| {
            sink.memory_copy(context.memory.0, context.memory.0);
        })
    }

    /// Pushes a number as an `i64`. `push` pushes it as a pointer, and the program chose it: a size, an alignment, a
    /// base. In a 64-bit memory, a number that no memory can reach is clamped to [`UNAVAILABLE`], so that sums with it
    /// do not wrap around.
    ///
    /// ```wasm
    /// ;; 32-bit memory                      ;; 64-bit memory
    /// local.get $bytes                      local.get $bytes   i64.const 1 << 48
    /// i64.extend_i32_u                      local.get $bytes   i64.const 1 << 48   i64.lt_u   select
    /// ```
    pub(super) fn wide(&mut self, push: impl Fn(&mut Self)) -> &mut Self {
        push(self);
        match self.width() {
            Width::Bits32 => self.i64_extend_i32_u(),
            Width::Bits64 => {
                self.i64_const(UNAVAILABLE as i64);
                push(self);
                self.i64_const(UNAVAILABLE as i64).i64_lt_u().select()
            }
        }
    }
}
