//! The WebAssembly features that code uses, by their names in the `target_features` section.

use std::collections::BTreeSet;
use wasmparser::{BlockType, Operator, Parser, Payload};

/// The names of features.
pub(super) type Features = BTreeSet<&'static str>;

macro_rules! define_proposal {
    ($(@$proposal:ident $operator:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        /// The proposal that added an instruction, as wasmparser names it.
        fn proposal(operator: &Operator<'_>) -> &'static str {
            match operator {
                $(Operator::$operator { .. } => stringify!($proposal),)*
                _ => "",
            }
        }
    };
}

wasmparser::for_each_operator!(define_proposal);

/// The feature that an instruction requires; `None` if it requires none, or if its proposal has no name in
/// `target_features`.
fn feature(operator: &Operator<'_>) -> Option<&'static str> {
    Some(match proposal(operator) {
        "bulk_memory" => "bulk-memory",
        "sign_extension" => "sign-ext",
        "saturating_float_to_int" => "nontrapping-fptoint",
        "simd" => "simd128",
        "relaxed_simd" => "relaxed-simd",
        "threads" => "atomics",
        "tail_call" => "tail-call",
        "reference_types" | "function_references" => "reference-types",
        "gc" => "gc",
        "exceptions" | "legacy_exceptions" => "exception-handling",
        _ => return None,
    })
}

/// The features used by those functions of a valid module whose index satisfies `of`.
pub(super) fn used(module: &[u8], imported: u32, of: impl Fn(u32) -> bool) -> Features {
    let mut features = Features::new();
    let mut index = imported;
    for payload in Parser::new(0).parse_all(module) {
        let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
        index += 1;
        if !of(index - 1) {
            continue;
        }
        // The module was validated, so reading it cannot fail.
        for operator in body.get_operators_reader().into_iter().flatten().map_while(Result::ok) {
            features.extend(feature(&operator));
            let block = match &operator {
                Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => Some(*blockty),
                Operator::TryTable { try_table } => Some(try_table.ty),
                _ => None,
            };
            if let Some(BlockType::FuncType(_)) = block {
                features.insert("multivalue");
            }
        }
    }
    // GC types are used through typed references.
    if features.contains("gc") {
        features.insert("reference-types");
    }
    features
}
