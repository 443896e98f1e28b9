/*
 * limits.h - how large a thing may be, each said once.
 *
 * All sizes are bytes.  A thing over its limit is an error that names the
 * limit; nothing is cut silently.
 */
#ifndef FB_LIMITS_H
#define FB_LIMITS_H

#define MAX_RECORD	(64UL << 20)	/* one line between two stages, one reply */
#define MAX_EVENT	(16UL << 20)	/* one server-sent event */
#define MAX_CONFIG	(2UL << 20)	/* one configuration file */
#define MAX_IMAGE	(20UL << 20)	/* one image file */
#define MAX_HEAD	(64UL << 10)	/* the header block of one HTTP message */
#define MAX_DEPTH	512		/* nesting of arrays and objects in a record */
#define MAX_JV_DEPTH	256		/* the same where jv must look inside */

#endif
