/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rts/abi.h - the layout of an image (section .rts.tab), of a mark record
 * (section .rts.mark) and the relocation numbers of .rts.rela
 *
 * doc/rts-abi.md is normative; this header is its C spelling.  The structures
 * describe bytes, not objects: rtld reads them with rts_ld16/32/64 at the
 * offsets that offsetof() gives, so that an image needs no alignment.
 *
 * Rules that hold for every field
 *   - byte order is that of the target (little-endian in version 1);
 *   - no pointers: "offset" counts bytes from the first byte of the header,
 *     "relative" is a signed distance from the first byte of the header;
 *   - reserved fields are 0 when written, and a reader refuses others.
 */
#ifndef RTS_ABI_H
#define RTS_ABI_H

#include "rts/env.h"

#define RTS_MAGIC	0x31535452u	/* the bytes 'R' 'T' 'S' '1' */
#define RTS_ABI_VERSION	1

/*
 * The header.  Every "off" is an offset to an array that lies wholly inside
 * [header_size, size); every array may be empty.
 */
struct rts_header {
	uint32_t magic;		/* RTS_MAGIC */
	uint16_t version;	/* RTS_ABI_VERSION */
	uint16_t header_size;	/* sizeof(struct rts_header) */
	uint16_t machine;	/* ELF e_machine, e.g. 62 = EM_X86_64 */
	uint8_t  elf_class;	/* EI_CLASS: 1 = 32 bit, 2 = 64 bit */
	uint8_t  elf_data;	/* EI_DATA: 1 = little-endian */
	uint32_t size;		/* bytes of the whole image, header included */
	uint32_t crc;		/* CRC-32C of the size bytes, this field as 0 */
	uint32_t flags;		/* 0, or RTS_FLAG_RELOCATABLE */
	uint32_t site_count;	/* sites of all slots together */
	uint32_t reserved;	/* 0 */
	uint64_t address;	/* link-time address of the header; the load
				   bias is where it stands now minus this */
	uint32_t text_off, text_count;		/* struct rts_text */
	uint32_t mark_off, mark_count;		/* struct rts_mark */
	uint32_t slot_off, slot_count;		/* struct rts_slot */
	uint32_t form_off, form_count;		/* struct rts_form */
	uint32_t encoding_off, encoding_count;	/* struct rts_encoding */
	uint32_t bytes_off, bytes_size;		/* templates, masks, slices */
	uint32_t stream_off, stream_size;	/* site streams */
	uint32_t string_off, string_size;	/* NUL-terminated names */
};

/*
 * The image is one of a relocatable file: relocations complete text.start,
 * mark.address, mark.stub and slot.address, which the checksum takes as 0;
 * marks and slots are in no order; one text range.  It must be sealed
 * (rtld_seal()), which clears the flag, before it can be opened.
 */
#define RTS_FLAG_RELOCATABLE	1u

/* A stretch of executable memory.  Ascending, not overlapping.  A site that
 * lies in none of them is refused. */
struct rts_text {
	int64_t  start;		/* relative */
	uint64_t size;		/* bytes, not 0 */
};

enum rts_kind {
	RTS_KIND_VAR = 1,	/* a very-read-only variable */
	RTS_KIND_OPS = 2,	/* a function pointer, or a struct with some */
	RTS_KIND_FUNC = 3,	/* a function called by name: stub + slot */
	/* In .rts.mark only: */
	RTS_KIND_TABLE = 4,	/* where the image stands */
	RTS_KIND_INLINE = 5,	/* the body of a function, see rts_mark_record */
	RTS_KIND_CALL = 6,	/* a call in assembly, and what it lets go */
	RTS_KIND_MAY_BE = 7,	/* a function that a slot may hold */
	RTS_KIND_PATCHABLE = 8	/* the function that a FUNC's slot replaces */
};
#define RTS_KIND_NULLABLE	0x100	/* or'ed to FUNC in a record: the slot
					   may hold NULL, a call of which does
					   nothing */

/* A runtime-static object.  Ascending by address. */
struct rts_mark {
	int32_t  address;	/* relative, first byte of the object; for a
				   FUNC the pointer that its stub goes through */
	int32_t  stub;		/* relative, entry of a FUNC's stub; else 0 */
	uint32_t size;		/* bytes of the object */
	uint32_t name;		/* index of its name in the strings */
	uint32_t kind;		/* enum rts_kind */
};

/* The bytes of an object that one site reads.  Ascending by address, then
 * width; so the slots of one mark stand together. */
struct rts_slot {
	int32_t  address;	/* relative */
	uint16_t mark;		/* index of the mark that it lies in */
	uint8_t  width;		/* 1, 2, 4 or 8 bytes */
	uint8_t  reserved;	/* 0 */
	uint32_t sites;		/* how many sites use it */
	uint32_t stream;	/* first byte of its stream, counted from
				   stream_off */
};

/*
 * Site stream of a slot: for each site, addresses strictly ascending,
 *	ULEB128(delta << 1 | c)		delta from the end of nothing: from the
 *					previous site's first byte, and for the
 *					first site from text range 0's start
 *	ULEB128(form)			only if c = 1; the first site has c = 1
 *	SLEB128(operand)		only if the form says RTS_FORM_OPERAND;
 *					relative to the site's first byte
 */

/* What every site of one shape may look like.  The encodings are tried in
 * order; the last one is the linked encoding: guard ALWAYS, source not VALUE.
 */
struct rts_form {
	uint8_t  length;	/* bytes of the site, 1..RTS_SITE_MAX */
	uint8_t  flags;		/* RTS_FORM_* */
	uint16_t encoding;	/* index of its first encoding */
	uint8_t  encodings;	/* how many, not 0 */
	uint8_t  tag;		/* for people: RTS_TAG_* */
	uint8_t  before;	/* bytes in front of the site that the host is
				   asked about too; 0 without RTS_FORM_WINDOW */
	uint8_t  reserved;	/* 0 */
};

#define RTS_SITE_MAX		32	/* bytes of the longest site */
#define RTS_FORM_SIGNED		0x01	/* V is sign-extended from the slot's
					   width to 64 bits, else zero-extended */
#define RTS_FORM_OPERAND	0x02	/* each site carries an operand */
#define RTS_FORM_WINDOW		0x04	/* some encoding is RTS_ENCODING_WINDOW or
					   RTS_ENCODING_DEPENDS */

enum rts_guard {
	RTS_GUARD_ALWAYS = 0,
	RTS_GUARD_FITS = 1,	/* the field's value is in range and aligned */
	RTS_GUARD_EQUAL = 2,	/* V == u64 at guard_data */
	RTS_GUARD_MASKED = 3,	/* (V & u64 at guard_data) == u64 after it */
	RTS_GUARD_RANGE = 6	/* V - u64 at guard_data, modulo 2^64, is not
				   more than u64 after it: an interval, signed
				   or unsigned, as V is extended */
};
/* Or'ed to EQUAL, MASKED or RANGE. */
#define RTS_GUARD_NOT		0x80	/* the opposite */
#define RTS_GUARD_RELATIVE	0x40	/* not V but V - address of the header:
					   V is a certain function or object */

enum rts_source {
	RTS_SOURCE_NONE = 0,	/* no field: the template is everything */
	RTS_SOURCE_VALUE = 1,	/* V, the content of the slot */
	RTS_SOURCE_SLOT = 2,	/* the address of the slot */
	RTS_SOURCE_STUB = 3,	/* the address of the mark's stub */
	RTS_SOURCE_OPERAND = 4	/* site + operand, an address */
};

enum rts_range {
	RTS_RANGE_NONE = 0,	/* any value; high bits are cut */
	RTS_RANGE_SIGNED = 1,	/* -2^(bits-1) <= x < 2^(bits-1) */
	RTS_RANGE_UNSIGNED = 2,	/* 0 <= x < 2^bits */
	RTS_RANGE_BITFIELD = 3	/* either of the two */
};

#define RTS_ENCODING_PLACE	0x01	/* place-relative, see below */
#define RTS_ENCODING_WINDOW	0x02	/* its instructions do not begin where
					   those of the linked one do: written,
					   or replaced, only where no context
					   can be inside */
#define RTS_ENCODING_DEPENDS	0x04	/* an earlier instruction, within the bytes
					   before, has read V as well, and its
					   V must be this one's: written only
					   where no context is between the two.
					   The linked one may always replace it */

/*
 * One way to write a site.  The field's value is, in 64-bit arithmetic,
 *	x = source                       (an address or V)
 *	x = x - (site + bias)            if RTS_ENCODING_PLACE
 * then x must be a multiple of 2^shift, x >> shift (arithmetic) must satisfy
 * range for bits, and the low bits of that go where the slices say.
 * x86 counts from the end of the instruction: bias = length.
 *
 * Bytes: (template & mask) | field.  mask has a 1 for each bit that the
 * template fixes; the bits of the slices are 0 in both.
 */
struct rts_encoding {
	uint8_t  guard;		/* enum rts_guard, perhaps | RTS_GUARD_NOT */
	uint8_t  source;	/* enum rts_source */
	uint8_t  flags;		/* RTS_ENCODING_* */
	uint8_t  shift;		/* 0..63 */
	uint8_t  bits;		/* width of the range test, 1..64; 0 if no
				   slices */
	uint8_t  range;		/* enum rts_range */
	uint8_t  slices;	/* how many struct rts_slice */
	uint8_t  bias;		/* 0..RTS_SITE_MAX */
	uint16_t template_at;	/* length bytes; the four are indices */
	uint16_t mask_at;	/* length bytes      into the byte pool */
	uint16_t slices_at;	/* 3 bytes each */
	uint16_t guard_at;	/* 8 (EQUAL) or 16 (MASKED, RANGE) bytes */
};

/* As in a BFD howto, cut in pieces: bits [from, from+length) of the value go
 * to bits [to, to+length) of the site; bit n is bit n%8 of byte n/8. */
struct rts_slice {
	uint8_t from;		/* 0..63 */
	uint8_t length;		/* 1..64 */
	uint8_t to;		/* 0..255 */
};

/* For people: what a form is, and the type of its sites in .rts.rela (base
 * + tag).  Base is 192 on x86-64, i386 and RISC-V, 0xE000 on AArch64. */
enum rts_tag {
#define RTS_TAG(id, number, name, text) RTS_TAG_##id = number,
#include "rts/tags.def"
#undef RTS_TAG
	RTS_TAG_COUNT
};
#define RTS_RELOC_BASE	192

/*
 * A mark record, as rtstatic.h leaves it in section .rts.mark of an object
 * (not loaded; the real linker fills in the addresses).  Records stand at
 * multiples of 8; between two there may be zero bytes.
 */
struct rts_mark_record {
	uint64_t address;	/* the object; a FUNC's pointer; the table;
				   INLINE: the function; CALL: the call
				   instruction; MAY_BE, PATCHABLE: the slot */
	uint64_t size;		/* bytes; 0 = the ELF symbol's own size;
				   INLINE: bytes of the body, which stands
				   behind the name's NUL; CALL, MAY_BE,
				   PATCHABLE: 0 */
	uint64_t stub;		/* a FUNC's stub, else 0; INLINE, CALL: a mask
				   of RTS_CLOBBER_*; MAY_BE, PATCHABLE: the
				   function */
	uint32_t kind;		/* enum rts_kind */
	uint32_t length;	/* bytes of this record, name and padding
				   included; a multiple of 8 */
	/* the name follows, NUL-terminated, padded with NULs */
};

#endif /* RTS_ABI_H */
