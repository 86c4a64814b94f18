//! Functions of a guest that allocate and free, by their types.
//!
//! Their parameters and their result are addresses, sizes and alignments, all of them as wide as an address of the memory. What
//! calls a guest exists twice, for `call` and for `call_async`; the macro `twins` writes both from one body.

use super::error::Error;
use std::collections::BTreeMap;
use wasmtime::{AsContext, Extern, StoreContextMut, TypedFunc, WasmParams, WasmResults, WasmTy};

/// Writes a function twice: with `call`, and as an `async` function with `call_async`.
macro_rules! twins {
    ($name:ident, $name_async:ident, $body:ident) => {
        $body! { $name, call, [], [], [] }
        $body! { $name_async, call_async, [async], [.await], [Send +] }
    };
}

/// The exports of an instance, by name.
pub(super) type Exports = BTreeMap<String, Extern>;

/// An address, a size or an alignment as a guest has it.
pub(super) trait Word: WasmTy + Copy + Send + Sync + TryFrom<u64> + Into<u64> {}
impl Word for u32 {}
impl Word for u64 {}

/// A function of a guest, by the number of its parameters, and by whether it has a result.
pub(super) enum Typed<W> {
    One(TypedFunc<W, W>),
    Two(TypedFunc<(W, W), W>),
    Four(TypedFunc<(W, W, W, W), W>),
    OneToNone(TypedFunc<W, ()>),
    TwoToNone(TypedFunc<(W, W), ()>),
    ThreeToNone(TypedFunc<(W, W, W), ()>),
}

enum Width {
    Narrow(Typed<u32>),
    Wide(Typed<u64>),
}

/// An exported function that allocates or frees.
pub(super) struct Callee {
    name: String,
    width: Width,
}

fn word<W: Word>(value: u64) -> Result<W, Error> {
    W::try_from(value).map_err(|_| Error::TooLarge { value, bits: 8 * size_of::<W>() as u32 })
}

macro_rules! call_typed {
    ($name:ident, $call:ident, [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        #[inline(always)]
        $($asynchronous)* fn $name<T: $($send)* 'static>(
            &self,
            name: &str,
            store: &mut StoreContextMut<'_, T>,
            [a, b, c, d]: [u64; 4],
        ) -> Result<u64, Error> {
            let a = word::<W>(a)?;
            let result = match self {
                Typed::One(function) => function.$call(store, a)$($wait)*.map(W::into),
                Typed::Two(function) => function.$call(store, (a, word(b)?))$($wait)*.map(W::into),
                Typed::Four(function) => {
                    function.$call(store, (a, word(b)?, word(c)?, word(d)?))$($wait)*.map(W::into)
                }
                Typed::OneToNone(function) => function.$call(store, a)$($wait)*.map(|()| 0),
                Typed::TwoToNone(function) => function.$call(store, (a, word(b)?))$($wait)*.map(|()| 0),
                Typed::ThreeToNone(function) => {
                    function.$call(store, (a, word(b)?, word(c)?))$($wait)*.map(|()| 0)
                }
            };
            result.map_err(|error| Error::trapped(name, error))
        }
    };
}

impl<W: Word> Typed<W> {
    twins!(call, call_async, call_typed);

    /// The function as a value of this type, if its type is one that allocates or frees.
    fn new(store: &impl AsContext, function: &wasmtime::Func) -> Option<Typed<W>> {
        fn typed<P: WasmParams, R: WasmResults>(
            store: &impl AsContext,
            function: &wasmtime::Func,
        ) -> Option<TypedFunc<P, R>> {
            function.typed(store).ok()
        }
        None.or_else(|| typed(store, function).map(Typed::One))
            .or_else(|| typed(store, function).map(Typed::Two))
            .or_else(|| typed(store, function).map(Typed::Four))
            .or_else(|| typed(store, function).map(Typed::OneToNone))
            .or_else(|| typed(store, function).map(Typed::TwoToNone))
            .or_else(|| typed(store, function).map(Typed::ThreeToNone))
    }

    /// The number of parameters, and whether there is a result.
    fn shape(&self) -> (usize, bool) {
        match self {
            Typed::One(_) => (1, true),
            Typed::Two(_) => (2, true),
            Typed::Four(_) => (4, true),
            Typed::OneToNone(_) => (1, false),
            Typed::TwoToNone(_) => (2, false),
            Typed::ThreeToNone(_) => (3, false),
        }
    }
}

macro_rules! call_callee {
    ($name:ident, $call:ident, [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Calls the function with as many of the arguments as it has parameters. Without a result, it returns 0.
        ///
        /// # Errors
        ///
        /// If an argument is wider than an address, or if the call fails.
        #[inline(always)]
        pub(super) $($asynchronous)* fn $name<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            arguments: [u64; 4],
        ) -> Result<u64, Error> {
            match &self.width {
                Width::Narrow(function) => function.$name(&self.name, store, arguments)$($wait)*,
                Width::Wide(function) => function.$name(&self.name, store, arguments)$($wait)*,
            }
        }
    };
}

impl Callee {
    twins!(call, call_async, call_callee);

    /// An export as a function whose number of parameters and result are among `shapes`.
    ///
    /// # Errors
    ///
    /// If the export does not exist, or if it has another type.
    pub(super) fn new(
        store: &impl AsContext,
        name: &str,
        exports: &Exports,
        is_64: bool,
        shapes: &[(usize, bool)],
    ) -> Result<Callee, Error> {
        let unusable = |reason: String| Error::Function { name: name.to_string(), reason };
        let function = match exports.get(name) {
            Some(Extern::Func(function)) => function,
            Some(_) => return Err(unusable("the export is not a function".to_string())),
            None => return Err(unusable("there is no such export".to_string())),
        };
        let width = match is_64 {
            false => Typed::new(store, function).map(Width::Narrow),
            true => Typed::new(store, function).map(Width::Wide),
        };
        let shape = |width: &Width| match width {
            Width::Narrow(function) => function.shape(),
            Width::Wide(function) => function.shape(),
        };
        match width.filter(|width| shapes.contains(&shape(width))) {
            Some(width) => Ok(Callee { name: name.to_string(), width }),
            None => Err(unusable("its type is not one of an allocator of this memory".to_string())),
        }
    }

    /// The name of the export.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The number of parameters.
    pub(super) fn parameters(&self) -> usize {
        match &self.width {
            Width::Narrow(function) => function.shape().0,
            Width::Wide(function) => function.shape().0,
        }
    }
}
