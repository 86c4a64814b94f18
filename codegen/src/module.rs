//! Conversions between the catalogue's types and those of wasmparser and wasm-encoder, and validation of modules.

use linmem_intrinsics::{Element, FunctionType, HeapType, ValueType};
use wasm_encoder::{StorageType, ValType};
use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

/// The features that modules may use: all that the parser supports, because linking does not depend on them.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::all()
}

/// Converts a value type of the catalogue to wasm-encoder's.
pub(crate) fn val_type(ty: ValueType) -> ValType {
    use wasm_encoder::{AbstractHeapType, HeapType as Heap, RefType};
    match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
        ValueType::F32 => ValType::F32,
        ValueType::F64 => ValType::F64,
        ValueType::V128 => ValType::V128,
        ValueType::Reference { nullable, heap } => {
            let abstract_type = |ty| Heap::Abstract { shared: false, ty };
            let heap_type = match heap {
                HeapType::Eq => abstract_type(AbstractHeapType::Eq),
                HeapType::Struct => abstract_type(AbstractHeapType::Struct),
                HeapType::Array(ty) => Heap::Concrete(ty.index),
                HeapType::Texts(ty) => Heap::Concrete(ty.index),
                HeapType::Extern => abstract_type(AbstractHeapType::Extern),
                HeapType::AnyArray { .. } | HeapType::AnyTexts => abstract_type(AbstractHeapType::Array),
                HeapType::Any | HeapType::Other => abstract_type(AbstractHeapType::Any),
            };
            ValType::Ref(RefType { nullable, heap_type })
        }
    }
}

/// Converts a value type of wasmparser to the catalogue's.
pub(crate) fn value_type(ty: wasmparser::ValType) -> ValueType {
    use wasmparser::{AbstractHeapType, HeapType as Heap};
    match ty {
        wasmparser::ValType::I32 => ValueType::I32,
        wasmparser::ValType::I64 => ValueType::I64,
        wasmparser::ValType::F32 => ValueType::F32,
        wasmparser::ValType::F64 => ValueType::F64,
        wasmparser::ValType::V128 => ValueType::V128,
        wasmparser::ValType::Ref(reference) => ValueType::Reference {
            nullable: reference.is_nullable(),
            heap: match reference.heap_type() {
                Heap::Abstract { shared: false, ty: AbstractHeapType::Any } => HeapType::Any,
                Heap::Abstract { shared: false, ty: AbstractHeapType::Eq } => HeapType::Eq,
                Heap::Abstract { shared: false, ty: AbstractHeapType::Struct } => HeapType::Struct,
                Heap::Abstract { shared: false, ty: AbstractHeapType::Extern } => HeapType::Extern,
                _ => HeapType::Other,
            },
        },
    }
}

/// Converts a function type of wasmparser to the catalogue's.
pub(crate) fn function_type(ty: &wasmparser::FuncType) -> FunctionType {
    FunctionType {
        params: ty.params().iter().map(|ty| value_type(*ty)).collect(),
        results: ty.results().iter().map(|ty| value_type(*ty)).collect(),
    }
}

/// Formats a function type as in the text format, with every type by its own name.
pub(crate) fn print_function_type(ty: &wasmparser::FuncType) -> String {
    let group = |word: &str, types: &[wasmparser::ValType]| {
        let list: String = types.iter().map(|ty| format!(" {ty}")).collect();
        (!types.is_empty()).then(|| format!("({word}{list})"))
    };
    let parts: Vec<String> =
        [group("param", ty.params()), group("result", ty.results())].into_iter().flatten().collect();
    if parts.is_empty() { "()".to_string() } else { parts.join(" ") }
}

/// Validates a module that was just made, its functions on this many threads. The error is the first one in the module.
pub(crate) fn validate_on(threads: usize, bytes: &[u8]) -> Result<(), BinaryReaderError> {
    if threads <= 1 {
        return validate(bytes, |_| true);
    }
    let mut validator = Validator::new_with_features(features());
    let mut parser = Parser::new(0);
    parser.set_features(features());
    let mut functions = Vec::new();
    let mut rest = Ok(());
    for payload in parser.parse_all(bytes) {
        match payload.and_then(|payload| validator.payload(&payload)) {
            Ok(ValidPayload::Func(function, body)) => functions.push((function, body)),
            Ok(_) => {}
            Err(error) => {
                rest = Err(error);
                break;
            }
        }
    }
    let share = functions.len().div_ceil(threads).max(1);
    let mut shares = Vec::new();
    while !functions.is_empty() {
        let after = functions.split_off(share.min(functions.len()));
        shares.push(std::mem::replace(&mut functions, after));
    }
    let validate = |share: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'_>)>| {
        let mut allocations = FuncValidatorAllocations::default();
        for (function, body) in share {
            let mut function = function.into_validator(allocations);
            function.validate(&body)?;
            allocations = function.into_allocations();
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| validate(share))).collect();
        // The shares are in the order of the functions, which precede whatever stopped the parser.
        for share in running {
            match share.join() {
                Ok(result) => result?,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        rest
    })
}

/// Validates a module that was just made. Of the function bodies, only those for which `touched` returns `true` are
/// validated.
pub(crate) fn validate(bytes: &[u8], touched: impl Fn(u32) -> bool) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features());
    let mut parser = Parser::new(0);
    parser.set_features(features());
    let mut allocations = FuncValidatorAllocations::default();
    for payload in parser.parse_all(bytes) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)?
            && touched(function.index)
        {
            let mut function = function.into_validator(allocations);
            function.validate(&body)?;
            allocations = function.into_allocations();
        }
    }
    Ok(())
}
/// The elements of an array with this type of storage; `None` if they are references.
pub(crate) fn element(storage: StorageType) -> Option<Element> {
    Some(match storage {
        StorageType::I8 => Element::I8,
        StorageType::I16 => Element::I16,
        StorageType::Val(ValType::I32) => Element::I32,
        StorageType::Val(ValType::I64) => Element::I64,
        StorageType::Val(ValType::F32) => Element::F32,
        StorageType::Val(ValType::F64) => Element::F64,
        StorageType::Val(ValType::V128) => Element::V128,
        StorageType::Val(ValType::Ref(_)) => return None,
    })
}
