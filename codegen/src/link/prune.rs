//! The removal of types that nothing refers to after linking: those that only imports of intrinsics had.
//!
//! Types are numbered through the whole module, so that removing one re-encodes all code. This is done for modules that are
//! small, where types are a considerable part of the module; in a large one they are not, and its functions stay byte for byte
//! as they are.

use crate::link::input::Input;
use crate::link::plan::Plan;
use std::collections::BTreeSet;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{Module, NameMap, NameSection, TypeSection};
use wasmparser::{CompositeInnerType, Name, Parser, TypeSectionReader};

/// The size in bytes of the largest module whose types are removed.
const LARGEST: usize = 1 << 16;

/// The linked module without the types that only removed imports had; `None` if it stays as it is.
pub(super) fn without_unused_types(module: &[u8], input: &Input<'_>, plan: &Plan) -> Option<Vec<u8>> {
    let mut uses = Uses { unused: of_removed_imports(input, plan) };
    if uses.unused.is_empty() || module.len() > LARGEST {
        return None;
    }
    parse(&mut uses, module)?;
    let removed = uses.unused;
    if removed.is_empty() { None } else { parse(&mut Remove { removed }, module) }
}

fn parse(reencoder: &mut impl Reencode<Error = Infallible>, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut module = Module::new();
    reencoder.parse_core_module(&mut module, Parser::new(0), bytes).ok()?;
    Some(module.finish())
}

/// The types of the imports that linking removed. Types in recursion groups, types with supertypes and types that can have
/// subtypes are not among them: to remove such a type could change which others are equal.
fn of_removed_imports(input: &Input<'_>, plan: &Plan) -> BTreeSet<u32> {
    let types = input.types.as_ref();
    let is_alone = |index: &u32| {
        let id = types.core_type_at_in_module(*index);
        let ty = &types[id];
        matches!(ty.composite_type.inner, CompositeInnerType::Func(_))
            && ty.is_final
            && ty.supertype_idx.is_none()
            && types.rec_group_elements(types.rec_group_id_of(id)).len() == 1
    };
    let removed = (0..).zip(input.imported_types()).filter(|(function, _)| plan.program(*function).is_none());
    removed.map(|(_, ty)| ty).filter(is_alone).collect()
}

/// Finds the types that nothing refers to, among those in question.
struct Uses {
    unused: BTreeSet<u32>,
}

impl Reencode for Uses {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error> {
        self.unused.remove(&ty);
        Ok(ty)
    }

    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        // A name is not a use.
        Ok(())
    }
}

/// Removes types, and renumbers the others.
struct Remove {
    removed: BTreeSet<u32>,
}

impl Remove {
    fn renumbered(&self, ty: u32) -> u32 {
        ty - self.removed.range(..ty).count() as u32
    }
}

impl Reencode for Remove {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error> {
        Ok(self.renumbered(ty))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        let mut index = 0;
        for group in section {
            let group = group?;
            let first = index;
            index += group.types().len() as u32;
            if !self.removed.contains(&first) {
                self.parse_recursive_type_group(types.ty(), group)?;
            }
        }
        Ok(())
    }

    fn parse_custom_name_subsection(
        &mut self,
        names: &mut NameSection,
        section: Name<'_>,
    ) -> Result<(), reencode::Error> {
        let Name::Type(map) = section else { return utils::parse_custom_name_subsection(self, names, section) };
        let mut kept = NameMap::new();
        for naming in map {
            let naming = naming?;
            if !self.removed.contains(&naming.index) {
                kept.append(self.renumbered(naming.index), naming.name);
            }
        }
        if !kept.is_empty() {
            names.types(&kept);
        }
        Ok(())
    }
}
