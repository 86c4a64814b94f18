// wasi-libc's malloc beside linmem's regions: both allocate many times, and neither may change the other's bytes.
// With EARLY, malloc allocates its first memory before a region is opened.
#include "linmem.h"
#include <stdio.h>
#include <stdlib.h>

enum { BLOCKS = 400, SEGMENTS = 6, DEPTH = 18, ROUNDS = 12 };

static unsigned char *blocks[BLOCKS];
static uint32_t sizes[BLOCKS];
static uint32_t growths;
static void *volatile early;

static uint32_t state = 2463534242u;
static uint32_t number(uint32_t bound) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % bound;
}

static unsigned char block_byte(uint32_t block, uint32_t at) { return (unsigned char)(block * 31 + at); }
static uint32_t segment_byte(uint32_t segment, uint32_t depth) { return (segment + depth) & 127; }

static void check_block(uint32_t block) {
    for (uint32_t at = 0; at < sizes[block]; at++) {
        if (blocks[block][at] != block_byte(block, at)) {
            printf("block %u was overwritten at %u\n", block, at);
            exit(1);
        }
    }
}

static void renew_block(uint32_t block) {
    if (blocks[block]) {
        check_block(block);
        free(blocks[block]);
    }
    sizes[block] = 1 + number(50000) + (number(20) == 0 ? 300000 : 0);
    size_t before = __builtin_wasm_memory_size(0);
    blocks[block] = malloc(sizes[block]);
    growths += __builtin_wasm_memory_size(0) != before;
    if (!blocks[block]) {
        puts("malloc has no memory");
        exit(2);
    }
    for (uint32_t at = 0; at < sizes[block]; at++) blocks[block][at] = block_byte(block, at);
}

static void step(uint32_t depth) {
    allocator region = region_open();
    segment segments[SEGMENTS];
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        uint32_t bytes = 8 + number(60000) + (i == 3 && depth % 3 == 0 ? 200000 : 0);
        segments[i] = region_allocate(region, bytes);
        segment_fill(segments[i], 0, bytes, segment_byte(i, depth));
        renew_block(number(BLOCKS));
    }
    if (depth) step(depth - 1);
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        uint32_t bytes = segment_size(segments[i]);
        for (uint32_t at = 0; at < bytes; at += at + 97 < bytes || at == bytes - 1 ? 97 : bytes - 1 - at) {
            if (segment_get_byte(segments[i], at) != segment_byte(i, depth)) {
                printf("segment %u of depth %u was overwritten at %u\n", i, depth, at);
                exit(3);
            }
        }
    }
    region_close(region);
}

int main(void) {
#ifdef EARLY
    early = malloc(1);
#endif
    for (uint32_t round = 0; round < ROUNDS; round++) step(DEPTH);
    for (uint32_t block = 0; block < BLOCKS; block++) {
        if (blocks[block]) check_block(block);
    }
    puts(growths > 3 ? "all is intact after many growths" : "all is intact, but malloc hardly grew");
    return 0;
}
