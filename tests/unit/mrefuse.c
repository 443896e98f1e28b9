/* mrefuse.c - who is refused gets a reply, whatever the words take. */
#include <string.h>

#include "buf.h"
#include "mprofile.h"
#include "mrefuse.h"
#include "tap.h"

int main(void)
{
	static const struct mrule rule = {MWRONG_MESSAGES, 500, "server_error", NULL, NULL, "no array: $a"};
	static struct mock m;
	struct mfound found = {.rule = &rule, .messages = span_of("\"0123456789\"")};
	struct buf out;
	struct mreply to = {.out = &out};

	m.profile = mprofile_find("llamacpp");
	mock_init(&m);
	buf_init(&out, 10000);
	mrefuse_rule(&m, &to, &found);
	ok(strstr(buf_text(&out), "HTTP/1.1 500 ") == buf_text(&out) && strstr(buf_text(&out), "no array: ") != NULL, "with the words");
	buf_clear(&out);
	buf_release(&m.text);
	buf_init(&m.text, 12);
	mrefuse_rule(&m, &to, &found);
	ok(strstr(buf_text(&out), "HTTP/1.1 500 ") == buf_text(&out) && strstr(buf_text(&out), "content-length: 0\r\n") != NULL,
	    "without them where they are too many");
	mock_release(&m);
	buf_release(&out);
	return done();
}
