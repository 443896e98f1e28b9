/*
 * mgate.h - who isn't let in: without the key, while the model loads, with a
 * prompt over the context.
 *
 * What an engine says then is a row of mgate.c.  Pure.
 */
#ifndef FB_MGATE_H
#define FB_MGATE_H

#include "mread.h"

struct mprofile;

struct mstop {
	struct mrule rule;	/* MWRONG_NONE: this engine doesn't say so */
	const char *error;	/* the body's template; NULL: the profile's */
};

struct mgates {
	struct mstop key;	/* unless mread's rows have words for it */
	struct mstop loading;	/* chat requests; NONE: they are held until it's loaded */
	struct mstop health;	/* what /health says meanwhile */
	struct mstop context;	/* NONE: the prompt is cut without a word */
	const char *line;	/* the same in a stream, before [DONE]; NULL: as otherwise */
	const char *const *open;	/* paths that need no key; ends with NULL */
	int everywhere;		/* while it loads all paths say `loading` */
};

/* llama.cpp's of 2024, 2025-02 and 2026-08 differ in the context only. */
extern const struct mgates mgates_openai, mgates_ollama, mgates_inferrs, mgates_llamafile,
    mgates_llama, mgates_llama_2025, mgates_llama_2024;

/* What the command line says. */
struct mgate {
	const char *key;	/* NULL: any, or none */
	unsigned long long loading;	/* so many requests more find it loading */
	size_t context;		/* words; 0: any number */
};

/* 1: the request is refused, and *found says how.  chat: it is for a path of chats. */
int mgate_stops(struct mgate *gate, const struct mprofile *as, const struct mreq *r,
    int chat, struct mfound *found);
/* The same for a chat request that was read; a prompt may be cut instead. */
int mgate_over(const struct mgate *gate, const struct mgates *as, struct mask *ask,
    struct mfound *found);

#endif
