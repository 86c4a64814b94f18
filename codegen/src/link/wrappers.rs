//! Functions that only pass on: their parameters, constants and casts of them go to one intrinsic, and they return its result,
//! nothing, or constants.
//!
//! Compilers often put each import behind such a function. Where a wrapper is called, its code is lowered in its place, so that
//! the constants and the segments of the caller are known. A wrapper whose parameters are exactly the operands, and whose
//! results are those of the intrinsic, is the intrinsic under another index: the static analyses treat it so, too.
//!
//! ```wat
//! (func $free (param i32) (result i32)
//!   local.get 0   call $MemoryAllocator.free   i32.const 0)      ;; MoonBit: the value of an empty result
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use wasm_encoder::ValType;

/// A step of a wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Push a parameter.
    Get(u32),
    /// Push a constant.
    I32(i32),
    /// Push a constant.
    I64(i64),
    /// Push static data, by the index of its global.
    Static(u32),
    /// Execute an instruction without operands, by its bytes in the module.
    Push(Range<usize>),
    /// Execute an instruction with one operand and one result, by its bytes in the module.
    Convert(Range<usize>),
    /// Call an intrinsic, by the index of its import.
    Intrinsic(u32),
    /// Call another wrapper. Its parameters are on the stack.
    Wrapper(u32),
    /// Drop a result.
    Drop,
}

/// A function that only passes on.
#[derive(Clone, Debug)]
pub(crate) struct Wrapper {
    /// Its instructions.
    pub(crate) steps: Vec<Step>,
    /// The intrinsic that it is, if it passes on all parameters and all results unchanged.
    pub(crate) is: Option<u32>,
    /// The types of its parameters, for the locals that hold them where it is called.
    pub(crate) params: Vec<ValType>,
    /// The number of steps with those of the wrappers that it calls.
    pub(super) size: usize,
}

impl Wrapper {
    /// The number of its first steps that push its first parameters in order, if no other step pushes a parameter. These
    /// parameters can stay on the stack.
    pub(crate) fn passed(&self) -> Option<usize> {
        let in_order = (0..).map(Step::Get).zip(&self.steps).take_while(|(get, step)| get == *step).count();
        let gets = self.steps.iter().filter(|step| matches!(step, Step::Get(_))).count();
        (in_order == gets).then_some(in_order)
    }
}

/// The wrappers of a module, by the indices of their functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrappers(BTreeMap<u32, Wrapper>);

impl Wrappers {
    /// The wrappers with these functions.
    pub(super) fn of(wrappers: BTreeMap<u32, Wrapper>) -> Wrappers {
        Wrappers(wrappers)
    }

    /// The wrapper that a function is, if it is one.
    pub(crate) fn get(&self, function: u32) -> Option<&Wrapper> {
        self.0.get(&function)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
