//! Reads a module: its functions as trees of instructions, and the names in its name section.

use crate::error::Error;
use std::collections::HashMap;
use wasmparser::{
    BlockType, CompositeInnerType, ConstExpr, Data, DataKind, ExternalKind, FieldType, FuncType, KnownCustom, Name,
    NameMap, Operator, Parser, Payload, StorageType, TypeRef,
};

pub use wasmparser::ValType;

/// An instruction, with its structure.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// An instruction without structure.
    Plain(Operator<'a>),
    /// `block`.
    Block(BlockType, Vec<Code<'a>>),
    /// `loop`, with its number in the function.
    Loop(BlockType, usize, Vec<Code<'a>>),
    /// `if`.
    If(BlockType, Vec<Code<'a>>, Vec<Code<'a>>),
}

/// A function that the module defines.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    /// Its type.
    pub ty: u32,
    /// The types of its locals, without the parameters.
    pub locals: Vec<ValType>,
    /// Its body.
    pub body: Vec<Code<'a>>,
}

/// A global.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its type.
    pub ty: ValType,
    /// Its value, if it is an immutable integer whose initial value is a constant.
    pub constant: Option<i64>,
    /// The value it begins with, if that is a constant integer.
    pub initial: Option<i64>,
}

/// A module.
#[derive(Clone, Debug, Default)]
pub struct Module<'a> {
    /// The function types; `None` for other types.
    pub types: Vec<Option<FuncType>>,
    /// The fields of struct types: their types, and whether they are mutable.
    pub fields: HashMap<u32, Vec<(Option<ValType>, bool)>>,
    /// The types of the elements of array types, and the number of bits that are kept of one.
    pub elements: HashMap<u32, (ValType, u32)>,
    /// The types of all functions, imported ones first.
    pub functions: Vec<u32>,
    /// The number of imported functions.
    pub imported: usize,
    /// The bodies of the functions that the module defines.
    pub bodies: Vec<Function<'a>>,
    /// The globals.
    pub globals: Vec<Global>,
    /// The width of addresses, and the number of pages of the memory that claims are about: the first one, unless
    /// [`Module::about_memory`] chooses another one.
    pub memory: Option<(u32, u64)>,
    /// The index of this memory.
    pub memory_index: u32,
    /// The largest number of pages that the memory can have.
    pub max_pages: u64,
    /// All memories: widths of addresses, and smallest and largest numbers of pages.
    pub memories: Vec<(u32, u64, u64)>,
    /// The names of exported functions.
    pub exports: HashMap<String, u32>,
    /// The names of functions.
    pub function_names: HashMap<u32, String>,
    /// The names of globals.
    pub global_names: HashMap<u32, String>,
    /// The names of types.
    pub type_names: HashMap<u32, String>,
    /// The names of the locals of functions.
    pub local_names: HashMap<u32, HashMap<u32, String>>,
    /// The addresses, if they are constant, and the sizes of data segments.
    pub data: Vec<(Option<u64>, u64)>,
}

/// The type of a field that is not packed.
fn value_type(ty: StorageType) -> Option<ValType> {
    match ty {
        StorageType::Val(ty) => Some(ty),
        _ => None,
    }
}

/// The type of an element of an array, and the number of bits that are kept of it.
fn element(ty: StorageType) -> (ValType, u32) {
    match ty {
        StorageType::I8 => (ValType::I32, 8),
        StorageType::I16 => (ValType::I32, 16),
        StorageType::Val(ty @ (ValType::I64 | ValType::F64)) => (ty, 64),
        StorageType::Val(ValType::V128) => (ValType::V128, 128),
        StorageType::Val(ty) => (ty, 32),
    }
}

fn names(map: NameMap<'_>) -> Result<HashMap<u32, String>, Error> {
    map.into_iter()
        .map(|naming| naming.map(|naming| (naming.index, naming.name.to_string())).map_err(Error::from))
        .collect()
}

fn constant(expr: &ConstExpr<'_>) -> Result<Option<i64>, Error> {
    let mut reader = expr.get_operators_reader();
    let first = match reader.read()? {
        Operator::I32Const { value } => Some(i64::from(value as u32)),
        Operator::I64Const { value } => Some(value),
        _ => None,
    };
    Ok(first.filter(|_| matches!(reader.read(), Ok(Operator::End))))
}

impl<'a> Module<'a> {
    /// Reads a module, which must be valid.
    pub fn read(bytes: &'a [u8]) -> Result<Module<'a>, Error> {
        let mut module = Module::default();
        let mut defined = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(reader) => {
                    for group in reader {
                        for ty in group?.into_types() {
                            if let CompositeInnerType::Struct(ty) = &ty.composite_type.inner {
                                let field = |field: &FieldType| (value_type(field.element_type), field.mutable);
                                module.fields.insert(module.types.len() as u32, ty.fields.iter().map(field).collect());
                            }
                            if let CompositeInnerType::Array(ty) = &ty.composite_type.inner {
                                module.elements.insert(module.types.len() as u32, element(ty.0.element_type));
                            }
                            module.types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => Some(ty),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) => module.functions.push(ty),
                            TypeRef::Memory(memory) => module.add_memory(memory),
                            TypeRef::Global(ty) => {
                                module.globals.push(Global { ty: ty.content_type, constant: None, initial: None });
                            }
                            _ => {}
                        }
                    }
                    module.imported = module.functions.len();
                }
                Payload::FunctionSection(reader) => {
                    for ty in reader {
                        module.functions.push(ty?);
                    }
                }
                Payload::MemorySection(reader) => {
                    for memory in reader {
                        module.add_memory(memory?);
                    }
                }
                Payload::GlobalSection(reader) => {
                    for global in reader {
                        let global = global?;
                        let initial = constant(&global.init_expr)?;
                        let constant = initial.filter(|_| !global.ty.mutable);
                        module.globals.push(Global { ty: global.ty.content_type, constant, initial });
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            module.exports.insert(export.name.to_string(), export.index);
                        }
                    }
                }
                Payload::DataSection(reader) => {
                    for data in reader {
                        let Data { kind, data, .. } = data?;
                        let address = match kind {
                            DataKind::Active { offset_expr, .. } => constant(&offset_expr)?.map(|at| at as u64),
                            DataKind::Passive => None,
                        };
                        module.data.push((address, data.len() as u64));
                    }
                }
                Payload::CodeSectionEntry(body) => defined.push(body),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(reader) = section.as_known() {
                        for name in reader {
                            match name? {
                                Name::Function(map) => module.function_names = names(map)?,
                                Name::Global(map) => module.global_names = names(map)?,
                                Name::Type(map) => module.type_names = names(map)?,
                                Name::Local(map) => {
                                    for naming in map {
                                        let naming = naming?;
                                        module.local_names.insert(naming.index, names(naming.names)?);
                                    }
                                }
                                _ => {}
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        for (number, body) in defined.into_iter().enumerate() {
            let mut locals = Vec::new();
            for group in body.get_locals_reader()? {
                let (count, ty) = group?;
                locals.extend(std::iter::repeat_n(ty, count as usize));
            }
            let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
            let mut tree = Tree { operators: operators.into_iter(), loops: 0 };
            let (body, _) = tree.sequence()?;
            module.bodies.push(Function { ty: module.functions[module.imported + number], locals, body });
        }
        Ok(module)
    }

    fn add_memory(&mut self, memory: wasmparser::MemoryType) {
        let width = if memory.memory64 { 64 } else { 32 };
        let most = if memory.memory64 { 1 << 48 } else { 1 << 16 };
        self.memories.push((width, memory.initial, memory.maximum.unwrap_or(most).min(most)));
        self.about_memory(0);
    }

    /// Chooses the memory that claims are about. Of the other ones, nothing is known. Returns `false` if there is no such memory.
    pub fn about_memory(&mut self, index: u32) -> bool {
        let Some((width, pages, most)) = self.memories.get(index as usize).copied() else { return false };
        (self.memory, self.memory_index, self.max_pages) = (Some((width, pages)), index, most);
        true
    }

    /// The type of a function.
    pub fn type_of(&self, function: u32) -> Result<&FuncType, Error> {
        let ty = self.functions.get(function as usize).copied();
        ty.and_then(|ty| self.types.get(ty as usize)?.as_ref()).ok_or_else(|| Error::new("a function has no type"))
    }

    /// The function of this name, without the prefix of linmem, by an export or by the name section.
    pub fn function(&self, name: &str) -> Option<u32> {
        let of_name = |known: &str| known == name || known.strip_prefix("linmem.") == Some(name);
        let by_name = self.function_names.iter().find(|(_, known)| of_name(known)).map(|(index, _)| *index);
        self.exports.get(name).copied().or(by_name)
    }

    /// The name of a function.
    pub fn name_of(&self, function: u32) -> String {
        let exported = || self.exports.iter().find(|(_, index)| **index == function).map(|(name, _)| name.clone());
        self.function_names.get(&function).cloned().or_else(exported).unwrap_or_else(|| format!("f{function}"))
    }

    /// The body of a function that the module defines.
    pub fn body(&self, function: u32) -> Option<&Function<'a>> {
        self.bodies.get((function as usize).checked_sub(self.imported)?)
    }

    /// Whether the body of a function is `unreachable`, as those of violations are.
    pub fn always_traps(&self, function: u32) -> bool {
        self.body(function).is_some_and(|body| matches!(body.body[..], [Code::Plain(Operator::Unreachable)]))
    }

    /// The name of a global, without the prefix of linmem.
    pub fn global_name(&self, global: u32) -> String {
        let name = self.global_names.get(&global).cloned().unwrap_or_else(|| format!("g{global}"));
        name.strip_prefix("linmem.").map(str::to_string).unwrap_or(name)
    }

    /// The type of this name, without the prefix of linmem.
    pub fn type_named(&self, name: &str) -> Option<u32> {
        self.type_names.iter().find(|(_, known)| known.strip_prefix("linmem.") == Some(name)).map(|(index, _)| *index)
    }

    /// The number of parameters and the types of results of a block.
    pub fn block_type(&self, ty: BlockType) -> Result<(usize, Vec<ValType>), Error> {
        match ty {
            BlockType::Empty => Ok((0, Vec::new())),
            BlockType::Type(ty) => Ok((0, vec![ty])),
            BlockType::FuncType(index) => {
                let ty = self.types.get(index as usize).and_then(Option::as_ref);
                let ty = ty.ok_or_else(|| Error::new("a block has no type"))?;
                Ok((ty.params().len(), ty.results().to_vec()))
            }
        }
    }
}

/// Makes a tree of a sequence of instructions.
struct Tree<'a> {
    operators: std::vec::IntoIter<Operator<'a>>,
    loops: usize,
}

impl<'a> Tree<'a> {
    /// The instructions up to `end` or `else`, and whether it was `else`.
    fn sequence(&mut self) -> Result<(Vec<Code<'a>>, bool), Error> {
        let mut code = Vec::new();
        loop {
            let operator = self.operators.next().ok_or_else(|| Error::new("a block has no end"))?;
            match operator {
                Operator::End => return Ok((code, false)),
                Operator::Else => return Ok((code, true)),
                Operator::Block { blockty } => code.push(Code::Block(blockty, self.sequence()?.0)),
                Operator::Loop { blockty } => {
                    let number = self.loops;
                    self.loops += 1;
                    code.push(Code::Loop(blockty, number, self.sequence()?.0));
                }
                Operator::If { blockty } => {
                    let (then, has_else) = self.sequence()?;
                    let other = if has_else { self.sequence()?.0 } else { Vec::new() };
                    code.push(Code::If(blockty, then, other));
                }
                operator => code.push(Code::Plain(operator)),
            }
        }
    }
}
