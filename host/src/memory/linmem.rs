//! The allocator of a guest that was linked with `--export-allocator`: `linmem_open`, `linmem_allocate` and `linmem_close`.
//!
//! Segments have the representation that the guest uses: an address, a packed `i64`, or a reference. The first two are called
//! through typed functions. Everything else, also 64-bit memories, is called with dynamically typed values.

use super::calls::Exports;
use super::error::Error;
use wasmtime::{AnyRef, AsContext, Extern, Func, OwnedRooted, StoreContextMut, TypedFunc, Val, ValType};

/// The names of the functions; the last two exist if segments carry their size.
pub(super) const NAMES: [&str; 5] = ["linmem_open", "linmem_allocate", "linmem_close", "linmem_address", "linmem_size"];
const OPEN: &str = NAMES[0];
pub(super) const ALLOCATE: &str = NAMES[1];
const CLOSE: &str = NAMES[2];
const ADDRESS: &str = NAMES[3];
const SIZE: &str = NAMES[4];

/// The functions.
pub(super) struct Linmem {
    open: TypedFunc<(), u32>,
    allocate: Allocate,
    close: TypedFunc<u32, ()>,
}

enum Allocate {
    /// A segment is an `i32`, its address.
    Address(TypedFunc<(u32, u32, u32), u32>),
    /// A segment is an `i64`, its address in the low half and its size in the high half.
    Packed(TypedFunc<(u32, u32, u32), u64>),
    /// A segment is an `i64` that is an address, or a reference. References have functions that take them apart.
    Other { function: Func, parameters: Vec<ValType>, parts: Option<(Func, Func)> },
}

/// A segment in the form that the guest has it.
#[derive(Clone)]
pub(super) enum Form {
    /// Its address.
    Address,
    /// Its address and its size.
    Packed(u64),
    /// A reference.
    Reference(OwnedRooted<AnyRef>),
}

/// A segment that the guest returned. Nothing about it has been checked.
pub(super) struct Segment {
    pub(super) address: u64,
    /// Its size, if it carries one.
    pub(super) len: Option<u64>,
    pub(super) form: Form,
}

/// The functions that call the guest. They exist twice, for `call` and for `call_async`.
macro_rules! calls {
    ($open:ident, $segment:ident, $close:ident, $value:ident, $call:ident,
        [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Opens a region, and returns its handle.
        pub(super) $($asynchronous)* fn $open<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
        ) -> Result<u32, Error> {
            self.open.$call(store, ())$($wait)*.map_err(|error| Error::trapped(OPEN, error))
        }

        /// Allocates in a region.
        pub(super) $($asynchronous)* fn $segment<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            region: u32,
            len: u64,
            align: u64,
        ) -> Result<Segment, Error> {
            let trapped = |error| Error::trapped(ALLOCATE, error);
            let (function, parameters, parts) = match &self.allocate {
                Allocate::Address(function) => {
                    let arguments = (region, narrow(len)?, narrow(align)?);
                    let address = function.$call(store, arguments)$($wait)*.map_err(trapped)?;
                    return Ok(Segment { address: address.into(), len: None, form: Form::Address });
                }
                Allocate::Packed(function) => {
                    let arguments = (region, narrow(len)?, narrow(align)?);
                    let packed = function.$call(store, arguments)$($wait)*.map_err(trapped)?;
                    let (address, len) = (packed & u64::from(u32::MAX), packed >> 32);
                    return Ok(Segment { address, len: Some(len), form: Form::Packed(packed) });
                }
                Allocate::Other { function, parameters, parts } => (function, parameters, parts),
            };
            let arguments = values(parameters, [region.into(), len, align])?;
            let value = $value(store, ALLOCATE, function, &arguments)$($wait)*?;
            let Some((address, size)) = parts else {
                return Ok(Segment { address: unsigned(&value), len: None, form: Form::Address });
            };
            let Val::AnyRef(Some(reference)) = &value else {
                return Ok(Segment { address: 0, len: None, form: Form::Address });
            };
            // The root of a call's result ends with the caller's scope of roots; an owned one lasts as long as the allocation.
            let form = Form::Reference(reference.to_owned_rooted(&mut *store).map_err(trapped)?);
            let address = $value(store, ADDRESS, address, &[value])$($wait)*?;
            let len = $value(store, SIZE, size, &[value])$($wait)*?;
            Ok(Segment { address: unsigned(&address), len: Some(unsigned(&len)), form })
        }

        /// Closes a region.
        pub(super) $($asynchronous)* fn $close<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            region: u32,
        ) -> Result<(), Error> {
            self.close.$call(store, region)$($wait)*.map_err(|error| Error::trapped(CLOSE, error))
        }
    };
}

impl Linmem {
    calls!(open, segment, close, call_value, call, [], [], []);
    calls!(open_async, segment_async, close_async, call_value_async, call_async, [async], [.await], [Send +]);

    /// The functions among the exports of an instance.
    ///
    /// # Errors
    ///
    /// If one of the functions does not exist, or if it has another type.
    pub(super) fn new(store: &impl AsContext, exports: &Exports, is_64: bool) -> Result<Linmem, Error> {
        let function = |name: &str| match exports.get(name) {
            Some(Extern::Func(function)) => Ok(*function),
            _ => Err(unusable(name, "there is no such function; link the guest with `--export-allocator`")),
        };
        let wrong = |name| move |_| unusable(name, "it does not have the type of linmem's allocator");
        let open = function(OPEN)?.typed(store).map_err(wrong(OPEN))?;
        let close = function(CLOSE)?.typed(store).map_err(wrong(CLOSE))?;
        let allocate = function(ALLOCATE)?;
        let parts = function(ADDRESS).ok().zip(function(SIZE).ok());
        let allocate = match (allocate.typed(store), allocate.typed(store)) {
            (Ok(function), _) if !is_64 && parts.is_none() => Allocate::Address(function),
            (_, Ok(function)) if !is_64 && parts.is_some() => Allocate::Packed(function),
            _ => Allocate::other(store, allocate, parts)
                .ok_or_else(|| unusable(ALLOCATE, "it does not have the type of linmem's allocator"))?,
        };
        Ok(Linmem { open, allocate, close })
    }
}

impl Allocate {
    fn other(store: &impl AsContext, function: Func, parts: Option<(Func, Func)>) -> Option<Allocate> {
        let ty = function.ty(store);
        let is_integer = |ty: &ValType| ty.is_i32() || ty.is_i64();
        let parameters: Vec<ValType> = ty.params().collect();
        let result = ty.results().next()?;
        let fits = parameters.len() == 3 && parameters.iter().all(is_integer) && ty.results().len() == 1;
        let is_segment = match parts {
            None => is_integer(&result),
            Some(parts) => {
                result.is_ref()
                    && [parts.0, parts.1].iter().all(|part| {
                        let ty = part.ty(store);
                        let takes_segment = ty.params().next().is_some_and(|first| result.matches(&first));
                        let returns_integer = ty.results().next().is_some_and(|result| is_integer(&result));
                        takes_segment && returns_integer && (ty.params().len(), ty.results().len()) == (1, 1)
                    })
            }
        };
        (fits && is_segment).then_some(Allocate::Other { function, parameters, parts })
    }
}

fn unusable(name: &str, reason: &str) -> Error {
    Error::Function { name: name.to_string(), reason: reason.to_string() }
}

fn narrow(value: u64) -> Result<u32, Error> {
    u32::try_from(value).map_err(|_| Error::TooLarge { value, bits: 32 })
}

/// Numbers as values of these types, each of which is an `i32` or an `i64`.
fn values(types: &[ValType], numbers: [u64; 3]) -> Result<Vec<Val>, Error> {
    let value = |(ty, number): (&ValType, u64)| match ty {
        ValType::I32 => narrow(number).map(|number| Val::I32(number.cast_signed())),
        _ => Ok(Val::I64(number.cast_signed())),
    };
    types.iter().zip(numbers).map(value).collect()
}

/// An integer as an address or a size.
fn unsigned(value: &Val) -> u64 {
    match value {
        Val::I32(value) => value.cast_unsigned().into(),
        Val::I64(value) => value.cast_unsigned(),
        _ => 0,
    }
}

fn call_value<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    name: &str,
    function: &Func,
    arguments: &[Val],
) -> Result<Val, Error> {
    let mut results = [Val::I32(0)];
    function.call(store, arguments, &mut results).map_err(|error| Error::trapped(name, error))?;
    let [result] = results;
    Ok(result)
}

async fn call_value_async<T: Send + 'static>(
    store: &mut StoreContextMut<'_, T>,
    name: &str,
    function: &Func,
    arguments: &[Val],
) -> Result<Val, Error> {
    let mut results = [Val::I32(0)];
    function.call_async(store, arguments, &mut results).await.map_err(|error| Error::trapped(name, error))?;
    let [result] = results;
    Ok(result)
}
