//! The instructions and the functions of WASI that access memory, for traced modules.

use crate::helpers::{Pointer, Transfer};
use wasmparser::{MemArg, Operator};

/// An instruction that loads or stores a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// The name of the instruction.
    pub(super) name: &'static str,
    pub(super) memarg: MemArg,
    /// The number of bytes.
    pub(super) bytes: u32,
    pub(super) transfer: Transfer,
}

macro_rules! accesses {
    ($(($bytes:literal, $transfer:expr): $($operator:ident $name:literal)+;)+) => {
        /// The access of an instruction, if it loads or stores a value.
        pub(super) fn access(operator: &Operator<'_>) -> Option<Access> {
            let (name, memarg, bytes, transfer) = match operator {
                $($(Operator::$operator { memarg, .. } => ($name, *memarg, $bytes, $transfer),)+)+
                _ => return None,
            };
            Some(Access { name, memarg, bytes, transfer })
        }
    };
}

accesses! {
    (1, Transfer::Read):
        I32Load8S "i32.load8_s" I32Load8U "i32.load8_u" I64Load8S "i64.load8_s" I64Load8U "i64.load8_u"
        V128Load8Splat "v128.load8_splat" V128Load8Lane "v128.load8_lane" I32AtomicLoad8U "i32.atomic.load8_u"
        I64AtomicLoad8U "i64.atomic.load8_u";
    (2, Transfer::Read):
        I32Load16S "i32.load16_s" I32Load16U "i32.load16_u" I64Load16S "i64.load16_s" I64Load16U "i64.load16_u"
        V128Load16Splat "v128.load16_splat" V128Load16Lane "v128.load16_lane" I32AtomicLoad16U "i32.atomic.load16_u"
        I64AtomicLoad16U "i64.atomic.load16_u";
    (4, Transfer::Read):
        I32Load "i32.load" F32Load "f32.load" I64Load32S "i64.load32_s" I64Load32U "i64.load32_u"
        V128Load32Splat "v128.load32_splat" V128Load32Zero "v128.load32_zero" V128Load32Lane "v128.load32_lane"
        I32AtomicLoad "i32.atomic.load" I64AtomicLoad32U "i64.atomic.load32_u"
        MemoryAtomicWait32 "memory.atomic.wait32";
    (8, Transfer::Read):
        I64Load "i64.load" F64Load "f64.load" V128Load8x8S "v128.load8x8_s" V128Load8x8U "v128.load8x8_u"
        V128Load16x4S "v128.load16x4_s" V128Load16x4U "v128.load16x4_u" V128Load32x2S "v128.load32x2_s"
        V128Load32x2U "v128.load32x2_u" V128Load64Splat "v128.load64_splat" V128Load64Zero "v128.load64_zero"
        V128Load64Lane "v128.load64_lane" I64AtomicLoad "i64.atomic.load" MemoryAtomicWait64 "memory.atomic.wait64";
    (16, Transfer::Read):
        V128Load "v128.load";
    (1, Transfer::Write):
        I32Store8 "i32.store8" I64Store8 "i64.store8" V128Store8Lane "v128.store8_lane"
        I32AtomicStore8 "i32.atomic.store8" I64AtomicStore8 "i64.atomic.store8"
        I32AtomicRmw8AddU "i32.atomic.rmw8.add_u" I64AtomicRmw8AddU "i64.atomic.rmw8.add_u"
        I32AtomicRmw8SubU "i32.atomic.rmw8.sub_u" I64AtomicRmw8SubU "i64.atomic.rmw8.sub_u"
        I32AtomicRmw8AndU "i32.atomic.rmw8.and_u" I64AtomicRmw8AndU "i64.atomic.rmw8.and_u"
        I32AtomicRmw8OrU "i32.atomic.rmw8.or_u" I64AtomicRmw8OrU "i64.atomic.rmw8.or_u"
        I32AtomicRmw8XorU "i32.atomic.rmw8.xor_u" I64AtomicRmw8XorU "i64.atomic.rmw8.xor_u"
        I32AtomicRmw8XchgU "i32.atomic.rmw8.xchg_u" I64AtomicRmw8XchgU "i64.atomic.rmw8.xchg_u"
        I32AtomicRmw8CmpxchgU "i32.atomic.rmw8.cmpxchg_u" I64AtomicRmw8CmpxchgU "i64.atomic.rmw8.cmpxchg_u";
    (2, Transfer::Write):
        I32Store16 "i32.store16" I64Store16 "i64.store16" V128Store16Lane "v128.store16_lane"
        I32AtomicStore16 "i32.atomic.store16" I64AtomicStore16 "i64.atomic.store16"
        I32AtomicRmw16AddU "i32.atomic.rmw16.add_u" I64AtomicRmw16AddU "i64.atomic.rmw16.add_u"
        I32AtomicRmw16SubU "i32.atomic.rmw16.sub_u" I64AtomicRmw16SubU "i64.atomic.rmw16.sub_u"
        I32AtomicRmw16AndU "i32.atomic.rmw16.and_u" I64AtomicRmw16AndU "i64.atomic.rmw16.and_u"
        I32AtomicRmw16OrU "i32.atomic.rmw16.or_u" I64AtomicRmw16OrU "i64.atomic.rmw16.or_u"
        I32AtomicRmw16XorU "i32.atomic.rmw16.xor_u" I64AtomicRmw16XorU "i64.atomic.rmw16.xor_u"
        I32AtomicRmw16XchgU "i32.atomic.rmw16.xchg_u" I64AtomicRmw16XchgU "i64.atomic.rmw16.xchg_u"
        I32AtomicRmw16CmpxchgU "i32.atomic.rmw16.cmpxchg_u" I64AtomicRmw16CmpxchgU "i64.atomic.rmw16.cmpxchg_u";
    (4, Transfer::Write):
        I32Store "i32.store" F32Store "f32.store" I64Store32 "i64.store32" V128Store32Lane "v128.store32_lane"
        I32AtomicStore "i32.atomic.store" I64AtomicStore32 "i64.atomic.store32" I32AtomicRmwAdd "i32.atomic.rmw.add"
        I64AtomicRmw32AddU "i64.atomic.rmw32.add_u" I32AtomicRmwSub "i32.atomic.rmw.sub"
        I64AtomicRmw32SubU "i64.atomic.rmw32.sub_u" I32AtomicRmwAnd "i32.atomic.rmw.and"
        I64AtomicRmw32AndU "i64.atomic.rmw32.and_u" I32AtomicRmwOr "i32.atomic.rmw.or"
        I64AtomicRmw32OrU "i64.atomic.rmw32.or_u" I32AtomicRmwXor "i32.atomic.rmw.xor"
        I64AtomicRmw32XorU "i64.atomic.rmw32.xor_u" I32AtomicRmwXchg "i32.atomic.rmw.xchg"
        I64AtomicRmw32XchgU "i64.atomic.rmw32.xchg_u" I32AtomicRmwCmpxchg "i32.atomic.rmw.cmpxchg"
        I64AtomicRmw32CmpxchgU "i64.atomic.rmw32.cmpxchg_u";
    (8, Transfer::Write):
        I64Store "i64.store" F64Store "f64.store" V128Store64Lane "v128.store64_lane"
        I64AtomicStore "i64.atomic.store" I64AtomicRmwAdd "i64.atomic.rmw.add" I64AtomicRmwSub "i64.atomic.rmw.sub"
        I64AtomicRmwAnd "i64.atomic.rmw.and" I64AtomicRmwOr "i64.atomic.rmw.or" I64AtomicRmwXor "i64.atomic.rmw.xor"
        I64AtomicRmwXchg "i64.atomic.rmw.xchg" I64AtomicRmwCmpxchg "i64.atomic.rmw.cmpxchg";
    (16, Transfer::Write):
        V128Store "v128.store";
}

/// The memory that a function of WASI preview 1 accesses, if its operands tell how much; what it writes is listed as if the
/// call succeeds.
pub(super) fn pointers(function: &str) -> Option<(&'static str, &'static [Pointer])> {
    let position = FUNCTIONS.iter().position(|(name, _)| *name == function)?;
    FUNCTIONS.get(position).copied()
}

const fn read(address: usize, bytes: usize) -> Pointer {
    Pointer::Sized { address, bytes, transfer: Transfer::Read }
}

const fn write(address: usize, bytes: usize) -> Pointer {
    Pointer::Sized { address, bytes, transfer: Transfer::Write }
}

const fn result(address: usize, bytes: u32) -> Pointer {
    Pointer::Fixed { address, bytes, transfer: Transfer::Write }
}

const fn vectors(transfer: Transfer) -> Pointer {
    Pointer::Vectors { list: 1, count: 2, transfer }
}

const FUNCTIONS: [(&str, &[Pointer]); 28] = [
    ("args_sizes_get", &[result(0, 4), result(1, 4)]),
    ("clock_res_get", &[result(1, 8)]),
    ("clock_time_get", &[result(2, 8)]),
    ("environ_sizes_get", &[result(0, 4), result(1, 4)]),
    ("fd_fdstat_get", &[result(1, 24)]),
    ("fd_filestat_get", &[result(1, 64)]),
    ("fd_pread", &[vectors(Transfer::Write), result(4, 4)]),
    ("fd_prestat_dir_name", &[write(1, 2)]),
    ("fd_prestat_get", &[result(1, 8)]),
    ("fd_pwrite", &[vectors(Transfer::Read), result(4, 4)]),
    ("fd_read", &[vectors(Transfer::Write), result(3, 4)]),
    ("fd_readdir", &[write(1, 2), result(4, 4)]),
    ("fd_seek", &[result(3, 8)]),
    ("fd_tell", &[result(1, 8)]),
    ("fd_write", &[vectors(Transfer::Read), result(3, 4)]),
    ("path_create_directory", &[read(1, 2)]),
    ("path_filestat_get", &[read(2, 3), result(4, 64)]),
    ("path_filestat_set_times", &[read(2, 3)]),
    ("path_link", &[read(2, 3), read(5, 6)]),
    ("path_open", &[read(2, 3), result(8, 4)]),
    ("path_readlink", &[read(1, 2), write(3, 4), result(5, 4)]),
    ("path_remove_directory", &[read(1, 2)]),
    ("path_rename", &[read(1, 2), read(4, 5)]),
    ("path_symlink", &[read(0, 1), read(3, 4)]),
    ("path_unlink_file", &[read(1, 2)]),
    ("poll_oneoff", &[result(3, 4)]),
    ("random_get", &[write(0, 1)]),
    ("sock_shutdown", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_with_a_memory_argument_is_an_access() {
        let memarg = MemArg { align: 0, max_align: 0, offset: 0, memory: 0 };
        let mut count = 0;
        macro_rules! check {
            ($(@$proposal:ident $operator:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
                $(check!(@row $operator $({ $($field: $type),* })?);)*
            };
            (@row $operator:ident { memarg: $type:ty }) => {
                let found = access(&Operator::$operator { memarg });
                let is_notify = stringify!($operator) == "MemoryAtomicNotify";
                assert_eq!(found.is_none(), is_notify, "{}", stringify!($operator));
                count += 1;
            };
            (@row $operator:ident { memarg: $type:ty, lane: $lane:ty }) => {
                assert!(access(&Operator::$operator { memarg, lane: 0 }).is_some(), "{}", stringify!($operator));
                count += 1;
            };
            (@row $($other:tt)*) => {};
        }
        wasmparser::for_each_operator!(check);
        assert!(count > 100, "{count} instructions");
    }

    #[test]
    fn no_function_has_two_rows() {
        for (function, _) in FUNCTIONS {
            assert_eq!(pointers(function), FUNCTIONS.iter().copied().find(|(name, _)| *name == function));
        }
    }
}
