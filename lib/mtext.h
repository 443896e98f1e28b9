/*
 * mtext.h - the small text work of fb-mock: quoting, base64, words.
 *
 * fb-mock links no JSON library, since its job is to say what one would
 * refuse to say.  Everything here appends to a buf or only looks.
 */
#ifndef FB_MTEXT_H
#define FB_MTEXT_H

#include <stddef.h>

#include "span.h"

struct buf;

/* A JSON string token for p[0..n); a byte that is no UTF-8 becomes U+FFFD. */
void mtext_quote(struct buf *out, const char *p, size_t n);
void mtext_quotes(struct buf *out, const char *text);
void mtext_base64(struct buf *out, const char *p, size_t n);
void mtext_number(struct buf *out, unsigned long long v);	/* decimal */
void mtext_hex(struct buf *out, unsigned long long v);		/* lower case */

/* Runs of anything but white space: our tokens. */
size_t mtext_words(const char *p, size_t n);
/* The same for a JSON string token, without decoding it. */
size_t mtext_token_words(struct span str);

/*
 * The length of the next piece of a streamed text: at least `least` bytes,
 * then on to the end of a word.  The blanks before a word go with it.
 */
size_t mtext_piece(const char *p, size_t n, size_t least);

/* Appends t[0..n), with what fn appends in place of each $X. */
typedef void mtext_fn(void *ctx, struct buf *out, char mark);
void mtext_fill(struct buf *out, const char *t, size_t n, mtext_fn *fn, void *ctx);

#endif
