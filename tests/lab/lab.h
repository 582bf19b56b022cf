/* SPDX-License-Identifier: MIT */
/* The laboratory makes TCP sockets in any state in the current network namespace, says on stdout
 * what it made, one JSON object a line, and keeps them until stdin closes or SIGTERM comes. */
#ifndef TESTS_LAB_LAB_H
#define TESTS_LAB_LAB_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/** Our addresses in one-sided kinds unless others are asked for. */
#define LAB_OWN_V4 "10.0.0.1"
#define LAB_OWN_V6 "fd00::1"

/** Exit status for "cannot be made on this kernel or with this privilege". */
enum { LAB_CANNOT = 77 };

/** How the client end of a connection gets its port. */
enum client_bind {
	BIND_AUTO,     /**< plain connect() */
	BIND_ZERO,     /**< bind(address, 0): the port is taken from everyone */
	BIND_NO_PORT,  /**< the same with IP_BIND_ADDRESS_NO_PORT */
	BIND_EXPLICIT, /**< bind(address, port) */
};

/** What the other end does once a connection stands. */
enum peer_does {
	PEER_DEFAULT,  /**< what the kind says */
	PEER_OPEN,     /**< stays */
	PEER_SHUTDOWN, /**< shutdown(SHUT_WR), descriptor kept */
	PEER_CLOSE,    /**< close() */
	PEER_RESET,    /**< close() with SO_LINGER 0 */
};

/** What one kind is asked for. */
struct want {
	/** Sockets of the wanted state. */
	unsigned count;
	/** AF_INET or AF_INET6 of the sockets. */
	int family;
	/** v4-mapped addresses in AF_INET6 sockets. */
	bool mapped;
	/** Address of the server end of pairs, of our end in one-sided kinds. */
	const char *addr;
	/** Source address of clients, NULL for the kernel's choice. */
	const char *client_addr;
	/** First address of the peer in one-sided kinds; it does not exist. */
	const char *remote;
	/** How many peer addresses the sockets are spread over. */
	unsigned remotes;
	/** Port of the service: ours, or the peer's with OUTBOUND. 0: any free one for pairs, for
	 *  one-sided kinds one that differs by state. */
	unsigned port;
	/** First port of the client side. */
	unsigned client_port;
	/** listen()'s backlog; -1 for enough. */
	int backlog;
	/** Connections left in the accept queue of each listener. */
	unsigned queued;
	/** Connections tried beyond a full accept queue. */
	unsigned extra;
	/** Unread bytes at the socket in question. */
	unsigned data;
	/** The wanted state of `crafted`, a TCP_* number. */
	int state;
	/** One-sided sockets look like connections that we opened. */
	bool outbound;
	/** IPV6_V6ONLY on listeners. */
	bool v6only;
	/** SO_REUSEADDR on everything bound. */
	bool reuse;
	/** The descriptor is closed once the state is reached. */
	bool orphan;
	/** The listener is closed once the connections stand. */
	bool no_listener;
	/** No line per socket. */
	bool quiet;
	/** The wanted state is that of the server end. */
	bool server_side;
	/** SO_KEEPALIVE on the connections. */
	bool keepalive;
	/** Connections are MPTCP. */
	bool mptcp;
	/** How clients are bound. */
	enum client_bind bind;
	/** What the peer does. */
	enum peer_does peer;
	/** Processes that share the sockets beside the first. */
	unsigned sharers;
	/** Most sockets in one process. */
	unsigned per_process;
	/** Connections a second (churn). */
	unsigned rate;
	/** How long (churn). */
	unsigned seconds;
};

/** One kind of sockets. */
struct kind {
	/** Its name on the command line. */
	const char *name;
	/** One line for --help. */
	const char *help;
	/** Makes the sockets and reports them; ends the program when it cannot. */
	void (*make)(const struct want *w);
	/** Sets what differs from the common defaults; NULL for nothing. */
	void (*defaults)(struct want *w);
	/** Needs blackholes: routes to addresses where nobody answers, and CAP_NET_RAW. */
	bool crafted;
};

/** Every kind; NULL ends the table. */
extern const struct kind *const kinds[];

/* main.c */

/** Ends the program: WHAT and errno on stderr. */
__attribute__((noreturn)) void lab_fail(const char *what);

/** Ends the program as unable here (exit status LAB_CANNOT). */
__attribute__((noreturn)) void lab_cannot(const char *what);

/** Name of the kind that is being made. */
const char *lab_kind(void);

/** Forks a process that ends with us. 0 in it, the pid in the caller. */
pid_t lab_fork(void);

/** Blocks until stdin closes or SIGTERM; then ends every forked process and the program. */
__attribute__((noreturn)) void lab_hold(void);

/** A thread takes over what main() does after the last kind; for leaders that exit. */
void lab_leader_exits(void);

/** RUN gets a copy of W in a thread of its own once everything is there and reported. */
void lab_after_ready(void (*run)(const struct want *w), const struct want *w);

/* report.c: what was made */

/** One socket as it will be reported. */
struct row {
	/** "subject" is in the wanted state, "peer" its other end, "listener". */
	const char *role;
	/** The state's name, as netstat writes it. */
	const char *state;
	/** Both ends. */
	struct sockaddr_storage local, remote;
	/** 0 for a socket that no descriptor refers to. */
	ino_t inode;
	/** -1 for a socket that no descriptor refers to. */
	int fd;
	/** The process that holds it, 0 for none. */
	pid_t pid;
	/** The only thread whose descriptor table has it, 0 for all of the process. */
	pid_t tid;
};

/** Fills ROW from the socket FD. */
void row_take(struct row *row, const char *role, int fd);

/** ROW becomes one without descriptor in STATE. */
void row_orphan(struct row *row, const char *state);

/** Writes ROW and counts it. */
void row_print(const struct want *w, const struct row *row);

/** row_take() and row_print(). */
void report_fd(const struct want *w, const char *role, int fd);

/** Counts N sockets as made without a line. */
void report_count(unsigned n);

/** The line that says that all is there. */
void report_ready(void);

/* sock.c: addresses and plain sockets */

/** The address TEXT with PORT, in the family of W; mapped where W says so. Its length in *LEN. */
struct sockaddr_storage address(const struct want *w, const char *text, unsigned port,
				socklen_t *len);

/** A moved on by N addresses (its last 32 bits). */
void address_add(struct sockaddr_storage *a, unsigned n);

/** Port of A, host order. */
unsigned address_port(const struct sockaddr_storage *a);

/** A TCP socket of W's family with its options set. */
int sock_new(const struct want *w);

/** Sets an int option, ends the program when it cannot. */
void sock_option(int fd, int level, int option, int value);

/** A listener on W's address and PORT (0: the kernel chooses). */
int sock_listen(const struct want *w, unsigned port);

/** Binds a client as W wants; N is its number. */
void sock_bind_client(const struct want *w, int fd, unsigned n);

/** A client connected to LISTENER; N is its number. */
int sock_connect(const struct want *w, int listener, unsigned n);

/** accept(), bounded in time. */
int sock_accept(int listener);

/** Reads to the end of file. */
void sock_drain(int fd);

/** The state of FD by TCP_INFO. */
int sock_state(int fd);

/** Waits until FD is in STATE, ends the program when it does not come. */
void sock_wait_state(int fd, int state);

/** Waits until FD has at least N readable bytes or end of file. */
void sock_wait_readable(int fd);

/** Reports the listener, or closes it where W wants none to stay. */
void listener_done(const struct want *w, int listener);

/** Room for N descriptors more, as far as the limits let us. */
void descriptors_reserve(unsigned n);

/* route.c: the network of the namespace */

/** Sets lo up and gives it routes to documentation and benchmark addresses, where packets vanish.
 *  Refused where any device is up but lo and those that tests made ("tt..."). */
void route_blackholes(void);

/** Adds the address TEXT to lo unless it is a loopback or wildcard address. */
void route_own_address(const char *text);

/* wire.c: segments from peers that do not exist */

/** TCP flags of wire_send(). */
enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_ACK = 16 };

/** Sends one segment without data from FROM to TO as if it came off the wire. */
void wire_send(const struct sockaddr_storage *from, const struct sockaddr_storage *to, uint32_t seq,
	       uint32_t ack, unsigned flags);

/* repair.c: sockets without a peer */

/** First sequence numbers of sockets from repair_new(): what we send, what we await. */
enum { REPAIR_SEND_SEQ = 100000, REPAIR_RECV_SEQ = 500000 };

/** The two ends of one-sided socket number N. */
void repair_ends(const struct want *w, unsigned n, struct sockaddr_storage *local,
		 struct sockaddr_storage *remote);

/** An ESTABLISHED socket number N whose peer does not exist, made by TCP_REPAIR. */
int repair_new(const struct want *w, unsigned n);

/** Brings a socket of repair_new() into STATE by segments of its imaginary peer. */
void repair_advance(int fd, int state);

#endif
