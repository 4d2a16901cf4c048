// SPDX-License-Identifier: GPL-3.0-or-later
/* print.c - the console, and the four functions that compilers call */
#include "paravirt.h"

#include <stdarg.h>

/* A loop of their own must not become a call of themselves. */
#ifdef __clang__
#define no_idiom	__attribute__((no_builtin))
#else
#define no_idiom	__attribute__((optimize( \
				"no-tree-loop-distribute-patterns")))
#endif

no_idiom void *memcpy(void *to, const void *from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

no_idiom void *memset(void *to, int c, size_t n)
{
	unsigned char *t = to;

	while (n--)
		*t++ = (unsigned char)c;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

no_idiom size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool has_prefix(const char *s, const char *prefix)
{
	return memcmp(s, prefix, strlen(prefix)) == 0;
}

/* 115200 baud, 8N1, FIFO on. */
void serial_init(void)
{
	static const uint8_t setup[][2] = {
		{ 1, 0x00 }, { 3, 0x80 }, { 0, 0x01 }, { 1, 0x00 },
		{ 3, 0x03 }, { 2, 0xc7 }, { 4, 0x0b }
	};
	unsigned i;

	for (i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		outb((uint16_t)(0x3f8 + setup[i][0]), setup[i][1]);
}

static void print_number(unsigned long n, unsigned radix, unsigned width)
{
	char buffer[20];
	unsigned i = sizeof(buffer);

	do {
		buffer[--i] = "0123456789abcdef"[n % radix];
		n /= radix;
	} while (n || sizeof(buffer) - i < width);
	while (i < sizeof(buffer))
		console_putc(buffer[i++]);
}

/* %s %u %x, perhaps with l, perhaps with a width of zeros up to 019. */
void kprintf(const char *format, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, format);
	for (; *format; format++) {
		unsigned width = 0;
		bool wide = false;

		if (*format != '%') {
			console_putc(*format);
			continue;
		}
		for (format++; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + (unsigned)(*format - '0');
		for (; *format == 'l'; format++)
			wide = true;
		if (*format == 's') {
			for (s = va_arg(ap, const char *); *s; s++)
				console_putc(*s);
			continue;
		}
		print_number(wide ? va_arg(ap, unsigned long) :
			     va_arg(ap, unsigned),
			     *format == 'x' ? 16 : 10, width);
	}
	va_end(ap);
}
