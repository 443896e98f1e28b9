/*
 * bare.c - the least that libcurl can do: N requests, C at once, one body, the
 * replies dropped.  fb-send is measured beside it.
 *
 *	bare URL N C BODYFILE
 *
 * cc -O2 -D_POSIX_C_SOURCE=200809L -std=c11 -o bare tests/bench/bare.c -lcurl
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1024 };

static char body[1 << 20];

static size_t drop(char *p, size_t size, size_t n, void *ctx)
{
	(void)p, (void)ctx;
	return size * n;
}

static CURL *handle(const char *url, struct curl_slist *headers, size_t n)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL || curl_easy_setopt(easy, CURLOPT_URL, url) || curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop) || curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) ||
	    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)n) ||
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||	/* as every program with many requests sets it */
	    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)) {
		fprintf(stderr, "bare: libcurl cannot\n");
		exit(2);
	}
	return easy;
}

static long started, ended, good;	/* requests */

/* Those that have ended are started again until n were. */
static void reap(CURLM *multi, long n)
{
	CURLMsg *msg;
	long status;
	int left;

	while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
		CURL *easy = msg->easy_handle;
		CURLcode code = msg->data.result;

		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		ended++;
		good += code == CURLE_OK && status == 200;
		curl_multi_remove_handle(multi, easy);
		if (started < n) {
			curl_multi_add_handle(multi, easy);
			started++;
		} else {
			curl_easy_cleanup(easy);
		}
	}
}

int main(int argc, char **argv)
{
	long n = argc == 5 ? atol(argv[2]) : 0, c = argc == 5 ? atol(argv[3]) : 0;
	FILE *in = argc == 5 ? fopen(argv[4], "r") : NULL;
	struct curl_slist *headers;
	size_t size;
	CURLM *multi;
	int running;

	if (n < 1 || c < 1 || c > MOST || in == NULL) {
		fprintf(stderr, "usage: bare URL N C BODYFILE\n");
		return 2;
	}
	size = fread(body, 1, sizeof body, in);
	fclose(in);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	multi = curl_multi_init();
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2 * c);
	for (started = 0; started < c && started < n; started++)
		curl_multi_add_handle(multi, handle(argv[1], headers, size));
	while (ended < n) {
		curl_multi_poll(multi, NULL, 0, 1000, NULL);
		curl_multi_perform(multi, &running);
		reap(multi, n);
	}
	curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	curl_global_cleanup();
	return good == n ? 0 : 1;
}
