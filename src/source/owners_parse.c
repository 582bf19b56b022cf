// SPDX-License-Identifier: MIT
#include "source/owners_parse.h"

#include <errno.h>
#include <string.h>

/** Bytes from AT to END. */
struct span {
	const char *at, *end;
};

/** Takes the next line (without its newline) off S. False at the end. */
static bool take_line(struct span *s, struct span *line)
{
	const char *newline;

	if (s->at >= s->end)
		return false;
	newline = memchr(s->at, '\n', (size_t)(s->end - s->at));
	line->at = s->at;
	line->end = newline ? newline : s->end;
	s->at = newline ? newline + 1 : s->end;
	return true;
}

/** Takes PREFIX off S; false, and S as it was, where S does not start with it. */
static bool take(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, prefix, n) != 0)
		return false;
	s->at += n;
	return true;
}

static void skip_blanks(struct span *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/** Takes decimal digits off S. False where there are none, or more than fit in 64 bits. */
static bool take_number(struct span *s, uint64_t *out)
{
	const char *start = s->at;
	uint64_t v = 0;

	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s->at - '0'), &v))
			return false;
	*out = v;
	return s->at > start;
}

/** Skips N fields of a stat line and the blanks behind each. */
static bool skip_fields(struct span *s, unsigned n)
{
	for (; n; n--) {
		while (s->at < s->end && *s->at != ' ')
			s->at++;
		if (s->at == s->end)
			return false;
		skip_blanks(s);
	}
	return true;
}

int owners_parse_stat(const char *text, size_t len, struct task_stat *out)
{
	const char *close = len ? memrchr(text, ')', len) : NULL;
	struct span s = { close ? close + 1 : text + len, text + len };
	uint64_t ppid;

	if (!take(&s, " ") || s.at == s.end)
		return -EINVAL;
	out->state = *s.at;
	/* Behind the state: ppid, 4 fields, flags, 12 fields, starttime (proc(5): fields 4, 9,
	 * 22). */
	if (!skip_fields(&s, 1) || !take_number(&s, &ppid) || ppid > INT32_MAX || !take(&s, " ") ||
	    !skip_fields(&s, 4) || !take_number(&s, &out->flags) || !take(&s, " ") ||
	    !skip_fields(&s, 12) || !take_number(&s, &out->start))
		return -EINVAL;
	out->ppid = (pid_t)ppid;
	return 0;
}

int owners_parse_euid(const char *text, size_t len, uint32_t *out)
{
	struct span s = { text, text + len }, line;
	uint64_t real, effective;

	while (take_line(&s, &line)) {
		if (!take(&line, "Uid:"))
			continue;
		skip_blanks(&line);
		if (!take_number(&line, &real))
			return -EINVAL;
		skip_blanks(&line);
		if (!take_number(&line, &effective) || effective > UINT32_MAX)
			return -EINVAL;
		*out = (uint32_t)effective;
		return 0;
	}
	return -EINVAL;
}

int owners_parse_nofile(const char *text, size_t len, int64_t *out)
{
	struct span s = { text, text + len }, line;
	uint64_t soft;

	while (take_line(&s, &line)) {
		if (!take(&line, "Max open files"))
			continue;
		skip_blanks(&line);
		if (take(&line, "unlimited"))
			soft = INT64_MAX;
		else if (!take_number(&line, &soft) || soft > INT64_MAX)
			return -EINVAL;
		*out = (int64_t)soft;
		return 0;
	}
	return -EINVAL;
}

bool owners_parse_socket(const char *text, size_t len, uint64_t *inode)
{
	struct span s = { text, text + len };

	return take(&s, "socket:[") && take_number(&s, inode) && take(&s, "]") && s.at == s.end;
}

bool owners_is_ring(const char *text, size_t len)
{
	static const char ring[] = "anon_inode:[io_uring]";

	return len == sizeof(ring) - 1 && memcmp(text, ring, len) == 0;
}

void owners_parse_fdinfo(const char *text, size_t len, struct fdinfo *out)
{
	struct span s = { text, text + len }, line;

	*out = (struct fdinfo){ 0 };
	while (take_line(&s, &line)) {
		uint64_t *to = take(&line, "mnt_id:")  ? &out->mount
			       : take(&line, "ino:")   ? &out->inode
			       : take(&line, "scm_fds:") ? &out->scm_fds
							 : NULL;

		if (!to)
			continue;
		skip_blanks(&line);
		if (!take_number(&line, to))
			*to = 0;
	}
}

/** True where LINE starts a section ("UserBufs:"): a letter first, not an index. */
static bool is_heading(const struct span *line)
{
	char c = line->at < line->end ? *line->at : '\0';

	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/** Moves S to behind the "UserFiles:" line; COUNT is what it says. */
static bool find_user_files(struct span *s, uint64_t *count)
{
	struct span line;

	while (take_line(s, &line)) {
		if (!take(&line, "UserFiles:"))
			continue;
		skip_blanks(&line);
		if (!take_number(&line, count))
			*count = 0;
		return true;
	}
	return false;
}

bool owners_next_user_file(const char *text, size_t len, size_t *at, uint64_t *inode)
{
	struct span s = { text + *at, text + len }, line;
	uint64_t n;

	if (!*at && !find_user_files(&s, &n))
		return false;
	while (take_line(&s, &line) && !is_heading(&line)) {
		skip_blanks(&line);
		if (take_number(&line, &n) && take(&line, ": ") &&
		    owners_parse_socket(line.at, (size_t)(line.end - line.at), inode)) {
			*at = (size_t)(s.at - text);
			return true;
		}
	}
	return false;
}

bool owners_shows_user_files(const char *text, size_t len)
{
	struct span s = { text, text + len }, line;
	uint64_t count;

	if (!find_user_files(&s, &count))
		return false;
	/* Kernels that print the number without the lock leave out the rows only. A table whose
	 * slots are all empty looks the same: reading it again is then in vain, not wrong. */
	return !count || (take_line(&s, &line) && !is_heading(&line));
}

bool owners_next_unix(const char *text, size_t len, size_t *at, uint64_t *inode)
{
	struct span s = { text + *at, text + len }, line;

	/* "Num: RefCount Protocol Flags Type St Inode Path"; the heading has no number there. */
	while (take_line(&s, &line)) {
		*at = (size_t)(s.at - text);
		if (!skip_fields(&line, 6))
			continue;
		if (take_number(&line, inode) && *inode)
			return true;
	}
	return false;
}

/** How much a path tells: not the root first, then by hierarchy. */
static unsigned cgroup_rank(bool is_root, bool is_v2, bool is_systemd)
{
	return (is_root ? 0u : 4u) + (is_v2 ? 2u : is_systemd ? 1u : 0u);
}

bool owners_parse_cgroup(const char *text, size_t len, struct str *out)
{
	struct span s = { text, text + len }, line, best = { NULL, NULL };
	unsigned best_rank = 0;
	uint64_t hierarchy;

	while (take_line(&s, &line)) {
		struct span names;
		bool is_systemd;
		unsigned rank;

		if (!take_number(&line, &hierarchy) || !take(&line, ":"))
			continue;
		names = line;
		is_systemd = take(&names, "name=systemd:");
		line.at = memchr(line.at, ':', (size_t)(line.end - line.at));
		if (!line.at || ++line.at == line.end || *line.at != '/')
			continue;
		rank = cgroup_rank(line.end - line.at == 1, hierarchy == 0, is_systemd);
		if (!best.at || rank > best_rank) {
			best = line;
			best_rank = rank;
		}
	}
	if (best.at)
		str_addn(out, best.at, (size_t)(best.end - best.at));
	return best.at;
}

void owners_join_arguments(const char *text, size_t len, struct str *out)
{
	size_t start = out->len;

	while (len && text[len - 1] == '\0')
		len--;
	str_addn(out, text, len);
	for (size_t i = 0; i < len; i++)
		if (out->s[start + i] == '\0')
			out->s[start + i] = ' ';
}
