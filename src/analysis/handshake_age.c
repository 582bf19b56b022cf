// SPDX-License-Identifier: MIT
#include "analysis/handshake_age.h"

#include <math.h>

/** First timeout of a SYN and of a SYN-ACK, s (TCP_TIMEOUT_INIT, RFC 6298), and the longest
 *  (TCP_RTO_MAX). */
#define FIRST 1.0
#define LONGEST 120.0
/** Two events this close come in either order: timers of this length are late by up to an eighth of
 *  themselves at most, 32 ms at one second and 250 ticks. */
#define TIE 0.05
/** A client that repeats its SYN gives up long before so many (tcp_syn_retries is 6). */
#define REPEATS 12

/** The K-th timeout (from 0) where the first LINEAR repeat the first one's length. */
static double timeout(unsigned k, unsigned linear)
{
	unsigned doublings = k > linear ? k - linear : 0;
	double t = doublings < 10 ? FIRST * (double)(1u << doublings) : LONGEST;

	return t < LONGEST ? t : LONGEST;
}

struct age syn_sent_age(unsigned retransmits, uint32_t expires_ms, unsigned linear)
{
	double left = (double)expires_ms / 1000, t = 0, last = timeout(retransmits, linear);

	for (unsigned k = 0; k < retransmits; k++)
		t += timeout(k, linear);
	if (left < last)
		t += last - left;
	return (struct age){ t, t };
}

/** The search for histories that fit what is seen of a SYN_RECV. */
struct search {
	/** What is seen; AGE_UNKNOWN for what is not. */
	int retransmits, timeouts;
	double left;
	/** When the peer repeats its SYN, REPEATS times (INFINITY: never again). */
	double repeats[REPEATS + 1];
	/** Bounds found so far; max < min while there is none. */
	struct age found;
};

/** A moment of a history: repeats and timeouts so far, when the timer fires. */
struct moment {
	unsigned repeated, timed_out;
	double time, deadline;
};

static void found(struct search *s, double age)
{
	if (s->found.max < s->found.min) {
		s->found = (struct age){ age, age };
		return;
	}
	s->found.min = fmin(s->found.min, age);
	s->found.max = fmax(s->found.max, age);
}

/** True where A is at most, or (EXACT) just, what is SEEN; anything is where that is unknown. */
static bool fits(unsigned a, int seen, bool exact)
{
	return seen == AGE_UNKNOWN || (exact ? a == (unsigned)seen : a <= (unsigned)seen);
}

/** Follows a history from moment M to its next event, and beyond. Where the peer's SYN and the
 *  timer come together both orders are tried; at most 2 * REPEATS events deep. */
static void follow(struct search *s, struct moment m)
{
	double repeat = s->repeats[m.repeated], next = fmin(m.deadline, repeat);
	unsigned sent = m.timed_out + m.repeated;
	double age = m.deadline - s->left;

	if (!fits(sent, s->retransmits, false) || !fits(m.timed_out, s->timeouts, false) ||
	    m.repeated == REPEATS)
		return;
	if (fits(sent, s->retransmits, true) && fits(m.timed_out, s->timeouts, true) &&
	    age >= m.time - TIE && age <= next + TIE)
		found(s, fmax(age, m.time));
	if (m.deadline < repeat + TIE)
		follow(s, (struct moment){ m.repeated, m.timed_out + 1, m.deadline,
					   m.deadline + timeout(m.timed_out + 1, 0) });
	if (repeat < m.deadline + TIE)
		follow(s, (struct moment){ m.repeated + 1, m.timed_out, repeat,
					   repeat + timeout(m.timed_out, 0) });
}

/** Tries a peer that repeats its SYN up to N times, the first LINEAR a second apart. */
static void try_peer(struct search *s, unsigned n, unsigned linear)
{
	double t = 0;

	for (unsigned i = 0; i <= REPEATS; i++) {
		t += timeout(i, linear);
		s->repeats[i] = i < n ? t : INFINITY;
	}
	follow(s, (struct moment){ .deadline = FIRST });
}

/** Tries every kind of peer. */
static void search(struct search *s)
{
	s->found = (struct age){ INFINITY, -INFINITY };
	try_peer(s, 0, 0);
	try_peer(s, REPEATS, 4);
	try_peer(s, REPEATS, 0);
}

struct age syn_recv_age(int retransmits, int timeouts, uint32_t expires_ms)
{
	struct search s = { .retransmits = retransmits, .timeouts = timeouts,
			    .left = (double)expires_ms / 1000 };
	double t = 0;
	unsigned k = 0;

	/* The two are read a moment apart, and a timer may fire in between. More timeouts than
	 * SYN-ACKs then means that each of these was one; another number fits no history. */
	if (retransmits != AGE_UNKNOWN && timeouts > retransmits)
		s.timeouts = retransmits;
	search(&s);
	if (s.found.max < s.found.min && retransmits != AGE_UNKNOWN) {
		s.timeouts = AGE_UNKNOWN;
		search(&s);
	}
	if (s.found.max >= s.found.min)
		return s.found;
	/* No such peer (TCP_DEFER_ACCEPT lets timeouts pass in silence): so many timeouts must have
	 * passed that the present one is long enough. */
	while (timeout(k, 0) < s.left && k < 8)
		t += timeout(k++, 0);
	return (struct age){ t + fmax(0, timeout(k, 0) - s.left), NAN };
}
