/* fb-config - resolves model references to routes.  See fb-config(1). */
#include <unistd.h>

#include "json.h"
#include "limits.h"
#include "opt.h"
#include "route.h"
#include "stage.h"

static const struct opt opts[] = {
	ROUTE_OPTIONS,
	STAGE_OUTPUT_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-config", "[OPTION]...",
	"Resolve model references in a FluffBuzz configuration; print route records.",
	opts, NULL
};

/* A route record a line. */
static void print_routes(struct stage *s, jv routes)
{
	struct buf line, warning;
	jv route;
	int i;

	buf_init(&line, MAX_RECORD);
	buf_init(&warning, MAX_RECORD);
	for (i = 0; i < json_count(routes); i++) {
		buf_clear(&line);
		route = json_at(routes, i);
		buf_adds(&line, "{\"route\":");
		json_write(&line, route);
		buf_addc(&line, '}');
		route_warning(route, &warning);
		stage_warn(s, buf_text(&warning));
		buf_clear(&warning);
		jv_free(route);
		out_line(&s->out, &line);
	}
	buf_release(&warning);
	buf_release(&line);
}

int main(int argc, char **argv)
{
	struct route_args args = {0};
	struct stage stage;
	struct fault f;
	jv routes;
	int id, status;

	stage_start(&stage, "fb-config", "config");
	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if (!stage_option(&stage, id, optarg) && route_option(&args, id, optarg) < 0)
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
	}
	if (optind < argc)
		opt_die(&cmd, "takes no operand: %s", argv[optind]);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if (route_list(&args, &routes, &f) != 0)
		status = stage_cannot(&stage, &f);
	else
		print_routes(&stage, routes);
	jv_free(routes);
	return stage_end(&stage, status);
}
