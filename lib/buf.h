/*
 * buf.h - bytes that grow, up to a stated maximum.
 *
 * Appending never aborts and need not be checked step by step: when a buffer
 * would pass its maximum, or memory runs out, it is emptied, `failed` is set,
 * and later appends do nothing.  Look at `failed` once, where the bytes are
 * used.  buf_clear() makes the buffer usable again.
 *
 * `data` is NULL before the first append; buf_text() is never NULL.  The byte
 * after the last one is always NUL (not counted in `len`).
 */
#ifndef FB_BUF_H
#define FB_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;	/* bytes allocated */
	size_t max;	/* `len` never passes this */
	int failed;
};

#if defined(__GNUC__)
#define BUF_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define BUF_PRINTF(a, b)
#endif

/*
 * For a program that can't go on without memory: from now on, where there is
 * none, the handler (tty_no_memory; it gets NULL, and must not return) is
 * called in place of setting `failed`.  A maximum that is passed still sets it.
 * NULL, as it is at first: no handler.
 */
void buf_no_memory(void (*handler)(void *));

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);	/* frees; the buffer may be used again */
void buf_clear(struct buf *b);		/* empties, keeps the memory */
void buf_wipe(struct buf *b);		/* releases; all that it held since it last grew is overwritten first: it may be a key */
void buf_overwrite(void *p, size_t n);	/* with zeros, of memory that is freed next: a compiler leaves memset() out there */

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) BUF_PRINTF(2, 3);
void buf_addn(struct buf *b, double number, int decimals);	/* "%.*f", and much faster; 0 to 6 decimals */
void buf_addv(struct buf *b, const char *fmt, va_list ap);

/*
 * Room for `n` more bytes: a pointer to write them at, or NULL on failure.
 * The caller then adds what it wrote with buf_wrote().
 */
char *buf_room(struct buf *b, size_t n);
void buf_wrote(struct buf *b, size_t n);

void buf_cut(struct buf *b, size_t len);	/* back to its first len bytes; one that failed, or has fewer, stays as it is */
void buf_drop(struct buf *b, size_t n);		/* removes the first n bytes */
const char *buf_text(const struct buf *b);	/* "" when empty */

#endif
