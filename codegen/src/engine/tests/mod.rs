//! Every intrinsic is lowered to valid code in a 64-bit memory, for all options and forms of operands. A lowering that
//! used an `i32` for a pointer would not validate. The other tests validate code for 32-bit memories.
//!
//! Packed segments exist in 32-bit memories only, and so do the helpers that call the host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use crate::choices::Choices;
use crate::config::Optimize;
use crate::context::{Context, Growth, Home};
use crate::engine::tests::program::{Form, Place, lower, open_many};
use crate::helpers::Needs;
use crate::helpers::tests::{arrays, choices, module_of, pairs};
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::validate;
use crate::segment::Segments;
use linmem_allocator::Width;
use linmem_allocator::layout::{HOME, PAGE};
use linmem_intrinsics::wasi::Field;
use linmem_intrinsics::{ArrayReference, Element, Intrinsic, Representation, Safety, Signature, StringReference};

/// The signatures of the intrinsics that do not call the host.
fn signatures(context: &Context) -> impl Iterator<Item = Signature> + '_ {
    // All fields of records are accessed in the same way, so one of them is enough.
    let field = Field::ALL.iter().copied().find(|field| field.is_set());
    let is_tested = move |intrinsic: &Intrinsic| match intrinsic {
        Intrinsic::Get(other) | Intrinsic::Set(other) => Some(*other) == field,
        Intrinsic::WasiLastErrno => false,
        Intrinsic::AllocatorAllocateArray => true,
        other if other.has_array() => !other.is_host_call(),
        other => !other.takes_sizes(),
    };
    let intrinsics = Intrinsic::ALL.iter().copied().filter(is_tested);
    // The element type changes only the accesses and the factor of the count.
    let array = arrays(context).into_iter().find(|ty| ty.element == Element::I16);
    let array = array.map(|ty| ArrayReference { nullable: false, ty });
    intrinsics.flat_map(move |intrinsic| {
        let signature = Signature::new(intrinsic, context.representation);
        let string = signature.and_then(|signature| signature.with_string(StringReference { nullable: true }));
        let with_array = move |signature: Signature| {
            if signature.needs_array() { signature.with_array(array?) } else { Some(signature) }
        };
        [signature, string].into_iter().flatten().filter_map(with_array)
    })
}

fn contexts(choices: Choices) -> Vec<Context> {
    let (start, end) = (HOME, 4 * u64::from(PAGE));
    let homes = [Home::Reserved { start, top: start + 16, end, zeroed: true }, Home::Found { base: None }];
    let representations = [Representation::Address, Representation::ALL[2]];
    // Bounds are checked only where segments have sizes.
    let is_checked =
        |representation: Representation| representation.carries_size() || choices.safety != Safety::Spatial;
    pairs(&homes, &representations)
        .into_iter()
        .filter(|(_, representation)| is_checked(*representation))
        .map(|(home, representation)| Context {
            representation,
            choices,
            memory: MemoryIndex(0),
            width: Width::Bits64,
            first_global: GlobalIndex(1),
            home,
            growth: Growth::Grow,
            keeps_errno: false,
            trace: None,
            segments: Segments::new(representation, choices, Width::Bits64, 0),
        })
        .collect()
}

#[test]
fn every_lowering_is_valid_in_a_64_bit_memory() {
    let optimize = [Optimize::Speed, Optimize::Size];
    let choices: Vec<Choices> =
        pairs(&choices(), &optimize).into_iter().map(|(choices, optimize)| Choices { optimize, ..choices }).collect();
    let everywhere = [Form::Parameters, Form::Constants, Form::Ones, Form::ZeroOffset];
    let forms = [pairs(&everywhere, &Place::ALL), pairs(&Form::ALL, &[Place::Function, Place::Region])].concat();
    let mut lowered = 0;
    for choices in choices {
        for context in contexts(choices) {
            let mut needs = Needs::new(context);
            let mut functions = Vec::new();
            for signature in signatures(&context) {
                functions.extend(forms.iter().map(|form| lower(&context, &mut needs, &signature, *form)));
            }
            functions.push(open_many(&context, &mut needs));
            lowered += functions.len();
            let module = module_of(&context, &mut needs, &functions);
            if let Err(error) = validate(&module, |_| true) {
                panic!("{error}: in {context:?}");
            }
        }
    }
    assert!(lowered > 1_000_000, "only {lowered} functions were lowered");
}
