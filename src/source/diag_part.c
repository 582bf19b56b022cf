// SPDX-License-Identifier: MIT
#include "source/diag_part.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "source/diag_pump.h"
#include "source/netlink.h"

/** Datagrams after which a walk counts as long. */
#define WORTH_A_PUMP 2

/** Takes one datagram in. -EINPROGRESS where more is to come, 0 at the end, or -errno. */
static int take(struct diag_part *p, const void *data, size_t len)
{
	struct diag_walk *w = &p->walk;

	p->result.bytes += len;
	p->result.receives++;
	if (p->req->tap)
		p->req->tap->bytes(p->req->tap->arg, p->stream, w->seen_ns, data, len);
	switch (diag_walk_datagram(data, len, w, p->add, p->arg)) {
	case DIAG_MORE:
		return -EINPROGRESS;
	case DIAG_DONE:
		return 0;
	case DIAG_ERROR:
		return w->error;
	case DIAG_BROKEN:
		break;
	}
	return -EBADMSG;
}

int diag_part_drain(struct diag_part *p, struct diag_pump *pump)
{
	const void *data;
	size_t len;
	int ret;

	do {
		ret = diag_pump_next(pump, &data, &len, &p->walk.seen_ns);
		p->walk.seq = netlink_seq(*p->socket);
		p->walk.portid = netlink_portid(*p->socket);
		if (!ret)
			ret = take(p, data, len);
	} while (ret == -EINPROGRESS);
	p->result.kernel_ns += diag_pump_end(pump);
	return ret;
}

/** Receives one walk to its end. 0 or -errno. */
static int receive_walk(struct diag_part *p, struct netlink *nl)
{
	struct diag_walk *w = &p->walk;
	struct diag_pump *pump;
	int ret;

	w->seq = netlink_seq(nl);
	w->portid = netlink_portid(nl);
	for (unsigned i = 1;; i++) {
		int64_t start = clock_monotonic_ns();
		const void *data;
		size_t len;

		ret = netlink_receive(nl, &data, &len, &w->seen_ns);
		p->result.kernel_ns += w->seen_ns - start;
		if (!ret)
			ret = take(p, data, len);
		if (ret != -EINPROGRESS)
			return ret;
		if (p->of > 1 || i != WORTH_A_PUMP)
			continue;
		pump = diag_pump_start(nl, w, NULL, NULL);
		if (pump)
			return diag_part_drain(p, pump);
	}
}

/** One request and its walk. */
static int one_walk(struct diag_part *p, enum diag_form form, int family)
{
	int ret = netlink_request(*p->socket, form, family, p->req, &p->bytecode);

	return ret ? ret : receive_walk(p, *p->socket);
}

/** Both families: one compatibility walk, else two of the v2 form. */
static int both_families(struct diag_part *p)
{
	uint64_t before = p->walk.records;
	int ret = one_walk(p, DIAG_FORM_COMPAT, AF_UNSPEC);

	/* What a kernel without the old message says at once; after records it is a real error. */
	if (ret && p->walk.records == before && ret != -ETIMEDOUT && ret != -ENOBUFS &&
	    ret != -ENOMEM && ret != -EBADMSG) {
		ret = one_walk(p, DIAG_FORM_V2, AF_INET);
		if (!ret)
			ret = one_walk(p, DIAG_FORM_V2, AF_INET6);
		/* A kernel without IPv6 knows no such family. */
		if (ret == -ENOENT && p->walk.records > before)
			ret = 0;
	}
	return ret;
}

int diag_part_ask(struct diag_part *p)
{
	p->walk.interrupted = false;
	return p->req->family ? one_walk(p, DIAG_FORM_V2, p->req->family) : both_families(p);
}

int diag_part_walk(struct diag_part *p)
{
	int ret = diag_part_ask(p);

	/* An opcode that this kernel does not know: everything is decided here instead. */
	if (ret == -EINVAL && p->req->bytecode_len && !p->walk.records) {
		str_reset(&p->bytecode);
		ret = diag_part_ask(p);
	}
	return ret;
}

