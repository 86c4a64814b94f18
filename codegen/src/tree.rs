//! A small typed tree of intrinsic calls, for frontends that build before they emit.
//!
//! It covers only values, calls, and the statements that regions require. All other constructs of a frontend are
//! written with [`Value::Code`].
//!
//! ```
//! use linmem_codegen::build::ModuleBuilder;
//! use linmem_codegen::tree::{Statement, Value};
//! use linmem_codegen::{Config, Error};
//! use linmem_intrinsics::{Access, Representation};
//! use wasm_encoder::ValType;
//!
//! # fn main() -> Result<(), Error> {
//! let mut module = ModuleBuilder::new(&Config::default(), Representation::Packed)?;
//! let ty = module.function_type([], [ValType::I32]);
//! let answer = module.function("answer", ty, |f| {
//!     let result = f.local(ValType::I32);
//!     let statements = [Statement::region(|region| {
//!         let (bind, segment) = Statement::allocate(region, 4);
//!         vec![
//!             bind,
//!             Statement::store(Access::Int, segment.clone(), Value::i32(0), Value::i32(42)),
//!             Statement::set(result, Value::load(Access::Int, segment, Value::i32(0))),
//!         ]
//!     })];
//!     for statement in statements {
//!         statement.lower(f);
//!     }
//!     f.push(result);
//! })?;
//! module.export("answer", answer);
//! module.finish()?;
//! # Ok(())
//! # }
//! ```

use crate::build::{FunctionBuilder, FunctionId, Local, Region, Segment};
use linmem_intrinsics::{Access, Intrinsic};
use std::cell::RefCell;
use std::rc::Rc;

/// Code of a frontend inside a tree.
pub type Code = Box<dyn FnOnce(&mut FunctionBuilder)>;

/// The name of a region in a tree. Its local is assigned when the tree is lowered.
#[derive(Clone, Debug)]
pub struct RegionName(Rc<RefCell<Option<Region>>>);

/// The name of a segment in a tree.
#[derive(Clone, Debug)]
pub struct SegmentName(Rc<RefCell<Option<Segment>>>);

/// An expression that leaves one value on the stack.
#[non_exhaustive]
pub enum Value {
    /// A constant.
    I32(i32),
    /// A constant.
    I64(i64),
    /// A constant.
    F32(f32),
    /// A constant.
    F64(f64),
    /// A local.
    Local(Local),
    /// A value in a segment.
    Load(Access, SegmentName, Box<Value>),
    /// The start address of a segment.
    Address(SegmentName),
    /// The size of a segment in bytes.
    Size(SegmentName),
    /// The result of a call.
    Call(FunctionId, Vec<Value>),
    /// The value that this code leaves.
    Code(Code),
}

/// A statement, which leaves nothing on the stack.
#[non_exhaustive]
pub enum Statement {
    /// Opens a region for these statements, and closes it on every exit from them.
    Region(RegionName, Vec<Statement>),
    /// Allocates a segment and names it.
    Allocate(SegmentName, RegionName, u32),
    /// Writes a value to a segment, at an offset.
    Store(Access, SegmentName, Value, Value),
    /// Writes a value to a local.
    Set(Local, Value),
    /// Evaluates a value and drops it.
    Drop(Value),
    /// Calls a function that has no results.
    Call(FunctionId, Vec<Value>),
    /// Runs this code.
    Code(Code),
}

impl Value {
    /// A constant.
    pub fn i32(value: i32) -> Value {
        Value::I32(value)
    }

    /// A value in a segment.
    pub fn load(access: Access, segment: SegmentName, offset: Value) -> Value {
        Value::Load(access, segment, Box::new(offset))
    }

    /// Writes the instructions that push the value.
    pub fn lower(self, function: &mut FunctionBuilder) {
        match self {
            Value::I32(value) => function.push(value),
            Value::I64(value) => function.push(value),
            Value::F32(value) => function.push(value),
            Value::F64(value) => function.push(value),
            Value::Local(local) => function.push(local),
            Value::Load(access, segment, offset) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentGetInt) {
                    function.get(access, segment, |f: &mut FunctionBuilder| offset.lower(f));
                }
            }
            Value::Address(segment) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentAddress) {
                    function.address(segment);
                }
            }
            Value::Size(segment) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentSize) {
                    function.size(segment);
                }
            }
            Value::Call(callee, arguments) => call(function, callee, arguments),
            Value::Code(code) => code(function),
        }
    }
}

impl Statement {
    /// A region. `statements` receives its name.
    pub fn region(statements: impl FnOnce(&RegionName) -> Vec<Statement>) -> Statement {
        let name = RegionName(Rc::default());
        let statements = statements(&name);
        Statement::Region(name, statements)
    }

    /// An allocation, and the name of its segment.
    pub fn allocate(region: &RegionName, bytes: u32) -> (Statement, SegmentName) {
        let name = SegmentName(Rc::default());
        (Statement::Allocate(name.clone(), region.clone(), bytes), name)
    }

    /// A write to a segment.
    pub fn store(access: Access, segment: SegmentName, offset: Value, value: Value) -> Statement {
        Statement::Store(access, segment, offset, value)
    }

    /// A write to a local.
    pub fn set(local: Local, value: Value) -> Statement {
        Statement::Set(local, value)
    }

    /// Writes the instructions.
    pub fn lower(self, function: &mut FunctionBuilder) {
        match self {
            Statement::Region(name, statements) => function.region(|function, region| {
                *name.0.borrow_mut() = Some(region);
                for statement in statements {
                    statement.lower(function);
                }
                // The name is invalid after its scope.
                *name.0.borrow_mut() = None;
            }),
            Statement::Allocate(name, region, bytes) => {
                let region = *region.0.borrow();
                match region {
                    Some(region) => *name.0.borrow_mut() = Some(function.allocate(region, bytes)),
                    None => function.fail("a tree allocates from a region outside of its statement"),
                }
            }
            Statement::Store(access, segment, offset, value) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentSetInt) {
                    function.put(
                        access,
                        segment,
                        |f: &mut FunctionBuilder| offset.lower(f),
                        |f: &mut FunctionBuilder| value.lower(f),
                    );
                }
            }
            Statement::Set(local, value) => function.set(local, |f: &mut FunctionBuilder| value.lower(f)),
            Statement::Drop(value) => {
                value.lower(function);
                function.drop();
            }
            Statement::Call(callee, arguments) => call(function, callee, arguments),
            Statement::Code(code) => code(function),
        }
    }
}

impl SegmentName {
    fn resolve(&self, function: &mut FunctionBuilder, user: Intrinsic) -> Option<Segment> {
        let segment = *self.0.borrow();
        if segment.is_none() {
            function.fail(&format!("a tree uses a segment in {} before it is allocated", user.name()));
        }
        segment
    }
}

fn call(function: &mut FunctionBuilder, callee: FunctionId, arguments: Vec<Value>) {
    for argument in arguments {
        argument.lower(function);
    }
    function.call(callee);
}
