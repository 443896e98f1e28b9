/* httpend.c - see httpend.h. */
#include <curl/curl.h>
#include <string.h>

#include "httpend.h"

int httpend_is_cut(int code)
{
	return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	    code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/* Was it the proxy, not the server, that could not be reached?  The environment's isn't for all hosts. */
static int meant_proxy(const struct httpend *e)
{
	const struct http_way *w = e->way;

	return w->proxy_shown != NULL && (w->proxy != NULL || strstr(e->error, w->peer) == NULL);
}

/* "http://127.0.0.1:8080/...: Connection refused" */
static int not_connected(const struct httpend *e, struct fault *f)
{
	const struct http_way *w = e->way;
	long error = 0;

	curl_easy_getinfo(e->easy, CURLINFO_OS_ERRNO, &error);
	if (e->code == CURLE_COULDNT_RESOLVE_HOST)
		return fault_set(f, F_CONNECT, "%s: unknown host name (%s)", w->place, e->error);
	if (e->code == CURLE_COULDNT_RESOLVE_PROXY)
		return fault_set(f, F_CONNECT, "the proxy %s: unknown host name (%s)",
		    w->proxy_shown != NULL ? w->proxy_shown : "of the environment", e->error);
	return fault_set(f, F_CONNECT, "%s%s: %s", meant_proxy(e) ? "the proxy " : "",
	    meant_proxy(e) ? w->proxy_shown : w->place, error != 0 ? strerror((int)error) : e->error);
}

int httpend_proxy(const struct httpend *e, int status, struct fault *f)
{
	const struct http_way *w = e->way;
	long code = 0;

	if (w->proxy_shown == NULL)
		return 0;
	curl_easy_getinfo(e->easy, CURLINFO_HTTP_CONNECTCODE, &code);
	if (status != 407 && code / 100 <= 2)
		return 0;
	if (status == 407 || code == 407) {
		fault_set(f, F_CONFIG, "the proxy %s wants a login (407): in its URL, http://USER:PASSWORD@HOST:PORT, "
		    "or it refuses the one there", w->proxy_shown);
		f->status = 407;
		return -1;
	}
	if (status != 0)
		return 0;
	return fault_set(f, F_CONNECT, "the proxy %s refuses the way to %s (%ld)", w->proxy_shown, w->place, code);
}

/*
 * The server doesn't take us: its alert, out of libcurl's words.  With TLS 1.3
 * it comes behind the handshake, as if the connection had broken.
 */
static const char *alert(const struct httpend *e)
{
	static const char *const about[] = {"certificate", "alert unknown ca", "alert access denied", "alert decrypt error", NULL};
	const char *text = strstr(e->error, "alert ");
	int i;

	if (text == NULL || strcspn(text, ",(") < sizeof "alert")
		return NULL;
	for (i = 0; about[i] != NULL; i++)
		if (strstr(text, about[i]) != NULL)
			return text;
	return NULL;
}

static int not_taken(const struct httpend *e, const char *text, struct fault *f)
{
	int n = (int)strcspn(text, ",(");

	if (e->way->cert == NULL)
		return fault_set(f, F_TLS, "%s: the server wants a certificate of ours, --cert FILE (its %.*s)", e->way->place, n, text);
	return fault_set(f, F_TLS, "%s: the server does not take our certificate, %s (its %.*s)", e->way->place, e->way->cert, n, text);
}

int httpend_fault(const struct httpend *e, struct fault *f)
{
	const char *why = e->error[0] != '\0' ? e->error : curl_easy_strerror(e->code);
	const char *refusal = alert(e);

	if (refusal != NULL)
		return not_taken(e, refusal, f);
	switch (e->code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return not_connected(e, f);
	case CURLE_PROXY:
		return fault_set(f, F_CONNECT, "the proxy %s: %s",
		    e->way->proxy_shown != NULL ? e->way->proxy_shown : "of the environment", why);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CLIENTCERT:
		return fault_set(f, F_TLS, "%s", why);
	case CURLE_GOT_NOTHING:
		return fault_set(f, F_TRUNCATED, "the server closed the connection without a reply");
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return fault_set(f, F_TRUNCATED, "the connection broke: %s", why);
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return fault_set(f, F_CONNECT, "%s: %s", e->way->place, why);
	default:
		return fault_set(f, F_BAD_REPLY, "%s", why);
	}
}
