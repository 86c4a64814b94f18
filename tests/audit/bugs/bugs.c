// Each exported function has one mistake; the marks are as in bugs.wat. Loads and stores go through plain pointers.
#include "linmem.h"

#define EXPORT(name) __attribute__((export_name(#name))) void name(void)

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write")))
uint32_t fd_write(uint32_t fd, uint32_t iovecs, uint32_t count, uint32_t written);

struct node {
    struct node *next;
    uint32_t value;
};

static volatile uint32_t sink;

static void *pointer(segment of) { return (void *)segment_address(of); }

EXPORT(c_read_after_free) { // UseAfterFree none spatial temporal
    allocator region = region_open();
    uint32_t *number = pointer(region_allocate(region, 4)); // @allocation
    *number = 7;
    region_close(region); // @free
    sink = *number; // @access
}

EXPORT(c_write_after_free) { // UseAfterFree none spatial temporal
    allocator region = region_open();
    char *text = pointer(region_allocate(region, 10)); // @allocation
    region_close(region); // @free
    text[9] = 0; // @access
}

EXPORT(c_list_outlives_region) { // UseAfterFree none spatial temporal
    allocator outer = region_open();
    struct node *head = pointer(region_allocate(outer, sizeof(struct node)));
    allocator inner = region_open();
    head->next = pointer(region_allocate(inner, sizeof(struct node))); // @allocation
    head->next->next = 0;
    head->next->value = 3;
    region_close(inner); // @free
    sink = head->next->value; // @access
    region_close(outer);
}

EXPORT(c_segment_after_free) { // UseAfterFree none spatial
    allocator region = region_open();
    segment text = region_allocate(region, 16); // @allocation
    region_close(region); // @free
    segment_set_byte(text, 3, 'x'); // @access
}

EXPORT(c_loop_is_off_by_one) { // Overlap none spatial temporal
    allocator region = region_open();
    uint32_t *numbers = pointer(region_allocate(region, 10 * sizeof *numbers)); // @allocation
    for (uint32_t i = 0; i <= 10; i++)
        numbers[i] = i; // @access
    region_close(region);
}

EXPORT(c_text_is_not_terminated) { // Overlap none spatial temporal
    allocator region = region_open();
    volatile char *text = pointer(region_allocate(region, 5)); // @allocation
    for (int i = 0; i < 5; i++) text[i] = 'a';
    int length = 0;
    while (text[length] != 0 && length < 6) // @access
        length++;
    region_close(region);
}

EXPORT(c_struct_is_too_large) { // Overlap none spatial temporal
    allocator region = region_open();
    volatile struct node *node = pointer(region_allocate(region, sizeof(struct node *))); // @allocation
    node->next = 0;
    node->value = 1; // @access
    region_close(region);
}

EXPORT(c_struct_copy_of_freed) { // UseAfterFree none spatial temporal
    allocator region = region_open();
    struct node *node = pointer(region_allocate(region, sizeof(struct node))); // @allocation
    region_close(region); // @free
    struct node copy = *node; // @access
    sink = copy.value;
}

EXPORT(c_prints_freed) { // UseAfterFree none spatial temporal
    allocator region = region_open();
    uint32_t *iovec = pointer(region_allocate(region, 12));
    allocator inner = region_open();
    iovec[0] = segment_address(region_allocate(inner, 3)); // @allocation
    iovec[1] = 3;
    region_close(inner); // @free
    fd_write(1, (uint32_t)iovec, 1, (uint32_t)(iovec + 2)); // @access
    region_close(region);
}

EXPORT(c_closed_twice) { // DoubleFree none
    allocator region = region_open(); // @allocation
    region_close(region); // @free
    region_close(region); // @access
}

EXPORT(c_never_closed) { // Leak none spatial temporal
    allocator region = region_open(); // @allocation
    *(char *)pointer(region_allocate(region, 1)) = 1;
}
