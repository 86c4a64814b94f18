//! Element and data segments.

use crate::build::ids::{DataId, ElementId, FunctionId, MemoryId, TableId};
use crate::build::items::{Contents, Data, Mode};
use crate::build::module::ModuleBuilder;
use crate::error::{Error, Place};
use wasm_encoder::{ConstExpr, Encode, RefType};
use wasmparser::{BinaryReader, Operator};

/// The contents of an element segment.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Elements<'a> {
    /// References to functions.
    Functions(&'a [FunctionId]),
    /// References of any type. The expressions can refer to functions by the numbers of their [`FunctionId`].
    Expressions(RefType, &'a [ConstExpr]),
}

impl ModuleBuilder {
    /// Adds an element segment that is copied to a table, at an offset, when the module is instantiated.
    pub fn active_elements(&mut self, table: TableId, offset: &ConstExpr, elements: Elements<'_>) -> ElementId {
        self.elements(Mode::Active(table.0, offset.clone()), elements)
    }

    /// Adds an element segment for `table.init`, `array.new_elem` and `array.init_elem`.
    pub fn passive_elements(&mut self, elements: Elements<'_>) -> ElementId {
        self.elements(Mode::Passive, elements)
    }

    /// Adds an element segment that only declares the functions that instructions refer to by `ref.func`. For single
    /// functions, [`reference`](ModuleBuilder::reference) does the same.
    pub fn declared_elements(&mut self, elements: Elements<'_>) -> ElementId {
        self.elements(Mode::Declared, elements)
    }

    fn elements(&mut self, mode: Mode, elements: Elements<'_>) -> ElementId {
        let id = ElementId(self.items.elements.len() as u32);
        let contents = match elements {
            Elements::Functions(functions) => Contents::Functions(functions.to_vec()),
            Elements::Expressions(ty, expressions) => Contents::Expressions(ty, expressions.to_vec()),
        };
        self.items.elements.push((mode, contents));
        id
    }

    /// Declares that an instruction refers to a function by `ref.func`, as validation requires.
    pub fn reference(&mut self, function: FunctionId) {
        self.items.referenced.push(function);
    }

    /// Adds a data segment for `memory.init`, `array.new_data` and `array.init_data`.
    pub fn passive_data(&mut self, bytes: &[u8]) -> DataId {
        self.data(None, bytes.to_vec())
    }

    /// Adds a data segment that is copied to a memory, at an offset, when the module is instantiated.
    ///
    /// In the [memory that segments are in](ModuleBuilder::segment_memory), only the bytes below
    /// [`Config::base`](crate::Config::base) belong to the frontend. [`finish`](ModuleBuilder::finish) rejects data that
    /// is not there, or whose offset is not a constant.
    pub fn active_data(&mut self, memory: MemoryId, offset: &ConstExpr, bytes: &[u8]) -> DataId {
        self.data(Some((memory.0, offset.clone())), bytes.to_vec())
    }

    pub(super) fn data(&mut self, target: Option<(u32, ConstExpr)>, bytes: Vec<u8>) -> DataId {
        let id = DataId(self.items.data.len() as u32);
        self.items.data.push(Data { target, bytes });
        id
    }

    /// Checks that active data does not overwrite linmem's part of its memory.
    pub(super) fn check_data(&self) -> Result<(), Error> {
        // In a memory that is imported, linmem owns only what it grows, unless there is a base.
        let part = self.context.home.start().or(self.shared_part.map(|(start, _)| start));
        let Some(base) = part else { return Ok(()) };
        for (position, data) in self.items.data.iter().enumerate() {
            let Some((memory, offset)) = &data.target else { continue };
            if *memory != self.context.memory.0 {
                continue;
            }
            let problem = match constant(offset) {
                Some(start) if start + data.bytes.len() as u64 <= base => continue,
                Some(start) => format!("is at {start}..{}", start + data.bytes.len() as u64),
                None => "has an offset that is not a constant".to_string(),
            };
            let message = format!(
                "data segment {position} {problem}, but only the bytes below {base} of the memory that segments are in \
                 belong to the frontend; `base` in the configuration reserves more"
            );
            return Err(Error::Builder { message, place: Place::Module });
        }
        Ok(())
    }
}

/// The value of an offset in a 32-bit memory that is one constant.
fn constant(offset: &ConstExpr) -> Option<u64> {
    let mut bytes = Vec::new();
    offset.encode(&mut bytes);
    let mut operators = wasmparser::ConstExpr::new(BinaryReader::new(&bytes, 0)).get_operators_reader();
    match (operators.read().ok()?, operators.read().ok()?) {
        (Operator::I32Const { value }, Operator::End) => Some(u64::from(value as u32)),
        _ => None,
    }
}
