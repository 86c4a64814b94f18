//! The allocator of a guest that was linked with `--export-allocator`.
//!
//! Each allocation has a region of its own. `linmem_acquire` opens it and allocates at once, and keeps a token of the host
//! behind the allocation until the region is closed, by whomever. Guests that track regions do not export it, since
//! none of their regions can be closed before those inside it; there, `linmem_open` and `linmem_allocate` do the same.
//! `linmem_release` closes the region, unless the guest has opened another one inside it.
//!
//! Segments have the representation that the guest uses: an address, a packed `i64`, or a reference. The first two are called
//! through typed functions. Everything else, also 64-bit memories, is called with dynamically typed values.

use super::calls::Exports;
use super::error::Error;
use super::region::Region;
use wasmtime::{AnyRef, AsContext, Extern, Func, OwnedRooted, StoreContextMut, TypedFunc, Val, ValType};

/// The names of the functions. Those after the first three may be absent.
pub(super) const NAMES: [&str; 8] = [
    "linmem_open",
    "linmem_allocate",
    "linmem_close",
    "linmem_acquire",
    "linmem_release",
    "linmem_top",
    "linmem_address",
    "linmem_size",
];
const OPEN: &str = NAMES[0];
const ALLOCATE: &str = NAMES[1];
const CLOSE: &str = NAMES[2];
const ACQUIRE: &str = NAMES[3];
const RELEASE: &str = NAMES[4];
const TOP: &str = NAMES[5];
const ADDRESS: &str = NAMES[6];
const SIZE: &str = NAMES[7];

/// The size of what the guest keeps behind an allocation, and its alignment.
const LOAN: u64 = 16;
const LOAN_ALIGNMENT: u64 = 8;

/// The functions.
pub(super) struct Linmem {
    open: TypedFunc<(), u32>,
    allocate: Allocate,
    close: Close,
    acquire: Option<Acquire>,
    top: Option<TypedFunc<(), u32>>,
}

enum Close {
    /// `linmem_release (allocator, loan, top)`, which returns whether it refuses.
    Release(TypedFunc<(u32, u32, u32), u32>),
    /// `linmem_close (allocator)`, of a guest that another version of linmem linked.
    Always(TypedFunc<u32, ()>),
}

/// `linmem_acquire (bytes, alignment, token)`, which returns a segment and its allocator.
enum Acquire {
    Address(TypedFunc<(u32, u32, u64), (u32, u32)>),
    Packed(TypedFunc<(u32, u32, u64), (u64, u32)>),
    Reference { function: Func, parts: (Func, Func) },
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
    Reference(Box<OwnedRooted<AnyRef>>),
}

/// A segment that the guest returned. Nothing about it has been checked.
pub(super) struct Segment {
    /// The function that returned it.
    pub(super) function: &'static str,
    pub(super) address: u64,
    /// Its size, if it carries one.
    pub(super) len: Option<u64>,
    pub(super) form: Form,
}

/// A segment, and its region if that is open.
pub(super) struct Acquired {
    pub(super) segment: Segment,
    pub(super) region: Region,
}

/// The functions that call the guest. They exist twice, for `call` and for `call_async`.
macro_rules! calls {
    ($open:ident, $segment:ident, $acquire:ident, $reference:ident, $close:ident, $top:ident, $value:ident, $call:ident,
        [$($asynchronous:tt)*], [$($wait:tt)*], [$($send:tt)*]) => {
        /// Opens a region, and returns its handle.
        pub(super) $($asynchronous)* fn $open<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
        ) -> Result<u32, Error> {
            self.open.$call(store, ())$($wait)*.map_err(|error| Error::trapped(OPEN, error))
        }

        /// The next free address, if the guest tells it, else 0.
        pub(super) $($asynchronous)* fn $top<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
        ) -> Result<u32, Error> {
            match &self.top {
                Some(top) => top.$call(store, ())$($wait)*.map_err(|error| Error::trapped(TOP, error)),
                None => Ok(0),
            }
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
                    return Ok(Segment::of_address(ALLOCATE, address.into()));
                }
                Allocate::Packed(function) => {
                    let arguments = (region, narrow(len)?, narrow(align)?);
                    let packed = function.$call(store, arguments)$($wait)*.map_err(trapped)?;
                    return Ok(Segment::of_packed(ALLOCATE, packed));
                }
                Allocate::Other { function, parameters, parts } => (function, parameters, parts),
            };
            let arguments = values(parameters, [region.into(), len, align])?;
            let [value] = $value(store, ALLOCATE, function, &arguments)$($wait)*?;
            match parts {
                None => Ok(Segment::of_address(ALLOCATE, unsigned(&value))),
                Some(parts) => self.$reference(store, ALLOCATE, value, parts)$($wait)*,
            }
        }

        /// Opens a region with this number and token, and allocates in it; `None` if the guest does not have this function.
        #[inline(always)]
        pub(super) $($asynchronous)* fn $acquire<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            len: u64,
            align: u64,
            id: u64,
            token: u64,
        ) -> Result<Option<Acquired>, Error> {
            let Some(acquire) = &self.acquire else { return Ok(None) };
            let trapped = |error| Error::trapped(ACQUIRE, error);
            let arguments = (narrow(len)?, narrow(align)?, token);
            let (segment, handle) = match acquire {
                Acquire::Address(function) => {
                    let (address, handle) = function.$call(&mut *store, arguments)$($wait)*.map_err(trapped)?;
                    (Segment::of_address(ACQUIRE, address.into()), handle)
                }
                Acquire::Packed(function) => {
                    let (packed, handle) = function.$call(&mut *store, arguments)$($wait)*.map_err(trapped)?;
                    (Segment::of_packed(ACQUIRE, packed), handle)
                }
                Acquire::Reference { function, parts } => {
                    let (len, align, token) = arguments;
                    let numbers = [Val::I32(len.cast_signed()), Val::I32(align.cast_signed()), Val::I64(token.cast_signed())];
                    let [value, handle] = $value(store, ACQUIRE, function, &numbers)$($wait)*?;
                    let segment = self.$reference(store, ACQUIRE, value, parts)$($wait)*?;
                    (segment, narrow(unsigned(&handle))?)
                }
            };
            let loan = segment.address.saturating_add(len).checked_next_multiple_of(LOAN_ALIGNMENT);
            let top = loan.and_then(|loan| loan.checked_add(LOAN)).unwrap_or(u64::MAX);
            let (Ok(loan), Ok(top)) = (u32::try_from(loan.unwrap_or(u64::MAX)), u32::try_from(top)) else {
                return Err(Error::TooLarge { value: top, bits: 32 });
            };
            Ok(Some(Acquired { segment, region: Region { id, handle, top, loan, token } }))
        }

        /// A segment that is a reference.
        $($asynchronous)* fn $reference<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            name: &'static str,
            value: Val,
            (address, size): &(Func, Func),
        ) -> Result<Segment, Error> {
            let Val::AnyRef(Some(reference)) = &value else {
                return Ok(Segment::of_address(name, 0));
            };
            // The root of a call's result ends with the caller's scope of roots; an owned one lasts as long as the allocation.
            let owned = reference.to_owned_rooted(&mut *store).map_err(|error| Error::trapped(name, error))?;
            let form = Form::Reference(Box::new(owned));
            let [address] = $value(store, ADDRESS, address, &[value])$($wait)*?;
            let [len] = $value(store, SIZE, size, &[value])$($wait)*?;
            Ok(Segment { function: name, address: unsigned(&address), len: Some(unsigned(&len)), form })
        }

        /// Closes a region, and returns whether the guest did that. It does not if it has opened another one inside.
        #[inline(always)]
        pub(super) $($asynchronous)* fn $close<T: $($send)* 'static>(
            &self,
            store: &mut StoreContextMut<'_, T>,
            region: &Region,
        ) -> Result<bool, Error> {
            match &self.close {
                Close::Release(release) => {
                    let refused = release.$call(store, (region.handle, region.loan, region.top))$($wait)*;
                    Ok(refused.map_err(|error| Error::trapped(RELEASE, error))? == 0)
                }
                Close::Always(close) => {
                    close.$call(store, region.handle)$($wait)*.map_err(|error| Error::trapped(CLOSE, error))?;
                    Ok(true)
                }
            }
        }
    };
}

impl Linmem {
    calls!(open, segment, acquire, reference, close, top, call_values, call, [], [], []);
    calls!(
        open_async, segment_async, acquire_async, reference_async, close_async, top_async, call_values_async, call_async,
        [async], [.await], [Send +]
    );

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
        let close = match function(RELEASE).ok().and_then(|release| release.typed(store).ok()) {
            Some(release) => Close::Release(release),
            None => Close::Always(function(CLOSE)?.typed(store).map_err(wrong(CLOSE))?),
        };
        let allocate = function(ALLOCATE)?;
        let parts = function(ADDRESS).ok().zip(function(SIZE).ok());
        let allocate = match (allocate.typed(store), allocate.typed(store)) {
            (Ok(function), _) if !is_64 && parts.is_none() => Allocate::Address(function),
            (_, Ok(function)) if !is_64 && parts.is_some() => Allocate::Packed(function),
            _ => Allocate::other(store, allocate, parts)
                .ok_or_else(|| unusable(ALLOCATE, "it does not have the type of linmem's allocator"))?,
        };
        let is_new = matches!(close, Close::Release(_)) && !is_64;
        let acquire = function(ACQUIRE).ok().filter(|_| is_new);
        let acquire = acquire.and_then(|function| Acquire::new(store, function, parts));
        let top = function(TOP).ok().filter(|_| acquire.is_none()).and_then(|top| top.typed(store).ok());
        Ok(Linmem { open, allocate, close, acquire, top })
    }
}

impl Segment {
    #[inline]
    fn of_address(function: &'static str, address: u64) -> Segment {
        Segment { function, address, len: None, form: Form::Address }
    }

    #[inline]
    fn of_packed(function: &'static str, packed: u64) -> Segment {
        let (address, len) = (packed & u64::from(u32::MAX), packed >> 32);
        Segment { function, address, len: Some(len), form: Form::Packed(packed) }
    }
}

impl Acquire {
    fn new(store: &impl AsContext, function: Func, parts: Option<(Func, Func)>) -> Option<Acquire> {
        match (function.typed(store), function.typed(store), parts) {
            (Ok(function), _, None) => Some(Acquire::Address(function)),
            (_, Ok(function), Some(_)) => Some(Acquire::Packed(function)),
            (_, _, Some(parts)) => {
                let ty = function.ty(store);
                let parameters: Vec<ValType> = ty.params().collect();
                let results: Vec<ValType> = ty.results().collect();
                let takes = matches!(&parameters[..], [ValType::I32, ValType::I32, ValType::I64]);
                let returns = matches!(&results[..], [segment, ValType::I32] if are_parts(store, segment, parts));
                (takes && returns).then_some(Acquire::Reference { function, parts })
            }
            _ => None,
        }
    }
}

/// Whether these functions return the address and the size of a segment of this type.
fn are_parts(store: &impl AsContext, segment: &ValType, parts: (Func, Func)) -> bool {
    segment.is_ref()
        && [parts.0, parts.1].iter().all(|part| {
            let ty = part.ty(store);
            let takes_segment = ty.params().next().is_some_and(|first| segment.matches(&first));
            let returns_integer = ty.results().next().is_some_and(|result| is_integer(&result));
            takes_segment && returns_integer && (ty.params().len(), ty.results().len()) == (1, 1)
        })
}

fn is_integer(ty: &ValType) -> bool {
    ty.is_i32() || ty.is_i64()
}

impl Allocate {
    fn other(store: &impl AsContext, function: Func, parts: Option<(Func, Func)>) -> Option<Allocate> {
        let ty = function.ty(store);
        let parameters: Vec<ValType> = ty.params().collect();
        let result = ty.results().next()?;
        let fits = parameters.len() == 3 && parameters.iter().all(is_integer) && ty.results().len() == 1;
        let is_segment = match parts {
            None => is_integer(&result),
            Some(parts) => are_parts(store, &result, parts),
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

fn call_values<T: 'static, const RESULTS: usize>(
    store: &mut StoreContextMut<'_, T>,
    name: &str,
    function: &Func,
    arguments: &[Val],
) -> Result<[Val; RESULTS], Error> {
    let mut results = [Val::I32(0); RESULTS];
    function.call(store, arguments, &mut results).map_err(|error| Error::trapped(name, error))?;
    Ok(results)
}

async fn call_values_async<T: Send + 'static, const RESULTS: usize>(
    store: &mut StoreContextMut<'_, T>,
    name: &str,
    function: &Func,
    arguments: &[Val],
) -> Result<[Val; RESULTS], Error> {
    let mut results = [Val::I32(0); RESULTS];
    function.call_async(store, arguments, &mut results).await.map_err(|error| Error::trapped(name, error))?;
    Ok(results)
}
