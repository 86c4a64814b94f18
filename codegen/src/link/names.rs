//! The name section of the linked module: the input's names at their new indices, and linmem's own.

use crate::code::FunctionRef;
use crate::context::Context;
use crate::engine::Lowered;
use crate::helpers::Needs;
use crate::link::custom;
use crate::link::globals::Globals;
use crate::link::input::Input;
use crate::link::plan::{Added, Plan};
use crate::start;
use std::collections::BTreeMap;
use wasm_encoder::{Encode, IndirectNameMap, NameMap, NameSection, Section};
use wasmparser::{IndirectNameMap as IndirectReader, Name, NameMap as Reader};

/// The sources of the names.
pub(super) struct Names<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) context: &'a Context,
    pub(super) needs: &'a Needs,
    pub(super) plan: &'a Plan,
    pub(super) lowered: &'a [Option<Lowered>],
    pub(super) added: Added<'a>,
    pub(super) globals: Globals<'a>,
    pub(super) defines_memory: bool,
}

type Map = BTreeMap<u32, String>;
type Indirect = BTreeMap<u32, Map>;

/// Writes the name section, including its custom section header.
pub(super) fn section(names: &Names<'_>, out: &mut Vec<u8>) {
    let mut section = NameSection::new();
    // The subsections that linmem extends are written even if the input lacks them; the others are copied.
    let mut copied: BTreeMap<u8, &Name<'_>> = BTreeMap::new();
    let (mut functions, mut locals, mut labels) = (Map::new(), Indirect::new(), Indirect::new());
    let (mut memories, mut globals, mut types) = (Map::new(), Map::new(), Map::new());
    // If two sections name the same item, the first name is used.
    for subsection in names.input.names.iter().rev() {
        match subsection {
            Name::Module { .. } => {}
            Name::Function(map) => functions.extend(names.functions(map)),
            Name::Local(map) => locals.extend(names.in_functions(map)),
            Name::Label(map) => labels.extend(names.in_functions(map)),
            Name::Memory(map) => memories.extend(read(map)),
            Name::Global(map) => globals.extend(names.globals(map)),
            Name::Type(map) => types.extend(read(map)),
            other => _ = copied.insert(id(other), other),
        }
    }
    if let Some(Name::Module { name, .. }) = names.input.names.iter().find(|name| matches!(name, Name::Module { .. })) {
        section.module(name);
    }
    let copied: Vec<&Name<'_>> = copied.into_values().collect();
    names.add_functions(&mut functions);
    names.add_locals(&mut locals);
    names.renumber_labels(&mut labels);
    if names.defines_memory {
        memories.insert(names.context.memory.0, "memory".to_string());
    }
    if let Some(shadow) = names.context.trace {
        memories.insert(shadow.0, "linmem.shadow".to_string());
    }
    for (index, name) in names.globals.names() {
        globals.entry(index).or_insert(name);
    }
    for (index, new) in (names.context.first_global.0..).zip(names.needs.globals()) {
        globals.insert(index, new.global.name().to_string());
    }
    if names.input.imports.adds_units() {
        types.insert(names.input.first_added_type() - 1, "linmem.units".to_string());
    }
    if let Some(segments) = names.context.segments.types() {
        types.extend(segments.names().map(|(index, name)| (index, name.to_string())));
    }
    let present = |map: &Map| !map.is_empty();
    if present(&functions) {
        section.functions(&written(&functions));
    }
    if !locals.is_empty() {
        section.locals(&written_indirect(&locals));
    }
    if !labels.is_empty() {
        section.labels(&written_indirect(&labels));
    }
    if present(&types) {
        section.types(&written(&types));
    }
    copy(&copied, |name| matches!(name, Name::Table(_)), &mut section);
    if present(&memories) {
        section.memories(&written(&memories));
    }
    if present(&globals) {
        section.globals(&written(&globals));
    }
    copy(&copied, |name| !matches!(name, Name::Table(_)), &mut section);
    out.push(section.id());
    section.encode(out);
}

/// The module that was parsed, without its name sections.
pub(super) fn without_names(input: &Input<'_>) -> Vec<u8> {
    let mut out = input.bytes[..custom::HEADER].to_vec();
    let mut customs = input.customs.iter().peekable();
    for section in &input.sections {
        let custom = customs.next_if(|_| section.id == custom::CUSTOM);
        if custom.is_none_or(|custom| custom.name != custom::NAME) {
            out.push(section.id);
            input.bytes[section.range.clone()].encode(&mut out);
        }
    }
    out
}

impl Names<'_> {
    /// The names of the functions that were kept, at their new indices.
    fn functions(&self, map: &Reader<'_>) -> Map {
        read(map).into_iter().filter_map(|(index, name)| Some((self.stays(index)?, name))).collect()
    }

    /// The names of globals, at their new indices. If imports of static data share a global, it has the first name.
    fn globals(&self, map: &Reader<'_>) -> Map {
        let mut globals = Map::new();
        for (index, name) in read(map) {
            if let Some(index) = self.input.statics.index(index) {
                globals.entry(index).or_insert(name);
            }
        }
        globals
    }

    /// The names of locals or labels in the functions that were kept.
    fn in_functions(&self, map: &IndirectReader<'_>) -> Indirect {
        let entries = map.clone().into_iter().flatten();
        entries.filter_map(|entry| Some((self.stays(entry.index)?, read(&entry.names)))).collect()
    }

    /// The new index of a function that was kept; `None` for an intrinsic, since a shim is not the same function as its
    /// import.
    fn stays(&self, function: u32) -> Option<u32> {
        let gone = self.input.imports.intrinsic(function).is_some();
        self.plan.program(function).filter(|_| !gone)
    }

    fn add_functions(&self, functions: &mut Map) {
        for shim in self.added.shims {
            if let (Some(index), Some(signature)) =
                (self.plan.program(shim.import), self.input.imports.intrinsic(shim.import))
            {
                functions.insert(index, format!("linmem.{}", signature.intrinsic.name()));
            }
        }
        let exports = self.added.exports.iter().zip(self.plan.exports());
        functions.extend(exports.map(|(export, index)| (*index, export.name.to_string())));
        for import in self.needs.imports() {
            let index = self.plan.index(FunctionRef::Host(import));
            functions.entry(index).or_insert_with(|| format!("{}.{}", import.module(), import.name()));
        }
        for helper in self.needs.helpers() {
            functions.insert(self.plan.index(FunctionRef::Helper(helper)), helper.name());
        }
        functions.extend(self.plan.start().map(|start| (start, start::NAME.to_string())));
    }

    /// The functions that were lowered, at their new indices.
    fn lowered(&self) -> impl Iterator<Item = (u32, &Lowered)> {
        let own = self.input.bodies.iter().zip(self.lowered);
        let own = own.filter_map(|(body, lowered)| Some((self.plan.program(body.index)?, lowered.as_ref()?)));
        let shims = self.added.shims.iter().filter_map(|shim| Some((self.plan.program(shim.import)?, &shim.lowered)));
        let exports = self.plan.exports().iter().zip(self.added.exports);
        own.chain(shims).chain(exports.map(|(index, export)| (*index, &export.lowered)))
    }

    fn add_locals(&self, locals: &mut Indirect) {
        for (function, lowered) in self.lowered() {
            if !lowered.added.is_empty() {
                let map = locals.entry(function).or_default();
                map.extend(lowered.added.iter().map(|added| (added.local.0, added.name.to_string())));
            }
        }
    }

    /// Labels are numbered consecutively within a function; lowering adds labels, and removes those in unreachable
    /// code.
    fn renumber_labels(&self, labels: &mut Indirect) {
        for (function, lowered) in self.lowered() {
            let Some(old) = labels.remove(&function) else { continue };
            let new: Map = (0..)
                .zip(&lowered.code.labels)
                .filter_map(|(position, label)| Some((position, old.get(&(*label)?)?.clone())))
                .collect();
            if !new.is_empty() {
                labels.insert(function, new);
            }
        }
    }
}

/// The id of a subsection in the binary format. Subsections are ordered by id.
fn id(name: &Name<'_>) -> u8 {
    match name {
        Name::Module { .. } => 0,
        Name::Function(_) => 1,
        Name::Local(_) => 2,
        Name::Label(_) => 3,
        Name::Type(_) => 4,
        Name::Table(_) => 5,
        Name::Memory(_) => 6,
        Name::Global(_) => 7,
        Name::Element(_) => 8,
        Name::Data(_) => 9,
        Name::Field(_) => 10,
        Name::Tag(_) => 11,
        Name::Unknown { ty, .. } => *ty,
    }
}

/// The entries that can be parsed: if a name section has an error, the names before the error are still used.
fn read(map: &Reader<'_>) -> Map {
    map.clone().into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name.to_string())).collect()
}

fn written(map: &Map) -> NameMap {
    let mut names = NameMap::new();
    for (index, name) in map {
        names.append(*index, name);
    }
    names
}

fn written_indirect(map: &Indirect) -> IndirectNameMap {
    let mut names = IndirectNameMap::new();
    for (index, inner) in map {
        names.append(*index, &written(inner));
    }
    names
}

fn copy(names: &[&Name<'_>], which: impl Fn(&Name<'_>) -> bool, section: &mut NameSection) {
    let indirect = |map: &IndirectReader<'_>| {
        let entries = map.clone().into_iter().map_while(Result::ok);
        written_indirect(&entries.map(|entry| (entry.index, read(&entry.names))).collect())
    };
    for name in names.iter().filter(|name| which(name)) {
        match name {
            Name::Table(map) => section.tables(&written(&read(map))),
            Name::Element(map) => section.elements(&written(&read(map))),
            Name::Data(map) => section.data(&written(&read(map))),
            Name::Field(map) => section.fields(&indirect(map)),
            Name::Tag(map) => section.tags(&written(&read(map))),
            Name::Unknown { ty, data, .. } => section.raw(*ty, data),
            Name::Module { .. }
            | Name::Type(_)
            | Name::Function(_)
            | Name::Local(_)
            | Name::Label(_)
            | Name::Memory(_)
            | Name::Global(_) => {}
        }
    }
}
