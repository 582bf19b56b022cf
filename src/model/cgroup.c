// SPDX-License-Identifier: MIT
/* What a cgroup path says: the unit of systemd, the container of a runtime, and paths by id. */
#include <ctype.h>
#include <string.h>

#include "model/owners.h"

/** A container's full id, and the short form that people see. */
#define ID_LEN 64
#define SHORT_ID_LEN 12

/** A component of a path: not NUL-terminated. */
struct part {
	const char *s;
	size_t len;
};

/** The component of PATH that ends before END (which stands on a '/' or behind the path), moving
 *  END to the front of it. False where none is left. */
static bool last_part(const char *path, const char **end, struct part *out)
{
	const char *e = *end, *s;

	while (e > path && e[-1] == '/')
		e--;
	for (s = e; s > path && s[-1] != '/'; s--)
		;
	*out = (struct part){ s, (size_t)(e - s) };
	*end = s;
	return out->len > 0;
}

static bool is(const struct part *p, const char *name)
{
	return p->len == strlen(name) && memcmp(p->s, name, p->len) == 0;
}

/** Cuts SUFFIX off P; false, and P as it was, where P does not end in it or is nothing else. */
static bool cut_end(struct part *p, const char *suffix)
{
	size_t n = strlen(suffix);

	if (p->len <= n || memcmp(p->s + p->len - n, suffix, n) != 0)
		return false;
	p->len -= n;
	return true;
}

/** Cuts PREFIX off P; false, and P as it was, where P does not start with it or is nothing else. */
static bool cut_start(struct part *p, const char *prefix)
{
	size_t n = strlen(prefix);

	if (p->len <= n || memcmp(p->s, prefix, n) != 0)
		return false;
	p->s += n;
	p->len -= n;
	return true;
}

/** The kinds of unit that have processes. A slice only groups others, so it is never "the unit". */
static const char *const unit_suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

static bool is_unit(const struct part *part)
{
	for (size_t i = 0; i < ARRAY_LEN(unit_suffixes); i++) {
		struct part p = *part;

		if (cut_end(&p, unit_suffixes[i]))
			return true;
	}
	return false;
}

bool cgroup_unit(const char *path, struct str *out)
{
	const char *end = path + strlen(path);
	struct part part;

	while (last_part(path, &end, &part))
		if (is_unit(&part)) {
			str_addn(out, part.s, part.len);
			return true;
		}
	return false;
}

static bool is_id(const struct part *p, size_t len)
{
	if (p->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)p->s[i]) || isupper((unsigned char)p->s[i]))
			return false;
	return true;
}

/** What runtimes put in front of the id in the name of a scope or folder. A conmon's own group
 *  ("libpod-conmon-ID") is no container: what is left is then no id. */
static const char *const id_prefixes[] = {
	"docker-", "cri-containerd-", "containerd-", "nerdctl-", "crio-", "libpod-payload-", "libpod-",
};

/** Folders of which each child is a container: a short id in them is one too. */
static const char *const id_parents[] = { "docker", "containerd", "libpod_parent", "crio" };

/** Folders of which each child is a container with a name of its own. */
static const char *const name_parents[] = { "lxc", "lxc.payload" };

static bool is_any(const struct part *p, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is(p, names[i]))
			return true;
	return false;
}

/** True where the component P, inside the component PARENT, stands for a container; P becomes its
 *  id. */
static bool is_container(struct part *p, const struct part *parent)
{
	const char *colon;
	bool prefixed = false;

	if (cut_start(p, "lxc.payload."))
		return true;
	if (is_any(parent, name_parents, ARRAY_LEN(name_parents)))
		return true;
	cut_end(p, ".scope");
	/* containerd's systemd form without a slice: "kubepods-…:cri-containerd:ID". */
	colon = memrchr(p->s, ':', p->len);
	if (colon) {
		p->len -= (size_t)(colon + 1 - p->s);
		p->s = colon + 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(id_prefixes) && !prefixed; i++)
		prefixed = cut_start(p, id_prefixes[i]);
	if (is_id(p, ID_LEN))
		return true;
	return is_id(p, SHORT_ID_LEN) &&
	       (prefixed || is_any(parent, id_parents, ARRAY_LEN(id_parents)));
}

bool cgroup_container(const char *path, struct str *out)
{
	const char *end = path + strlen(path);
	struct part part;

	/* From the inside out: of nested containers the process runs in the innermost. */
	while (last_part(path, &end, &part)) {
		const char *before = end;
		struct part parent;

		last_part(path, &before, &parent);
		if (is_container(&part, &parent)) {
			str_addn(out, part.s, part.len);
			return true;
		}
	}
	return false;
}

const char *cgroups_path(const struct cgroups *c, uint64_t id)
{
	const char *const *path = map_get(&c->paths, &id);

	return path ? *path : NULL;
}

void cgroups_free(struct cgroups *c)
{
	map_free(&c->paths);
	arena_free(&c->arena);
	c->known = false;
}
