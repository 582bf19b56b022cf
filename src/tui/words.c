// SPDX-License-Identifier: MIT
/* The filter as the live view has it: one line of text. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "tui/tui.h"

int tui_filter_parse(const char *text, struct filter **out, struct filter_error *err)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	struct vec words = VEC_OF(char *);
	char *copy = xstrdup(text), *save = NULL;
	int ret = 0;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		vec_add(&words, &w);
	*out = NULL;
	pthread_mutex_lock(&one_at_a_time);
	if (words.len)
		ret = filter_parse(words.data, (int)words.len, out, err);
	pthread_mutex_unlock(&one_at_a_time);
	vec_free(&words);
	free(copy);
	return ret;
}
