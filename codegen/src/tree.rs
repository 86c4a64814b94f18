//! A small typed tree of intrinsic calls, for frontends that build straight-line code before they emit it.
//!
//! A frontend whose middle end already has a tree lowers it with a [`FunctionBuilder`] and does not need this one. This
//! tree is for code that is put together in one place and emitted in another: glue, wrappers of host functions,
//! accessors. It has values, calls, and the statements that regions require, and no others: a segment has a constant
//! size, or that of elements or of a text, and arithmetic, branches and loops are closures, [`Value::Code`] and
//! [`Statement::Code`]. Trees can be sent to other threads.
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

use crate::build::{FunctionBuilder, FunctionId, Local, Region, Segment, TypeId};
use linmem_intrinsics::{Access, Encoding, Intrinsic};
use std::sync::{Arc, Mutex, PoisonError};

/// Code of a frontend inside a tree.
pub type Code = Box<dyn FnOnce(&mut FunctionBuilder) + Send>;

/// The name of a region in a tree. Its local is assigned when the tree is lowered.
#[derive(Clone, Debug)]
pub struct RegionName(Slot<Region>);

/// The name of a segment in a tree.
#[derive(Clone, Debug)]
pub struct SegmentName(Slot<Segment>);

/// What a name refers to, while its statement is lowered. All clones of a name have the same slot.
#[derive(Debug)]
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Slot<T> {
        Slot(Arc::clone(&self.0))
    }
}

impl<T: Copy> Slot<T> {
    fn new() -> Slot<T> {
        Slot(Arc::new(Mutex::new(None)))
    }

    fn get(&self) -> Option<T> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, value: Option<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

/// Elements of an array: the array, the index of the first one, and their number.
pub struct Elements {
    /// The type of the array.
    pub ty: TypeId,
    /// The array.
    pub array: Value,
    /// The index of the first element.
    pub index: Value,
    /// The number of elements.
    pub count: Value,
}

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
    /// A new array with elements that are read from a segment at an offset in bytes: their type, and their number.
    Array(TypeId, SegmentName, Box<Value>, Box<Value>),
    /// A new array of the text in an encoding that is in a segment at an offset: the type of the array, and the number of bytes.
    Text(Encoding, TypeId, SegmentName, Box<Value>, Box<Value>),
    /// The number of bytes of a text in an encoding.
    TextSize(Encoding, Box<Elements>),
    /// Writes a text in an encoding to a segment at an offset; its number of bytes.
    StoreText(Encoding, SegmentName, Box<Value>, Box<Elements>),
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
    /// Allocates a segment that contains elements of an array, and names it.
    AllocateArray(SegmentName, RegionName, Elements),
    /// Allocates a segment that contains a text in an encoding, and names it.
    AllocateText(Encoding, SegmentName, RegionName, Elements),
    /// Copies elements of an array to a segment, at an offset.
    StoreArray(SegmentName, Value, Elements),
    /// Copies bytes of a segment, at an offset, to elements of an array.
    LoadArray(SegmentName, Value, Elements),
    /// Writes a value to a segment, at an offset.
    Store(Access, SegmentName, Value, Value),
    /// Writes a value to a local.
    Set(Local, Value),
    /// Evaluates a value and drops it.
    Drop(Value),
    /// Calls a function that has no results.
    Call(FunctionId, Vec<Value>),
    /// Writes this code.
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
            Value::Array(ty, segment, offset, count) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentToArray) {
                    function.to_array(ty, segment, offset.operand(), count.operand());
                }
            }
            Value::Text(encoding, ty, segment, offset, bytes) => {
                let user = match encoding {
                    Encoding::Utf8 => Intrinsic::SegmentGetUtf8,
                    Encoding::Wtf8 => Intrinsic::SegmentGetWtf8,
                    Encoding::Latin1 => Intrinsic::SegmentGetLatin1,
                };
                if let Some(segment) = segment.resolve(function, user) {
                    function.get_text(encoding, ty, segment, offset.operand(), bytes.operand());
                }
            }
            Value::TextSize(encoding, elements) => {
                let Elements { ty, array, index, count } = *elements;
                function.text_size(encoding, ty, (array.operand(), index.operand()), count.operand());
            }
            Value::StoreText(encoding, segment, offset, elements) => {
                let user = match encoding {
                    Encoding::Utf8 => Intrinsic::SegmentSetUtf8,
                    Encoding::Wtf8 => Intrinsic::SegmentSetWtf8,
                    Encoding::Latin1 => Intrinsic::SegmentSetLatin1,
                };
                if let Some(segment) = segment.resolve(function, user) {
                    let Elements { ty, array, index, count } = *elements;
                    let from = (array.operand(), index.operand());
                    function.set_text(encoding, ty, (segment, offset.operand()), from, count.operand());
                }
            }
            Value::Call(callee, arguments) => call(function, callee, arguments),
            Value::Code(code) => code(function),
        }
    }

    /// The value as an operand, which is pushed where its instruction needs it.
    fn operand(self) -> impl FnOnce(&mut FunctionBuilder) {
        move |function: &mut FunctionBuilder| self.lower(function)
    }
}

impl Statement {
    /// A region. `statements` receives its name.
    pub fn region(statements: impl FnOnce(&RegionName) -> Vec<Statement>) -> Statement {
        let name = RegionName(Slot::new());
        let statements = statements(&name);
        Statement::Region(name, statements)
    }

    /// An allocation, and the name of its segment.
    pub fn allocate(region: &RegionName, bytes: u32) -> (Statement, SegmentName) {
        let name = SegmentName(Slot::new());
        (Statement::Allocate(name.clone(), region.clone(), bytes), name)
    }

    /// An allocation of elements of an array, and the name of its segment.
    pub fn allocate_array(region: &RegionName, elements: Elements) -> (Statement, SegmentName) {
        let name = SegmentName(Slot::new());
        (Statement::AllocateArray(name.clone(), region.clone(), elements), name)
    }

    /// An allocation of a text, and the name of its segment.
    pub fn allocate_text(region: &RegionName, encoding: Encoding, text: Elements) -> (Statement, SegmentName) {
        let name = SegmentName(Slot::new());
        (Statement::AllocateText(encoding, name.clone(), region.clone(), text), name)
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
                name.0.set(Some(region));
                for statement in statements {
                    statement.lower(function);
                }
                // The name is invalid after its scope.
                name.0.set(None);
            }),
            Statement::Allocate(name, region, bytes) => {
                if let Some(region) = region.resolve(function) {
                    name.0.set(Some(function.allocate(region, bytes)));
                }
            }
            Statement::AllocateArray(name, region, Elements { ty, array, index, count }) => {
                if let Some(region) = region.resolve(function) {
                    let from = (array.operand(), index.operand());
                    name.0.set(Some(function.allocate_array(region, ty, from, count.operand())));
                }
            }
            Statement::AllocateText(encoding, name, region, Elements { ty, array, index, count }) => {
                if let Some(region) = region.resolve(function) {
                    let from = (array.operand(), index.operand());
                    name.0.set(Some(function.allocate_text(region, encoding, ty, from, count.operand())));
                }
            }
            Statement::StoreArray(segment, offset, Elements { ty, array, index, count }) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentCopyFromArray) {
                    let from = (array.operand(), index.operand());
                    function.copy_from_array(ty, (segment, offset.operand()), from, count.operand());
                }
            }
            Statement::LoadArray(segment, offset, Elements { ty, array, index, count }) => {
                if let Some(segment) = segment.resolve(function, Intrinsic::SegmentCopyToArray) {
                    let to = (array.operand(), index.operand());
                    function.copy_to_array(ty, to, (segment, offset.operand()), count.operand());
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

impl RegionName {
    fn resolve(&self, function: &mut FunctionBuilder) -> Option<Region> {
        let region = self.0.get();
        if region.is_none() {
            function.fail("a tree allocates from a region outside of its statement");
        }
        region
    }
}

impl SegmentName {
    fn resolve(&self, function: &mut FunctionBuilder, user: Intrinsic) -> Option<Segment> {
        let segment = self.0.get();
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
