// The intrinsics that these programs use. A segment is an i64.
#pragma once
#include <stdint.h>

typedef uint64_t segment;
typedef int32_t allocator;

#define LINMEM(name) __attribute__((import_module("linmem"), import_name(name)))

LINMEM("MemoryAllocator.new") allocator region_open(void);
LINMEM("MemoryAllocator.allocate") segment region_allocate(allocator region, uint32_t bytes);
LINMEM("MemoryAllocator.free") void region_close(allocator region);
LINMEM("MemorySegment.getUByte") uint32_t segment_get_byte(segment from, uint32_t offset);
LINMEM("MemorySegment.getInt") uint32_t segment_get_int(segment from, uint32_t offset);
LINMEM("MemorySegment.setByte") void segment_set_byte(segment to, uint32_t offset, uint32_t value);
LINMEM("MemorySegment.setInt") void segment_set_int(segment to, uint32_t offset, uint32_t value);
LINMEM("MemorySegment.address") uint32_t segment_address(segment of);
LINMEM("MemorySegment.size") uint32_t segment_size(segment of);
LINMEM("MemorySegment.fill") void segment_fill(segment to, uint32_t offset, uint32_t bytes, uint32_t value);
