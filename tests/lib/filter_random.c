// SPDX-License-Identifier: MIT
#include "filter_random.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "model/state.h"

/* Numbers --------------------------------------------------------------------------------------- */

struct random random_seeded(uint64_t seed)
{
	return (struct random){ .state = seed * 2 + 1 };
}

uint64_t random_seed(void)
{
	const char *given = getenv("TCPTRIAGE_SEED");
	struct timespec now;

	if (given)
		return strtoull(given, NULL, 10);
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

unsigned random_below(struct random *r, unsigned n)
{
	uint64_t x = r->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	r->state = x;
	return (unsigned)((x * 0x2545f4914f6cdd1dULL >> 33) % n);
}

static bool one_in(struct random *r, unsigned n)
{
	return random_below(r, n) == 0;
}

/* Sockets --------------------------------------------------------------------------------------- */

static const char *const hosts4[] = { "0.0.0.0", "127.0.0.1", "127.0.0.2", "10.0.0.1", "10.0.1.2",
				      "10.128.0.1", "192.0.2.1", "255.255.255.255" };
static const char *const hosts6[] = { "::", "::1", "2001:db8::1", "2001:db8:0:1::1", "2001:db9::1",
				      "fe80::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
				      "::ffff:10.128.0.1", "::ffff:0.0.0.0", "::7f00:1" };

static const uint16_t ports[] = { 0, 1, 22, 80, 443, 1023, 1024, 8080, 32768, 60999, 65534, 65535 };

static uint16_t random_port(struct random *r)
{
	return one_in(r, 4) ? (uint16_t)random_below(r, 65536) :
			      ports[random_below(r, ARRAY_LEN(ports))];
}

static const char *random_host(struct random *r, int family)
{
	return family == AF_INET ? hosts4[random_below(r, ARRAY_LEN(hosts4))] :
				   hosts6[random_below(r, ARRAY_LEN(hosts6))];
}

static void set_addr(struct random *r, int family, struct addr *a)
{
	a->family = (uint8_t)family;
	if (inet_pton(family, random_host(r, family), a->bytes) != 1)
		abort();
}

void random_sock(struct random *r, struct sock *s)
{
	int family = one_in(r, 2) ? AF_INET : AF_INET6;

	*s = (struct sock){
		.has = SOCK_HAS_INODE | SOCK_HAS_UID | SOCK_HAS_TIMER | SOCK_HAS_CGROUP,
		.state = (uint8_t)random_below(r, STATE_COUNT),
		.local_port = random_port(r),
		.remote_port = random_port(r),
		.uid = random_below(r, 3),
		.inode = random_below(r, 8),
		.cgroup_id = random_below(r, 6),
		.timer = (uint8_t)random_below(r, TIMER_OTHER + 1),
	};
	if (one_in(r, 3))
		s->has &= random_below(r, 1u << 14);
	set_addr(r, family, &s->local);
	set_addr(r, family, &s->remote);
}

/* Owners ---------------------------------------------------------------------------------------- */

static const char *const comms[] = { "nginx", "haproxy", "tmux: server", "(sd-pam)" };
static const char *const groups[] = { "/", "/system.slice", "/system.slice/nginx.service",
				      "/system.slice/nginx.service/sub" };

void random_owners(struct random *r, struct owners *owners, struct cgroups *cgroups)
{
	owners_init(owners);
	owners->searched = true;
	owners->unreadable = random_below(r, 2);
	for (unsigned i = 0; i < ARRAY_LEN(comms); i++) {
		struct process *p = vec_push(&owners->processes);

		p->pid = (pid_t)(100 + i);
		p->comm = comms[i];
		p->cmdline = p->cgroup = "";
	}
	for (uint64_t inode = 1; inode < 8; inode++) {
		struct owners_range range = { .first = (uint32_t)owners->holders.len,
					      .count = random_below(r, 3) };

		for (uint32_t i = 0; i < range.count; i++) {
			struct holder *h = vec_push(&owners->holders);

			h->process = random_below(r, ARRAY_LEN(comms));
			h->fd = (int32_t)i;
		}
		memcpy(map_put(&owners->sockets, &inode, NULL), &range, sizeof(range));
	}
	*cgroups = (struct cgroups){ .paths = MAP_OF(uint64_t, const char *), .known = true };
	for (uint64_t id = 1; id <= ARRAY_LEN(groups); id++)
		memcpy(map_put(&cgroups->paths, &id, NULL), &groups[id - 1], sizeof(char *));
}

/* Expressions ----------------------------------------------------------------------------------- */

enum kind { AND, OR, NOT, STATES, HOST, PORT, USER, INODE, PID, COMM, CGROUP };
enum sign { EQ, NE, LT, LE, GT, GE };

struct expr {
	enum kind kind;
	/** AND and OR have two, NOT one. */
	struct expr *left, *right;
	enum sign sign;
	/** 1: local, 2: remote, 3: either end. */
	unsigned ends;
	uint32_t states;
	/** "exclude" instead of "state". */
	bool exclude;
	/** HOST: family (0: any), address, bits (-1: none written), port (-1: none written). */
	int family, bits, port;
	uint8_t addr[16];
	const char *host;
	unsigned number;
	const char *text;
};

static void random_host_test(struct random *r, struct expr *e)
{
	e->sign = one_in(r, 4) ? NE : EQ;
	e->port = one_in(r, 3) ? random_port(r) : -1;
	e->bits = -1;
	e->family = one_in(r, 6) ? 0 : one_in(r, 2) ? AF_INET : AF_INET6;
	if (!e->family)
		return;
	e->host = random_host(r, e->family);
	if (inet_pton(e->family, e->host, e->addr) != 1)
		abort();
	if (one_in(r, 2))
		e->bits = (int)random_below(r, e->family == AF_INET ? 33 : 129);
}

static enum kind random_kind(struct random *r, unsigned tests)
{
	static const struct {
		unsigned tests;
		enum kind kind;
	} rows[] = {
		{ RANDOM_KERNEL, HOST },  { RANDOM_KERNEL, PORT },  { RANDOM_STATES, STATES },
		{ RANDOM_RECORD, USER },  { RANDOM_RECORD, INODE }, { RANDOM_OWNERS, PID },
		{ RANDOM_OWNERS, COMM },  { RANDOM_OWNERS, CGROUP },
	};
	unsigned i;

	do {
		i = random_below(r, ARRAY_LEN(rows));
	} while (!(rows[i].tests & tests));
	return rows[i].kind;
}

static void random_test(struct random *r, struct expr *e, unsigned tests)
{
	static const char *const patterns[] = { "nginx", "ngin*", "[a-m]*", "tmux: server",
						"(sd-pam)", "none" };
	static const char *const paths[] = { "/", "/system.slice", "/system.slice/nginx.service/",
					     "nginx.service", "sub", "nginx", "/system" };

	e->kind = random_kind(r, tests);
	e->ends = 1 + random_below(r, 3);
	e->sign = one_in(r, 3) ? NE : EQ;
	e->number = random_below(r, 4);
	switch (e->kind) {
	case STATES:
		e->states = 1 + random_below(r, STATES_ALL);
		e->exclude = one_in(r, 3);
		break;
	case HOST:
		random_host_test(r, e);
		break;
	case PORT:
		e->sign = (enum sign)random_below(r, GE + 1);
		e->port = random_port(r);
		break;
	case PID:
		e->number = 100 + random_below(r, 5);
		break;
	case COMM:
		e->text = patterns[random_below(r, ARRAY_LEN(patterns))];
		break;
	case CGROUP:
		e->text = paths[random_below(r, ARRAY_LEN(paths))];
		break;
	default:
		break;
	}
}

struct expr *random_expr(struct random *r, struct arena *a, unsigned depth, unsigned tests)
{
	struct expr *e = arena_alloc(a, sizeof(*e));
	unsigned choice = depth ? random_below(r, 8) : 7;

	if (choice >= 6) {
		random_test(r, e, tests);
		return e;
	}
	e->kind = choice == 5 ? NOT : choice % 2 ? AND : OR;
	e->left = random_expr(r, a, depth - 1, tests);
	if (e->kind != NOT)
		e->right = random_expr(r, a, depth - 1, tests);
	return e;
}

/* What an expression says ----------------------------------------------------------------------- */

static enum verdict verdict(bool yes)
{
	return yes ? VERDICT_YES : VERDICT_NO;
}

/** Bit I of an address, from the front. */
static int bit(const uint8_t *bytes, int i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool host_is(const struct expr *e, const struct addr *a, uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *bytes = a->bytes;
	int bits = e->bits >= 0 ? e->bits : e->family == AF_INET ? 32 : 128;

	if (e->port >= 0 && e->port != port)
		return false;
	if (!e->family)
		return true;
	if (e->family == AF_INET && a->family == AF_INET6) {
		if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
			return false;
		bytes += sizeof(mapped);
	} else if (e->family != a->family) {
		return false;
	}
	for (int i = 0; i < bits; i++) {
		if (bit(bytes, i) != bit(e->addr, i))
			return false;
	}
	return true;
}

static bool port_is(const struct expr *e, int port)
{
	switch (e->sign) {
	case LT:
		return port < e->port;
	case LE:
		return port <= e->port;
	case GT:
		return port > e->port;
	case GE:
		return port >= e->port;
	default:
		return port == e->port;
	}
}

/** No user, process or control group any more, or not yet. */
static bool ownerless(const struct sock *s)
{
	return s->state == STATE_TIME_WAIT || s->state == STATE_SYN_RECV ||
	       ((s->has & SOCK_HAS_TIMER) && s->timer == TIMER_TIMEWAIT);
}

/** The patterns of random_test(), which this matches without fnmatch(3). */
static bool comm_is(const char *pattern, const char *comm)
{
	if (strcmp(pattern, "ngin*") == 0)
		return strcmp(comm, "nginx") == 0;
	if (strcmp(pattern, "[a-m]*") == 0)
		return comm[0] >= 'a' && comm[0] <= 'm';
	return strcmp(pattern, comm) == 0;
}

static enum verdict holder_is(const struct expr *e, const struct sock *s, const struct owners *o)
{
	const struct owners_range *range;

	if (ownerless(s) || ((s->has & SOCK_HAS_INODE) && s->inode == 0))
		return VERDICT_NO;
	if (!(s->has & SOCK_HAS_INODE) || !o)
		return VERDICT_UNKNOWN;
	range = map_get(&o->sockets, &s->inode);
	for (uint32_t i = 0; range && i < range->count; i++) {
		const struct holder *h = &VEC_AT(&o->holders, struct holder, range->first + i);
		const struct process *p = &VEC_AT(&o->processes, struct process, h->process);

		if (e->kind == PID ? (unsigned)p->pid == e->number : comm_is(e->text, p->comm))
			return VERDICT_YES;
	}
	if ((!range || !range->count) && o->unreadable)
		return VERDICT_UNKNOWN;
	return VERDICT_NO;
}

/** Which of groups[] each path of random_test() means, as bits. */
static unsigned groups_of(const char *path)
{
	if (strcmp(path, "/") == 0)
		return 0xf;
	if (strcmp(path, "/system.slice") == 0)
		return 0xe;
	if (strcmp(path, "/system.slice/nginx.service/") == 0 || strcmp(path, "nginx.service") == 0)
		return 0xc;
	return strcmp(path, "sub") == 0 ? 0x8 : 0;
}

static enum verdict cgroup_is(const struct expr *e, const struct sock *s, const struct cgroups *c)
{
	if (ownerless(s))
		return VERDICT_NO;
	if (!c || !(s->has & SOCK_HAS_CGROUP))
		return VERDICT_UNKNOWN;
	if (s->cgroup_id < 1 || s->cgroup_id > ARRAY_LEN(groups))
		return VERDICT_NO;
	return verdict(groups_of(e->text) >> (s->cgroup_id - 1) & 1);
}

/** A test without the negation in !=. */
static enum verdict test_says(const struct expr *e, const struct sock *s, const struct owners *o,
			      const struct cgroups *c)
{
	switch (e->kind) {
	case STATES:
		return verdict(((e->states >> s->state & 1) != 0) != e->exclude);
	case HOST:
		return verdict((e->ends & 1 && host_is(e, &s->local, s->local_port)) ||
			       (e->ends & 2 && host_is(e, &s->remote, s->remote_port)));
	case PORT:
		return verdict((e->ends & 1 && port_is(e, s->local_port)) ||
			       (e->ends & 2 && port_is(e, s->remote_port)));
	case USER:
		if (ownerless(s))
			return VERDICT_NO;
		return s->has & SOCK_HAS_UID ? verdict(s->uid == e->number) : VERDICT_UNKNOWN;
	case INODE:
		return s->has & SOCK_HAS_INODE ? verdict(s->inode == e->number) : VERDICT_UNKNOWN;
	case CGROUP:
		return cgroup_is(e, s, c);
	default:
		return holder_is(e, s, o);
	}
}

enum verdict expr_says(const struct expr *e, const struct sock *s, const struct owners *owners,
		       const struct cgroups *cgroups)
{
	enum verdict left, right;

	if (e->kind == AND || e->kind == OR) {
		left = expr_says(e->left, s, owners, cgroups);
		right = expr_says(e->right, s, owners, cgroups);
		return (e->kind == AND) == (left < right) ? left : right;
	}
	if (e->kind == NOT)
		return VERDICT_YES - expr_says(e->left, s, owners, cgroups);
	left = test_says(e, s, owners, cgroups);
	return e->sign == NE && e->kind != STATES ? VERDICT_YES - left : left;
}

/* Text ------------------------------------------------------------------------------------------ */

static const char *const end_words[][2] = { [1] = { "src", "sport" }, [2] = { "dst", "dport" },
					    [3] = { "addr", "port" } };

static void host_text(const struct expr *e, struct str *out)
{
	if (e->family == AF_INET6)
		str_addf(out, "[%s]", e->host);
	else
		str_add(out, e->family ? e->host : "*");
	if (e->bits >= 0)
		str_addf(out, "/%d", e->bits);
	if (e->port >= 0)
		str_addf(out, ":%d", e->port);
}

static void states_text(struct random *r, const struct expr *e, struct str *out)
{
	str_add(out, e->exclude ? "exclude" : "state");
	for (int i = 0; i < STATE_COUNT; i++) {
		const char *alias = state_table[i].aliases[0];

		if (e->states >> i & 1)
			str_addf(out, " %s",
				 alias && r && one_in(r, 3) ? alias : state_table[i].name);
	}
}

/** The comparison, with or without blanks around it. */
static void sign_text(struct random *r, const struct expr *e, struct str *out)
{
	static const char *const spellings[][4] = {
		[EQ] = { "=", "==", " eq ", " " }, [NE] = { "!=", " != ", " ne ", " neq " },
		[LT] = { "<", " < ", " lt ", "<" }, [LE] = { "<=", " <= ", " le ", " leq " },
		[GT] = { ">", " > ", " gt ", ">" }, [GE] = { ">=", " >= ", " ge ", " geq " },
	};

	str_add(out, spellings[e->sign][random_below(r, 4)]);
}

static void test_text(struct random *r, const struct expr *e, struct str *out)
{
	static const char *const words[] = { [USER] = "uid", [INODE] = "inode", [PID] = "pid",
					     [COMM] = "comm", [CGROUP] = "cgroup" };

	if (e->kind == STATES) {
		states_text(r, e, out);
		return;
	}
	if (e->kind == HOST || e->kind == PORT)
		str_add(out, end_words[e->ends][e->kind == PORT]);
	else
		str_add(out, words[e->kind]);
	sign_text(r, e, out);
	if (e->kind == HOST)
		host_text(e, out);
	else if (e->kind == PORT)
		str_addf(out, "%s%d", one_in(r, 2) ? ":" : "", e->port);
	else if (e->text)
		str_addf(out, "\"%s\"", e->text);
	else
		str_addf(out, "%u", e->number);
}

/** How strongly a kind binds. */
static int strength(enum kind kind)
{
	return kind == OR ? 0 : kind == AND ? 1 : kind == NOT ? 2 : 3;
}

static void operand_text(struct random *r, const struct expr *e, int outer, struct str *out)
{
	bool parentheses = strength(e->kind) < outer || one_in(r, 8);

	if (parentheses)
		str_add(out, one_in(r, 2) ? "(" : "( ");
	expr_text(r, e, out);
	if (parentheses)
		str_add(out, one_in(r, 2) ? ")" : " )");
}

void expr_text(struct random *r, const struct expr *e, struct str *out)
{
	static const char *const ands[] = { " and ", " && ", "&", "&& ", " AND " };
	static const char *const ors[] = { " or ", " || ", "|", " |", " Or " };
	struct str right = { 0 };

	if (e->kind == NOT) {
		str_add(out, one_in(r, 2) ? "not " : one_in(r, 2) ? "!" : "! ");
		operand_text(r, e->left, 2, out);
		return;
	}
	if (e->kind != AND && e->kind != OR) {
		test_text(r, e, out);
		return;
	}
	operand_text(r, e->left, strength(e->kind), out);
	operand_text(r, e->right, strength(e->kind), &right);
	/* Two runs of states side by side would be one. */
	if (e->kind == OR)
		str_add(out, ors[random_below(r, ARRAY_LEN(ors))]);
	else if (strncmp(right.s, "state", 5) != 0 && strncmp(right.s, "exclude", 7) != 0 &&
		 one_in(r, 2))
		str_addc(out, ' ');
	else
		str_add(out, ands[random_below(r, ARRAY_LEN(ands))]);
	str_add(out, str_text(&right));
	str_free(&right);
}

/** One end of a test for ss, which has no word for either end. */
static void plain_end(const struct expr *e, unsigned end, struct str *out)
{
	static const char *const signs[] = { "=", "!=", "<", "<=", ">", ">=" };

	if (e->kind == PORT) {
		str_addf(out, "%s %s :%d", end_words[end][1], signs[e->sign == NE ? EQ : e->sign],
			 e->port);
		return;
	}
	str_addf(out, "%s ", end_words[end][0]);
	host_text(e, out);
}

void expr_text_plain(const struct expr *e, struct str *out)
{
	bool negated = e->kind == NOT || e->sign == NE;

	str_add(out, negated ? "( not ( " : "( ");
	if (e->kind == AND || e->kind == OR || e->kind == NOT) {
		expr_text_plain(e->left, out);
		if (e->right) {
			str_add(out, e->kind == AND ? " and " : " or ");
			expr_text_plain(e->right, out);
		}
	} else if (e->ends == 3) {
		str_add(out, "( ");
		plain_end(e, 1, out);
		str_add(out, " ) or ( ");
		plain_end(e, 2, out);
		str_add(out, " )");
	} else {
		plain_end(e, e->ends, out);
	}
	str_add(out, negated ? " ) )" : " )");
}
