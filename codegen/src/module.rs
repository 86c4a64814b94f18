//! Conversions between the catalogue's types and those of wasmparser and wasm-encoder, and validation of modules.

use linmem_intrinsics::{FunctionType, HeapType, ValueType};
use wasm_encoder::ValType;
use wasmparser::{BinaryReaderError, FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};

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
            let ty = match heap {
                HeapType::Eq => AbstractHeapType::Eq,
                HeapType::Struct => AbstractHeapType::Struct,
                HeapType::Any | HeapType::Other => AbstractHeapType::Any,
            };
            ValType::Ref(RefType { nullable, heap_type: Heap::Abstract { shared: false, ty } })
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
