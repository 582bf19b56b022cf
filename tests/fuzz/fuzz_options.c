// SPDX-License-Identifier: MIT
/* Command lines: any words are a command with options in range, or a usage error with a reason. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[64], name[] = "tcptriage";
	const struct command *cmd = NULL;
	struct options opt;
	struct str why = { 0 };
	int argc = 0, ret;

	memcpy(text, data, size);
	text[size] = '\0';
	argv[argc++] = name;
	for (char *s = strtok(text, "\n"); s && argc < 63; s = strtok(NULL, "\n"))
		argv[argc++] = s;
	argv[argc] = NULL;
	optind = 0; /* Makes glibc's getopt start anew. */
	ret = options_parse(argc, argv, &opt, &cmd, &why);
	if (ret && !why.len)
		abort();
	if (!ret && (opt.source < SOURCE_AUTO || opt.source > SOURCE_PROC || opt.arg_count < 0))
		abort();
	str_free(&why);
	free(text);
	return 0;
}
