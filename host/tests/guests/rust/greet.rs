//! A guest in Rust. It exports its own allocator as `alloc` and `dealloc`, which take the alignment, and returns a text as one
//! packed number: the address in the low half, the size in the high half. The caller frees the text.

use std::alloc::Layout;

/// Memory for the host; null if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn alloc(size: usize, align: usize) -> *mut u8 {
    match Layout::from_size_align(size, align) {
        // The size of an allocation must not be zero.
        Ok(layout) if size > 0 => unsafe { std::alloc::alloc(layout) },
        _ => std::ptr::null_mut(),
    }
}

/// Frees memory that `alloc` or `greet` returned.
///
/// # Safety
///
/// The address, the size and the alignment must be those of such memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dealloc(address: *mut u8, size: usize, align: usize) {
    if let Ok(layout) = Layout::from_size_align(size, align) {
        unsafe { std::alloc::dealloc(address, layout) }
    }
}

/// Greets the one whose name is given, in UTF-8.
///
/// # Safety
///
/// The name must be in memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn greet(address: *const u8, size: usize) -> u64 {
    let name = String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(address, size) });
    let text = Box::leak(format!("Hello from Rust, {name}!").into_bytes().into_boxed_slice());
    (text.len() as u64) << 32 | text.as_ptr() as usize as u64
}
