//! A guest in Zig. It exports the allocator of its standard library as `allocate` and `deallocate`, and returns a text as the
//! address of a pair, as the canonical ABI does: the address and the size of the text. The caller frees the text.

const std = @import("std");

const heap = std.heap.wasm_allocator;

const Text = extern struct { address: [*]const u8, size: usize };

/// The pair that `greet` returns. The next call overwrites it.
var result: Text = undefined;

/// Memory for the host; null if there is none.
export fn allocate(size: usize) ?[*]u8 {
    const memory = heap.alloc(u8, size) catch return null;
    return memory.ptr;
}

/// Frees memory that `allocate` or `greet` returned.
export fn deallocate(address: [*]u8, size: usize) void {
    heap.free(address[0..size]);
}

/// Greets the one whose name is given, in UTF-8. Null if there is no memory.
export fn greet(address: [*]const u8, size: usize) ?*const Text {
    const name = address[0..size];
    const text = std.mem.concat(heap, u8, &.{ "Hello from Zig, ", name, "!" }) catch return null;
    result = .{ .address = text.ptr, .size = text.len };
    return &result;
}
