//! Copies between GC arrays and segments, with their operands as arguments.
//!
//! An array type is given by its [`TypeId`]. [`ModuleBuilder`](crate::build::ModuleBuilder) knows the array types that
//! it defines; a frontend with its own module writer declares them in [`Signatures`](crate::build::Signatures).

use crate::build::builder::FunctionBuilder;
use crate::build::ids::TypeId;
use crate::build::operand::{Operand, Region, Segment};
use crate::build::signatures::ArrayOfReferences;
use crate::module::element;
use linmem_intrinsics::{
    ArrayReference, ArrayType, Element, Elements, Intrinsic, Operand as Meaning, Signature, TextsType,
};
use wasm_encoder::{CompositeInnerType, HeapType, RefType, StorageType, SubType, ValType};

/// The elements of an array type, and whether they can be assigned; `None` if the type is another one, if its elements
/// are references, or if threads share it.
pub(super) fn array_of(ty: &SubType) -> Option<(Element, bool)> {
    let CompositeInnerType::Array(array) = &ty.composite_type.inner else { return None };
    if ty.composite_type.shared {
        return None;
    }
    Some((element(array.0.element_type)?, array.0.mutable))
}

/// An array type whose elements are references to a type of the module; `None` if the type is another one, or if threads
/// share it.
pub(super) fn array_of_references(ty: &SubType) -> Option<ArrayOfReferences> {
    let CompositeInnerType::Array(array) = &ty.composite_type.inner else { return None };
    let is_shared = ty.composite_type.shared;
    let StorageType::Val(ValType::Ref(RefType { nullable, heap_type: HeapType::Concrete(ty) })) = array.0.element_type
    else {
        return None;
    };
    (!is_shared).then_some(ArrayOfReferences { ty, nullable, mutable: array.0.mutable })
}

impl FunctionBuilder {
    /// Copies `count` elements to a segment and an offset in bytes, from an array and an index.
    pub fn copy_from_array(
        &mut self,
        ty: TypeId,
        to: (impl Operand, impl Operand),
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.count();
        self.copy_elements(Intrinsic::SegmentCopyFromArray, ty, to, from, count);
    }

    /// Copies `count` elements to an array, whose type must be mutable, and an index, from a segment and an offset in bytes.
    pub fn copy_to_array(
        &mut self,
        ty: TypeId,
        to: (impl Operand, impl Operand),
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.count();
        self.copy_elements(Intrinsic::SegmentCopyToArray, ty, from, to, count);
    }

    /// Pushes a new array of `count` elements, copied from a segment and an offset in bytes. Its type must be mutable.
    pub fn to_array(&mut self, ty: TypeId, segment: impl Operand, offset: impl Operand, count: impl Operand) {
        self.count();
        self.in_order([segment.is_on_stack(), offset.is_on_stack(), count.is_on_stack()]);
        self.operand(segment);
        offset.push_folding(self);
        count.push_folding(self);
        self.array_intrinsic(Intrinsic::SegmentToArray, ty);
    }

    /// Allocates a segment with `count` elements of an array, starting with that at `index`. None of these operands can
    /// already be on the stack, since the handle of the region precedes them.
    pub fn allocate_array(
        &mut self,
        region: Region,
        ty: TypeId,
        from: (impl Operand, impl Operand),
        count: impl Operand,
    ) -> Segment {
        self.count();
        self.allocate_elements(region, from, count, |f| f.array_intrinsic(Intrinsic::AllocatorAllocateArray, ty))
    }

    /// Allocates a segment by an operation on elements of an array, which `lower` adds.
    pub(super) fn allocate_elements(
        &mut self,
        region: Region,
        from: (impl Operand, impl Operand),
        count: impl Operand,
        lower: impl FnOnce(&mut FunctionBuilder),
    ) -> Segment {
        // The handle is the first operand.
        self.in_order([false, from.0.is_on_stack(), from.1.is_on_stack(), count.is_on_stack()]);
        self.check_region(region);
        self.engine.handle(region.handle);
        self.operand(from.0);
        from.1.push_folding(self);
        count.push_folding(self);
        lower(self);
        self.keep_sized(region.scope)
    }

    fn copy_elements(
        &mut self,
        intrinsic: Intrinsic,
        ty: TypeId,
        (segment, offset): (impl Operand, impl Operand),
        (array, index): (impl Operand, impl Operand),
        count: impl Operand,
    ) {
        self.in_order([
            segment.is_on_stack(),
            offset.is_on_stack(),
            array.is_on_stack(),
            index.is_on_stack(),
            count.is_on_stack(),
        ]);
        self.operand(segment);
        offset.push_folding(self);
        self.operand(array);
        index.push_folding(self);
        count.push_folding(self);
        self.array_intrinsic(intrinsic, ty);
    }

    /// An intrinsic whose result is an array of texts of this type.
    pub(super) fn texts_intrinsic(&mut self, intrinsic: Intrinsic, ty: TypeId) {
        let name = intrinsic.name();
        let list = self.signatures.array_of_references(ty.0);
        let texts = list.and_then(|ArrayOfReferences { ty: text, nullable, mutable }| {
            let (unit, is_mutable) = self.signatures.array(text)?;
            (mutable && is_mutable).then_some(TextsType { index: ty.0, text, unit, nullable })
        });
        let signature = Signature::new(intrinsic, self.representation());
        match signature.zip(texts).and_then(|(signature, texts)| signature.with_texts(texts)) {
            Some(signature) => self.lower_signature(&signature),
            None => self.fail(&format!(
                "{name}: type {} is not a mutable array type whose elements are references to mutable arrays of i16 or i8",
                ty.0
            )),
        }
    }

    /// An intrinsic with an array of this type, with its operands on the stack.
    pub(super) fn array_intrinsic(&mut self, intrinsic: Intrinsic, ty: TypeId) {
        let name = intrinsic.name();
        let Some((element, mutable)) = self.signatures.array(ty.0) else {
            return self
                .fail(&format!("{name}: type {} is not an array type whose elements are numbers or vectors", ty.0));
        };
        // Operands may be null; a new array is not, unless a call of the host that fails returns null.
        let nullable = !intrinsic.results().contains(&Meaning::Array) || intrinsic.returns_null_array();
        let array = ArrayReference { nullable, ty: ArrayType { index: ty.0, element, mutable } };
        let elements = match intrinsic.elements() {
            elements if elements.contain(element) => None,
            Elements::Any => None,
            Elements::Units => Some("text requires i8 or i16"),
            Elements::Bytes => Some("bytes require i8"),
        };
        if let Some(requirement) = elements {
            return self.fail(&format!("{name}: type {} is (array {element}): {requirement}", ty.0));
        }
        let signature = Signature::new(intrinsic, self.representation());
        match signature.and_then(|signature| signature.with_array(array)) {
            Some(signature) => self.lower_signature(&signature),
            None => self.fail(&format!("{name}: type {} is not mutable: it is (array {element})", ty.0)),
        }
    }
}
