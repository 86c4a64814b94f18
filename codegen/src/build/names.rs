//! The name section.

use crate::build::ids::{Named, TypeId};
use crate::build::layout::Layout;
use crate::build::module::{ModuleBuilder, Source};
use crate::segment::SegmentTypes;
use crate::start;
use std::collections::BTreeMap;
use wasm_encoder::{IndirectNameMap, NameMap, NameSection};

impl ModuleBuilder {
    /// Names an item in the name section, or changes its name. Imports have a name from the start: their module and
    /// name, separated by a dot.
    pub fn name(&mut self, item: impl Into<Named>, name: &str) {
        self.items.names.insert(item.into(), name.to_string());
    }

    /// Names a field of a struct type in the name section.
    pub fn name_field(&mut self, ty: TypeId, field: u32, name: &str) {
        self.items.fields.insert((ty.0, field), name.to_string());
    }
}

/// The names of items, each by its index.
type Names = BTreeMap<u32, String>;

impl Layout {
    /// The name section.
    pub(super) fn names(&self, builder: &ModuleBuilder) -> NameSection {
        let mut section = NameSection::new();
        section.functions(&self.function_name_map(builder));
        let locals = self.local_names(builder);
        if !locals.is_empty() {
            section.locals(&indirect(&locals));
        }
        let [mut types, mut tables, mut memories, mut globals] = <[Names; 4]>::default();
        let [mut elements, mut data, mut tags] = <[Names; 3]>::default();
        for (index, name) in builder.context.segments.types().into_iter().flat_map(SegmentTypes::names) {
            types.insert(index, name.to_string());
        }
        memories.insert(builder.context.memory.0, "memory".to_string());
        for (index, name) in (builder.context.first_global.0..).zip(&builder.items.own_globals) {
            globals.insert(index, name.to_string());
        }
        for (item, name) in &builder.items.names {
            let (names, index) = match item {
                Named::Type(id) => (&mut types, id.0),
                Named::Table(id) => (&mut tables, id.0),
                Named::Memory(id) => (&mut memories, id.0),
                Named::Global(id) => (&mut globals, id.0),
                Named::Element(id) => (&mut elements, id.0),
                Named::Data(id) => (&mut data, id.0),
                Named::Tag(id) => (&mut tags, id.0),
            };
            names.insert(index, name.clone());
        }
        let mut fields = BTreeMap::<u32, Names>::new();
        for ((ty, field), name) in &builder.items.fields {
            fields.entry(*ty).or_default().insert(*field, name.clone());
        }
        // The order of subsections is that of their numbers.
        let mut write = |names: &Names, write: fn(&mut NameSection, &NameMap)| {
            if !names.is_empty() {
                write(&mut section, &map(names));
            }
        };
        write(&types, NameSection::types);
        write(&tables, NameSection::tables);
        write(&memories, NameSection::memories);
        write(&globals, NameSection::globals);
        write(&elements, NameSection::elements);
        write(&data, NameSection::data);
        if !fields.is_empty() {
            section.fields(&indirect(&fields));
        }
        if !tags.is_empty() {
            section.tags(&map(&tags));
        }
        section
    }

    /// The names of functions.
    pub(super) fn function_name_map(&self, builder: &ModuleBuilder) -> NameMap {
        map(&self.function_names(builder))
    }

    fn function_names(&self, builder: &ModuleBuilder) -> Names {
        let mut names = Names::new();
        for (entry, index) in builder.functions.iter().zip(&self.functions) {
            let name = match &entry.source {
                Source::Import { module, name } => format!("{module}.{name}"),
                Source::Declared { name, .. } => name.clone(),
            };
            names.insert(*index, name);
        }
        for (import, (index, _)) in &self.hosts {
            names.insert(*index, format!("{}.{}", import.module(), import.name()));
        }
        for (helper, (index, _)) in &self.helpers {
            names.insert(*index, helper.name());
        }
        names.extend(self.start.map(|(index, _)| (index, start::NAME.to_string())));
        names
    }

    /// The names of locals: those that the frontend gave, and those of linmem's locals.
    fn local_names(&self, builder: &ModuleBuilder) -> BTreeMap<u32, Names> {
        let mut all = BTreeMap::new();
        for (entry, index) in builder.functions.iter().zip(&self.functions) {
            let Source::Declared { body: Some(body), .. } = &entry.source else { continue };
            let mut names = body.local_names.clone();
            names.extend(body.lowered.added.iter().map(|added| (added.local.0, added.name.to_string())));
            if !names.is_empty() {
                all.insert(*index, names);
            }
        }
        all
    }
}

fn map(names: &Names) -> NameMap {
    let mut map = NameMap::new();
    for (index, name) in names {
        map.append(*index, name);
    }
    map
}

fn indirect(names: &BTreeMap<u32, Names>) -> IndirectNameMap {
    let mut indirect = IndirectNameMap::new();
    for (index, names) in names {
        indirect.append(*index, &map(names));
    }
    indirect
}
