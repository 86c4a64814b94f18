//! The shape of wasmparser's operators.

use crate::engine::compare::{Relation, Sign};
use crate::engine::shape::{Shape, plain_instructions};
use wasmparser::Operator;

macro_rules! shapes {
    ($(($pops:literal -> $pushes:literal, $shape:expr): $($name:ident)+;)+) => {
        /// The shape of an operator that neither begins nor ends a control structure, and after which execution
        /// continues.
        pub(crate) fn shape(operator: &Operator<'_>) -> Shape {
            match operator {
                $($(Operator::$name { .. })|+ => $shape,)+
                Operator::BrIf { relative_depth } => Shape::BranchIf(*relative_depth),
                Operator::Call { .. }
                | Operator::CallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::Resume { .. }
                | Operator::ResumeThrow { .. }
                | Operator::ResumeThrowRef { .. }
                | Operator::Suspend { .. }
                | Operator::Switch { .. } => Shape::Call,
                _ => Shape::Effect,
            }
        }
    };
}
plain_instructions!(shapes);

/// The arity of an operator whose arity does not depend on the module, from wasmparser's table.
#[cfg(test)]
pub(crate) fn plain_arity(operator: &Operator<'_>) -> Option<(u32, u32)> {
    operator.operator_arity(&NoModule)
}

/// An empty module.
#[cfg(test)]
struct NoModule;

#[cfg(test)]
impl wasmparser::ModuleArity for NoModule {
    fn sub_type_at(&self, _: u32) -> Option<&wasmparser::SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&wasmparser::FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&wasmparser::SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, wasmparser::FrameKind)> {
        None
    }
}
