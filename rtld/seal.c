// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * seal.c - make the images of a loaded module ready: not part of the core
 *
 * A relocatable file has no addresses.  The fields of its images that hold
 * distances to sections and symbols (text.start, mark.address, mark.stub,
 * slot.address) are completed by ordinary relocations, as everything else in
 * the file is; nobody could know, when the checksum was made, what they would
 * be, nor in which order.  So such an image says RTS_FLAG_RELOCATABLE, its
 * checksum takes these fields as 0, and no reader opens it.  Once the loader
 * has applied the relocations, and while the memory can still be written, it
 * calls rtld_seal(): that looks at the checksum, brings marks and slots into
 * the order that an image must have, clears the flag and makes the checksum
 * anew.  From then on it is an image like any other.
 */
#include "internal.h"

/* ---- bytes ------------------------------------------------------------ */

#define HEAD32(h, field)	RTLD_GET32_(h, struct rts_header, field)

static void store(unsigned char *p, uint64_t value, unsigned n)
{
	for (; n--; value >>= 8)
		*p++ = (unsigned char)value;
}

static void swap(unsigned char *a, unsigned char *b, unsigned n)
{
	while (n--) {
		unsigned char c = a[n];

		a[n] = b[n];
		b[n] = c;
	}
}

/* Is byte `at' of the image one of the first `moved' of an element of this
 * array? */
static unsigned in_array(uint32_t at, uint32_t off, uint32_t count,
			 uint32_t element, uint32_t moved)
{
	return at - off < count * element && (at - off) % element < moved;
}

static unsigned is_moved(const unsigned char *h, uint32_t at)
{
	return in_array(at, HEAD32(h, text_off), HEAD32(h, text_count),
			sizeof(struct rts_text), 8) ||
	       in_array(at, HEAD32(h, mark_off), HEAD32(h, mark_count),
			sizeof(struct rts_mark), 8) ||
	       in_array(at, HEAD32(h, slot_off), HEAD32(h, slot_count),
			sizeof(struct rts_slot), 4);
}

static RTLD_NOINLINE uint32_t crc_of(const unsigned char *h)
{
	const uint32_t field = offsetof(struct rts_header, crc);
	uint32_t size = HEAD32(h, size), crc = ~0u;

	for (uint32_t i = 0; i < size; i++) {
		if (i - field >= 4 &&
		    !(HEAD32(h, flags) & RTS_FLAG_RELOCATABLE &&
		      is_moved(h, i)))
			crc ^= h[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
	}
	return ~crc;
}

/* ---- one image -------------------------------------------------------- */

static unsigned fits(const unsigned char *h, uint32_t off, uint32_t count,
		     uint32_t element)
{
	uint32_t size = HEAD32(h, size);

	return off >= sizeof(struct rts_header) && off <= size &&
	       count <= (size - off) / element;
}

/* Streams count from text range 0, so there is no other. */
static int check(const unsigned char *h, size_t max)
{
	if (max < sizeof(struct rts_header))
		return RTLD_E_SIZE;
	if (HEAD32(h, magic) != RTS_MAGIC)
		return RTLD_E_MAGIC;
	if (HEAD32(h, version) != (RTS_ABI_VERSION |
				   sizeof(struct rts_header) << 16) ||
	    HEAD32(h, flags) & ~(uint32_t)RTS_FLAG_RELOCATABLE)
		return RTLD_E_VERSION;
	if (HEAD32(h, size) < sizeof(struct rts_header) ||
	    HEAD32(h, size) > max)
		return RTLD_E_SIZE;
	if (crc_of(h) != HEAD32(h, crc))
		return RTLD_E_CRC;
	if (HEAD32(h, text_count) > 1 ||
	    !fits(h, HEAD32(h, text_off), HEAD32(h, text_count),
		  sizeof(struct rts_text)) ||
	    !fits(h, HEAD32(h, mark_off), HEAD32(h, mark_count),
		  sizeof(struct rts_mark)) ||
	    !fits(h, HEAD32(h, slot_off), HEAD32(h, slot_count),
		  sizeof(struct rts_slot)))
		return RTLD_E_BOUNDS;
	return 0;
}

/* Both begin with an address; slots of one address go by width, then mark. */
static unsigned is_before(const unsigned char *a, const unsigned char *b,
			  unsigned element)
{
	int32_t x = (int32_t)rts_ld32(a), y = (int32_t)rts_ld32(b);

	if (x != y || element != sizeof(struct rts_slot))
		return x < y;
	if (a[6] != b[6])
		return a[6] < b[6];
	return rts_ld16(a + 4) < rts_ld16(b + 4);
}

static void sort(unsigned char *at, uint32_t count, unsigned element)
{
	for (uint32_t i = 1; i < count; i++) {
		unsigned char *p = at + (size_t)i * element;

		for (; p > at && is_before(p, p - element, element);
		     p -= element)
			swap(p, p - element, element);
	}
}

/* Slots name their mark by its index: while marks move, the upper half of
 * their kind says which one each was. */
static void sort_marks(unsigned char *h)
{
	const uint32_t kind = offsetof(struct rts_mark, kind);
	unsigned char *marks = h + HEAD32(h, mark_off);
	unsigned char *slot = h + HEAD32(h, slot_off);
	uint32_t count = HEAD32(h, mark_count), i, k;

	for (i = 0; i < count; i++)
		store(marks + i * sizeof(struct rts_mark) + kind + 2, i, 2);
	sort(marks, count, sizeof(struct rts_mark));
	for (i = HEAD32(h, slot_count); i--; slot += sizeof(struct rts_slot)) {
		for (k = 0; k < count; k++) {
			if (rts_ld16(marks + k * sizeof(struct rts_mark) +
				     kind + 2) == rts_ld16(slot + 4))
				break;
		}
		store(slot + 4, k, 2);
	}
	for (i = 0; i < count; i++)
		store(marks + i * sizeof(struct rts_mark) + kind + 2, 0, 2);
}

static void seal(unsigned char *h)
{
	unsigned char *text = h + HEAD32(h, text_off);

	/* Relocations of 32 bits have filled one half of 64. */
	if (h[offsetof(struct rts_header, elf_class)] == 1 &&
	    HEAD32(h, text_count))
		store(text, (uint64_t)(int32_t)rts_ld32(text), 8);
	sort_marks(h);
	sort(h + HEAD32(h, slot_off), HEAD32(h, slot_count),
	     sizeof(struct rts_slot));
	store(h + offsetof(struct rts_header, flags), 0, 4);
	store(h + offsetof(struct rts_header, address), (uintptr_t)h, 8);
	store(h + offsetof(struct rts_header, crc), crc_of(h), 4);
}

/* ---- all of them ------------------------------------------------------ */

/* The index-th image, or NULL; and how many bytes there are from it on. */
static RTLD_NOINLINE unsigned char *image_at(unsigned char *images,
					     size_t size, unsigned index,
					     size_t *max)
{
	size_t at = 0, length;

	for (;; index--) {
		*max = size - at;
		if (*max < sizeof(struct rts_header) ||
		    HEAD32(images + at, magic) != RTS_MAGIC)
			return NULL;
		if (!index)
			return images + at;
		length = HEAD32(images + at, size);
		if (length > *max)
			return NULL;
		length = (length + 7) & ~(size_t)7;
		at = length < *max ? at + length : size;
	}
}

/* What is behind the last one must be nothing, or one of them is damaged. */
static int check_all(unsigned char *images, size_t size, unsigned *count)
{
	unsigned char *h;
	size_t max = size;
	int code;

	*count = 0;
	while ((h = image_at(images, size, *count, &max))) {
		code = check(h, max);
		if (code)
			return code;
		++*count;
	}
	while (max) {
		if (images[size - max--])
			return RTLD_E_MAGIC;
	}
	return *count ? 0 : RTLD_E_MAGIC;
}

const void *rtld_image(const void *images, size_t size, unsigned index,
		       size_t *max)
{
	size_t rest;
	const void *image;

	if (!images)
		return NULL;
	image = image_at((unsigned char *)(uintptr_t)images, size, index,
			 &rest);
	if (max)
		*max = rest;
	return image;
}

int rtld_seal(void *images, size_t size)
{
	unsigned char *h;
	unsigned count;
	size_t max;
	int code;

	if (!images)
		return -RTLD_E_ARGUMENT;
	code = check_all(images, size, &count);
	if (code)
		return -code;
	for (unsigned i = 0; i < count; i++) {
		h = image_at(images, size, i, &max);
		if (HEAD32(h, flags))
			seal(h);
	}
	return (int)count;
}

uint32_t rtld_seal_crc_(const unsigned char *image)
{
	return crc_of(image);
}
