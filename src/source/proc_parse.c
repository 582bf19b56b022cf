// SPDX-License-Identifier: MIT
#include "source/proc_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

/** Longest line that is looked at; the kernel's have 149 and some. */
#define LINE_MAX_BYTES 512

/** Moves *S over blanks; 0, or -EBADMSG where there is none. */
static int blanks(const char **s)
{
	size_t n = strspn(*s, " ");

	*s += n;
	return n ? 0 : -EBADMSG;
}

/** Moves *S over the byte C. */
static int expect(const char **s, char c)
{
	if (**s != c)
		return -EBADMSG;
	++*s;
	return 0;
}

/** A hexadecimal field of at most DIGITS digits. */
static int hex(const char **s, unsigned digits, uint64_t *v)
{
	return num_scan_hex(s, digits, v) ? -EBADMSG : 0;
}

/** One address and port. The words are printed as the CPU reads them from memory, so writing them
 *  back gives network order on any machine of the same endianness. */
static int endpoint(const char **s, int family, struct addr *a, uint16_t *port)
{
	unsigned words = family == AF_INET6 ? 4 : 1;
	uint64_t v;

	*a = (struct addr){ .family = (uint8_t)family };
	for (unsigned i = 0; i < words; i++) {
		char word[9];
		const char *p = word;
		uint32_t w;

		memcpy(word, *s, strnlen(*s, 8));
		word[strnlen(*s, 8)] = '\0';
		if (hex(&p, 8, &v) || p != word + 8)
			return -EBADMSG;
		w = (uint32_t)v;
		memcpy(a->bytes + sizeof(w) * i, &w, sizeof(w));
		*s += 8;
	}
	if (expect(s, ':') || hex(s, 4, &v))
		return -EBADMSG;
	*port = (uint16_t)v;
	return 0;
}

static uint32_t ticks_to_ms(uint64_t ticks, long hz)
{
	uint64_t ms;

	/* A timer that is due reads as a huge number on some kernels (a negative difference). */
	if (hz <= 0 || ticks > INT32_MAX)
		return 0;
	ms = ticks * 1000 / (uint64_t)hz;
	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static int queues_and_timer(const char **s, long hz, struct sock *out)
{
	uint64_t tx, rx, timer, when, retrans;

	if (blanks(s) || hex(s, 8, &tx) || expect(s, ':') || hex(s, 8, &rx) || blanks(s) ||
	    hex(s, 2, &timer) || expect(s, ':') || hex(s, 16, &when) || blanks(s) ||
	    hex(s, 8, &retrans))
		return -EBADMSG;
	out->wqueue = (uint32_t)tx;
	out->rqueue = (uint32_t)rx;
	out->timer = timer <= TIMER_PROBE ? (uint8_t)timer : TIMER_OTHER;
	out->expires_ms = out->timer ? ticks_to_ms(when, hz) : 0;
	out->retransmits = retrans > UINT8_MAX ? UINT8_MAX : (uint8_t)retrans;
	return 0;
}

static int uid_and_inode(const char **s, struct sock *out)
{
	uint64_t uid, probes, inode;

	if (blanks(s) || num_scan(s, &uid) || uid > UINT32_MAX || blanks(s) ||
	    num_scan(s, &probes) || blanks(s) || num_scan(s, &inode) || inode > UINT32_MAX ||
	    (**s && **s != ' '))
		return -EBADMSG;
	out->uid = (uint32_t)uid;
	out->inode = inode;
	/* The probes column counts what diag calls retransmits for these two timers. */
	if ((out->timer == TIMER_KEEPALIVE || out->timer == TIMER_PROBE) && !out->retransmits)
		out->retransmits = probes > UINT8_MAX ? UINT8_MAX : (uint8_t)probes;
	return 0;
}

int proc_decode(const char *line, size_t n, int family, long ticks, struct sock *out)
{
	char buf[LINE_MAX_BYTES];
	const char *s = buf;
	uint64_t slot, state;

	if (n >= sizeof(buf) || memchr(line, '\0', n))
		return -EBADMSG;
	memcpy(buf, line, n);
	buf[n] = '\0';
	s += strspn(s, " ");
	if (num_scan(&s, &slot) || expect(&s, ':') || blanks(&s) ||
	    endpoint(&s, family, &out->local, &out->local_port) || blanks(&s) ||
	    endpoint(&s, family, &out->remote, &out->remote_port) || blanks(&s) ||
	    hex(&s, 2, &state))
		return -EBADMSG;
	out->state = (uint8_t)state_from_kernel((unsigned)state);
	if (out->state == STATE_COUNT)
		return -EBADMSG;
	if (queues_and_timer(&s, ticks, out) || uid_and_inode(&s, out))
		return -EBADMSG;
	out->has = SOCK_HAS_QUEUES | SOCK_HAS_TIMER | SOCK_HAS_INODE;
	/* A request socket's uid column is its listener's, a mini-socket's is 0: nobody's own. */
	if (out->state != STATE_SYN_RECV && out->timer != TIMER_TIMEWAIT)
		out->has |= SOCK_HAS_UID;
	return 0;
}
