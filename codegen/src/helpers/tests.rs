//! Every helper validates in memories of both widths, for all options. A helper that used an `i32` for a pointer would
//! not validate in a 64-bit memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use crate::choices::Choices;
use crate::code::FunctionRef;
use crate::config::{OnViolation, Optimize};
use crate::context::{Allocator, Context, Convention, Growth, Home, Split};
use crate::engine::Lowered;
use crate::helpers::Needs;
use crate::helpers::array_code::ArrayCode;
use crate::helpers::call::{Call, Form};
use crate::helpers::id::{Alignment, Helper, HostImport, Refused};
use crate::helpers::string_code::StringCode;
use crate::helpers::text_code::TextCode;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::module::{val_type, validate};
use crate::segment::{SegmentTypes, Segments};
use crate::width::PointerType;
use linmem_allocator::layout::{HOME, Layout, PAGE};
use linmem_allocator::{Nesting, OutOfMemory, Width, Zero};
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{
    ArrayType, Element, Elements, Encoding, FunctionType, Representation, Safety, ValueType, Violation,
};
use std::collections::BTreeSet;
use wasm_encoder::{
    CodeSection, EntityType, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType,
    Module, StorageType, TypeSection, ValType,
};

/// The functions of the program: its allocator, and the one that each result is passed to.
const ALLOCATOR: u32 = 0;
const PIN: u32 = 1;

/// The global of the program that holds a base.
const BASE: GlobalIndex = GlobalIndex(0);

/// The Cartesian product of two lists.
pub(crate) fn pairs<A: Copy, B: Copy>(left: &[A], right: &[B]) -> Vec<(A, B)> {
    left.iter().flat_map(|left| right.iter().map(move |right| (*left, *right))).collect()
}

pub(crate) fn choices() -> Vec<Choices> {
    let policies = pairs(&pairs(Safety::ALL, Nesting::ALL), &pairs(Zero::ALL, OutOfMemory::ALL));
    let reactions = [OnViolation::Trap, OnViolation::Report];
    pairs(&policies, &reactions)
        .into_iter()
        .map(|(((safety, nesting), (zero, out_of_memory)), on_violation)| Choices {
            safety,
            nesting,
            zero,
            out_of_memory,
            on_violation,
            optimize: Optimize::Speed,
            repeats_loops: true,
            sealed: false,
            simd: false,
            // In each combination of the other two, with one value of each.
            lends: (on_violation == OnViolation::Trap) == (out_of_memory == OutOfMemory::Null),
        })
        .collect()
}

fn growths() -> Vec<Growth> {
    let conventions = [Convention::Malloc, Convention::New, Convention::Realloc];
    let allocators = pairs(&conventions, &[None, Some(PIN)])
        .into_iter()
        .map(|(convention, pin)| Growth::Allocator(Allocator { function: ALLOCATOR, convention, pin }));
    let splits = pairs(&[None, Some(100)], &[None, Some(7)]);
    let splits = splits.into_iter().map(|(maximum, fixed)| Growth::Split(Split { pages: 50, maximum, fixed }));
    [Growth::Grow, Growth::Contiguous].into_iter().chain(splits).chain(allocators).collect()
}

fn contexts(width: Width) -> Vec<Context> {
    let (start, end) = (HOME, 4 * u64::from(PAGE));
    let top = start + u64::from(Layout::of(width).chunk_header());
    let homes = [
        Home::Reserved { start, top, end, zeroed: true },
        Home::Reserved { start, top, end, zeroed: false },
        Home::Found { base: None },
        Home::Found { base: Some((BASE, end)) },
    ];
    let representations = [Representation::Packed, Representation::ALL[2]];
    // Only a memory that linmem defines has one chunk, and it has a home from the start.
    let is_possible = |home: Home, growth: Growth| growth != Growth::Contiguous || home == homes[0];
    pairs(&pairs(&choices(), &homes), &pairs(&growths(), &representations))
        .into_iter()
        .filter(|((_, home), (growth, _))| is_possible(*home, *growth))
        .map(|((choices, home), (growth, representation))| Context {
            representation,
            choices,
            memory: MemoryIndex(0),
            width,
            first_global: GlobalIndex(BASE.0 + 1),
            home,
            growth,
            keeps_errno: false,
            trace: None,
            segments: Segments::new(representation, choices, width, 0),
        })
        .collect()
}

/// The helpers that lowered code of a module may call, except for those that call the host.
fn helpers(context: &Context) -> Vec<Helper> {
    let mut helpers = vec![Helper::Bump, Helper::AllocateAligned];
    helpers.extend(Violation::ALL.iter().map(|kind| Helper::Violation(*kind)));
    let refills = pairs(&[Refused::Violation, Refused::Null], &[Alignment::Fixed, Alignment::Parameter]);
    helpers.extend(refills.into_iter().map(|(refused, alignment)| Helper::Refill(refused, alignment)));
    helpers.extend((context.home.start().is_none()).then_some(Helper::FindHome));
    helpers.extend((context.choices.zero == Zero::Free).then_some(Helper::Release));
    helpers.extend([Helper::Refuses]);
    if context.choices.lists_loans() {
        helpers.extend([Helper::Lend, Helper::EndLoans]);
    }
    match context.growth {
        Growth::Grow | Growth::Contiguous => {}
        Growth::Split(split) => {
            helpers.extend([Helper::ProgramSize, Helper::ProgramGrow]);
            helpers.extend(split.fixed.is_none().then_some(Helper::Grow));
        }
        Growth::Allocator(_) => helpers.push(Helper::Claim),
    }
    if context.choices.checks_regions() {
        helpers.extend([Helper::Open, Helper::Close, Helper::CheckSegment]);
        helpers.extend([Violation::AlreadyFreed, Violation::UseAfterFree].map(Helper::Blame));
    }
    if context.has_scopes() {
        helpers.extend([Helper::EnterScope, Helper::LeaveScope]);
    }
    helpers
}

/// The array types of the program, which follow the segment types.
pub(crate) fn arrays(context: &Context) -> Vec<ArrayType> {
    let first = context.segments.types().map_or(0, SegmentTypes::count);
    let elements = Element::ALL.iter().copied();
    (first..).zip(elements).map(|(index, element)| ArrayType { index, element, mutable: true }).collect()
}

fn storage_type(element: Element) -> StorageType {
    match element {
        Element::I8 => StorageType::I8,
        Element::I16 => StorageType::I16,
        Element::I32 => StorageType::Val(ValType::I32),
        Element::I64 => StorageType::Val(ValType::I64),
        Element::F32 => StorageType::Val(ValType::F32),
        Element::F64 => StorageType::Val(ValType::F64),
        Element::V128 => StorageType::Val(ValType::V128),
    }
}

/// The types of the program's functions.
fn program(context: &Context) -> [FunctionType; 2] {
    let pointer = context.width().value_type();
    let params = match context.growth {
        Growth::Allocator(Allocator { convention: Convention::New, .. }) => vec![pointer, ValueType::I32],
        Growth::Allocator(Allocator { convention: Convention::Realloc, .. }) => vec![pointer; 4],
        _ => vec![pointer],
    };
    [FunctionType::new(params, [pointer]), FunctionType::new([pointer], [pointer])]
}

/// A module that contains these helpers, their callees, and a memory.
fn module(context: &Context, roots: &[Helper]) -> (Vec<u8>, BTreeSet<Helper>) {
    let mut needs = Needs::new(*context);
    roots.iter().for_each(|helper| needs.add(*helper));
    (module_of(context, &mut needs, &[]), needs.helpers().collect())
}

/// A module that contains what lowered functions need, a memory, and these functions, each with the types of its
/// parameters.
pub(crate) fn module_of(context: &Context, needs: &mut Needs, lowered: &[(Vec<ValType>, Lowered)]) -> Vec<u8> {
    needs.use_regions();
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    let (mut functions, mut globals, mut code) = (FunctionSection::new(), GlobalSection::new(), CodeSection::new());
    let mut next_type = 0;
    if let Some(segments) = context.segments.types() {
        types.ty().rec(segments.group(0));
        next_type = segments.count();
    }
    for ty in arrays(context) {
        types.ty().array(&storage_type(ty.element), ty.mutable);
        next_type += 1;
    }
    let mut add_encoded = |params: Vec<ValType>, results: Vec<ValType>| {
        types.ty().function(params, results);
        next_type += 1;
        next_type - 1
    };
    let mut add_type = |ty: FunctionType| {
        let convert = |list: Vec<ValueType>| list.into_iter().map(val_type).collect::<Vec<_>>();
        add_encoded(convert(ty.params), convert(ty.results))
    };
    for ty in program(context) {
        imports.import("program", "function", EntityType::Function(add_type(ty)));
    }
    let hosts: Vec<HostImport> = needs.imports().collect();
    for host in &hosts {
        let ty = add_type(host.function_type(context.width()));
        imports.import(host.module(), host.name(), EntityType::Function(ty));
    }
    let pointer = context.width().val_type();
    let base = GlobalType { val_type: pointer, mutable: false, shared: false };
    imports.import("program", "base", EntityType::Global(base));
    let helpers: Vec<Helper> = needs.helpers().collect();
    let index = |function| match function {
        FunctionRef::Program(index) => index,
        FunctionRef::Host(host) => 2 + hosts.iter().position(|other| *other == host).expect("it is imported") as u32,
        FunctionRef::Helper(helper) => {
            let position = helpers.iter().position(|other| *other == helper).expect("it is needed");
            (2 + hosts.len() + position) as u32
        }
        FunctionRef::Intrinsic(position) => panic!("intrinsic {position} in a helper"),
    };
    for (helper, body) in needs.bodies() {
        functions.function(add_type(helper.function_type(context)));
        code.function(&body.function(index));
    }
    for (params, function) in lowered {
        functions.function(add_encoded(params.clone(), Vec::new()));
        code.function(&function.function(index));
    }
    for new in needs.globals() {
        globals.global(GlobalType { val_type: new.ty, mutable: true, shared: false }, &new.value);
    }
    let mut memories = MemorySection::new();
    let memory64 = context.width() == Width::Bits64;
    memories.memory(MemoryType { minimum: 4, maximum: None, memory64, shared: false, page_size_log2: None });
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories).section(&globals).section(&code);
    module.finish()
}

/// Validates a module with these helpers, and returns all helpers that it contains.
fn check(context: &Context, roots: &[Helper]) -> BTreeSet<Helper> {
    let (bytes, helpers) = module(context, roots);
    if let Err(error) = validate(&bytes, |_| true) {
        let names: Vec<String> = helpers.iter().map(|helper| helper.name()).collect();
        panic!("{error}: {names:?} in {context:?}");
    }
    helpers
}

#[test]
fn every_helper_is_valid_in_memories_of_both_widths() {
    let mut reached = BTreeSet::new();
    for width in Width::ALL {
        for context in contexts(width) {
            let roots = helpers(&context);
            reached.extend(check(&context, &roots));
            // Alone, each refill does the work itself, if it can.
            for refill in roots.iter().filter(|helper| matches!(helper, Helper::Refill(..))) {
                check(&context, &[*refill]);
            }
        }
    }
    let count = |is_one: fn(&Helper) -> bool| reached.iter().filter(|helper| is_one(helper)).count();
    assert_eq!(count(|helper| matches!(helper, Helper::Violation(_))), Violation::ALL.len());
    assert_eq!(count(|helper| matches!(helper, Helper::Refill(..))), 4);
    assert_eq!(count(|helper| matches!(helper, Helper::Blame(_))), 2);
    assert_eq!(count(|helper| !matches!(helper, Helper::Violation(_) | Helper::Refill(..) | Helper::Blame(_))), 16);
}

#[test]
fn helpers_that_copy_arrays_are_valid_in_memories_of_both_widths() {
    let codes = [ArrayCode::Size, ArrayCode::CopyFrom, ArrayCode::CopyTo, ArrayCode::New];
    for width in [Width::Bits32, Width::Bits64] {
        for context in contexts(width).into_iter().filter(|context| context.growth == Growth::Grow) {
            let roots: Vec<Helper> =
                pairs(&codes, &arrays(&context)).into_iter().map(|(code, ty)| Helper::Array(code, ty)).collect();
            assert_eq!(check(&context, &roots).len(), roots.len());
        }
    }
}

#[test]
fn helpers_of_text_are_valid_in_memories_of_both_widths() {
    for width in [Width::Bits32, Width::Bits64] {
        for context in contexts(width).into_iter().filter(|context| context.growth == Growth::Grow) {
            let units: Vec<ArrayType> =
                arrays(&context).into_iter().filter(|ty| Elements::Units.contain(ty.element)).collect();
            let mut texts = pairs(&pairs(TextCode::ALL, Encoding::ALL), &units);
            // Latin-1 is never ill-formed.
            texts.retain(|(text, _)| *text != (TextCode::Count, Encoding::Latin1));
            let roots: Vec<Helper> =
                texts.into_iter().map(|((code, encoding), ty)| code.helper(encoding, ty)).collect();
            for simd in [false, true] {
                let context = Context { choices: Choices { simd, ..context.choices }, ..context };
                let helpers = check(&context, &roots);
                assert!(roots.iter().all(|root| helpers.contains(root)), "{context:?}");
                // Each encoding has one, except for Latin-1.
                assert_eq!(helpers.iter().filter(|helper| matches!(helper, Helper::Malformed(_))).count(), 2);
            }
        }
    }
}

#[test]
fn helpers_of_strings_are_valid_in_memories_of_both_widths() {
    for width in [Width::Bits32, Width::Bits64] {
        for context in contexts(width).into_iter().filter(|context| context.growth == Growth::Grow) {
            let units = arrays(&context).into_iter().find(|ty| ty.element == Element::I16).expect("it is declared");
            let strings = pairs(&StringCode::all(units.index), Encoding::ALL);
            let roots: Vec<Helper> = strings.into_iter().map(|(code, encoding)| code.helper(encoding)).collect();
            let helpers = check(&context, &roots);
            // UTF-8 and WTF-8 have the same sizes.
            assert_eq!(helpers.iter().filter(|helper| matches!(helper, Helper::String(..))).count(), 14, "{context:?}");
        }
    }
}

#[test]
fn helpers_that_call_the_host_are_valid_in_a_32_bit_memory() {
    let calls: Vec<Call> = HostFunction::ALL
        .iter()
        .map(|function| Call::Host(*function))
        .chain([Call::WriteAll, Call::ReadExact, Call::ReadToEnd, Call::Args, Call::Environ, Call::Item])
        .chain([Call::Open, Call::Wait])
        .collect();
    let kept = |context: Context| [false, true].map(|keeps_errno| Context { keeps_errno, ..context });
    let contexts = contexts(Width::Bits32).into_iter().filter(|context| context.growth == Growth::Grow).flat_map(kept);
    for context in contexts {
        let mut roots = Vec::new();
        let arrays: Vec<ArrayType> = arrays(&context).into_iter().filter(|ty| ty.mutable).collect();
        let of_arrays = arrays.into_iter().flat_map(|ty| {
            let is_text = Elements::Units.contain(ty.element);
            let texts = [Call::Print(ty), Call::ReadText(ty), Call::OpenText(ty)];
            let bytes = (ty.element == Element::I8).then_some(Call::ReadBytes(ty));
            texts.into_iter().filter(move |_| is_text).chain(bytes)
        });
        let calls: Vec<Call> = calls.iter().copied().chain(of_arrays).collect();
        for call in &calls {
            // One result besides the errno may be folded into it; a packed segment counts as one.
            let results = call.function_type(Form::default()).results.len();
            let folds = *call != Call::Item && (results == 2 || call.makes_segment() && context.is_packed());
            let forms = [Form::default(), call.form(&context, false), call.form(&context, folds)];
            roots.extend(forms.into_iter().filter_map(|form| match call.target(form) {
                FunctionRef::Helper(helper) => Some(helper),
                FunctionRef::Program(_) | FunctionRef::Host(_) | FunctionRef::Intrinsic(_) => None,
            }));
        }
        check(&context, &roots);
    }
}

#[test]
fn what_is_needed_does_not_depend_on_the_order() {
    for context in contexts(Width::Bits32) {
        let roots = helpers(&context);
        let reversed: Vec<Helper> = roots.iter().rev().copied().collect();
        assert_eq!(module(&context, &roots), module(&context, &reversed), "{context:?}");
    }
}
