//! Modules as the two encoding libraries have them: their types, and whether they are valid.

use linmem_intrinsics::{FunctionType, HeapType, ValueType};
use wasm_encoder::ValType;
use wasmparser::{BinaryReaderError, FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};

/// The features that modules may use: all that the parser knows, since linking touches none of them.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::all()
}

/// A value type as wasm-encoder has it.
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

/// A value type as the catalogue has it.
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

/// A function type as the catalogue has it.
pub(crate) fn function_type(ty: &wasmparser::FuncType) -> FunctionType {
    FunctionType {
        params: ty.params().iter().map(|ty| value_type(*ty)).collect(),
        results: ty.results().iter().map(|ty| value_type(*ty)).collect(),
    }
}

/// A function type as the text format writes it, with every type by its own name.
pub(crate) fn print_function_type(ty: &wasmparser::FuncType) -> String {
    let group = |word: &str, types: &[wasmparser::ValType]| {
        let list: String = types.iter().map(|ty| format!(" {ty}")).collect();
        (!types.is_empty()).then(|| format!("({word}{list})"))
    };
    let parts: Vec<String> =
        [group("param", ty.params()), group("result", ty.results())].into_iter().flatten().collect();
    if parts.is_empty() { "()".to_string() } else { parts.join(" ") }
}

/// Validates a module that was just made, as far as the bodies of functions are concerned only those that `touched`
/// says.
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
