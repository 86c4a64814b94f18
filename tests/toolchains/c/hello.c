// Prints a line through the raw fd_write, without a libc: text, iovec and count are segments of a region.
#include "linmem.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write")))
uint32_t fd_write(uint32_t fd, uint32_t iovecs, uint32_t count, uint32_t written);

__attribute__((export_name("_start"))) void _start(void) {
    static const char line[] = "Hello, world!\n";
    const uint32_t bytes = sizeof line - 1;
    allocator region = region_open();
    segment text = region_allocate(region, bytes);
    segment iovec = region_allocate(region, 8);
    segment written = region_allocate(region, 4);
    for (uint32_t i = 0; i < bytes; i++) segment_set_byte(text, i, line[i]);
    segment_set_int(iovec, 0, segment_address(text));
    segment_set_int(iovec, 4, bytes);
    uint32_t errno = fd_write(1, segment_address(iovec), 1, segment_address(written));
    if (errno != 0 || segment_get_int(written, 0) != bytes) __builtin_trap();
    region_close(region);
}
