//! Checks that the items of a module refer to functions and types that exist.

use crate::build::ids::{Exported, FunctionId};
use crate::build::items::Contents;
use crate::build::module::{ModuleBuilder, Source};
use crate::error::{Error, Place};
use wasm_encoder::EntityType;

impl ModuleBuilder {
    /// # Errors
    ///
    /// If an item refers to a function or a type that does not exist. Validation would find it too, but cannot name it.
    pub(super) fn check_ids(&self) -> Result<(), Error> {
        for (name, item) in &self.exports {
            if let Exported::Function(id) = item {
                self.exists(*id, || format!("the export `{name}`"))?;
            }
        }
        if let Some(id) = self.start {
            self.exists(id, || "the start function".to_string())?;
        }
        for (position, (_, contents)) in self.items.elements.iter().enumerate() {
            if let Contents::Functions(list) = contents {
                list.iter().try_for_each(|id| self.exists(*id, || format!("element segment {position}")))?;
            }
        }
        for entry in &self.functions {
            if self.signatures.type_arity(entry.ty.0).is_none() {
                let name = match &entry.source {
                    Source::Declared { name, .. } => name.clone(),
                    Source::Import { module, name } => format!("the import {module}.{name}"),
                };
                return fail(format!("{name}: type {} is not a function type", entry.ty.0));
            }
        }
        let imported = self.items.imports.iter().filter_map(|import| match import.ty {
            EntityType::Tag(tag) => Some(tag.func_type_idx),
            _ => None,
        });
        for (position, ty) in imported.chain(self.items.tags.iter().copied()).enumerate() {
            if self.signatures.type_arity(ty).is_none() {
                return fail(format!("tag {position}: type {ty} is not a function type"));
            }
        }
        Ok(())
    }

    fn exists(&self, function: FunctionId, what: impl FnOnce() -> String) -> Result<(), Error> {
        if (function.0 as usize) < self.functions.len() {
            return Ok(());
        }
        fail(format!("{} refers to function {}, which does not exist", what(), function.0))
    }
}

fn fail(message: String) -> Result<(), Error> {
    Err(Error::Builder { message, place: Place::Module })
}
