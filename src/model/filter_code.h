/* SPDX-License-Identifier: MIT */
/* Inside the filter: INET_DIAG bytecode as bytes. Layouts are the kernel's (linux/inet_diag.h). */
#ifndef MODEL_FILTER_CODE_H
#define MODEL_FILTER_CODE_H

#include <linux/inet_diag.h>
#include <stdint.h>

/** Longest code: a netlink attribute holds 65535 bytes with its header of 4, operations come in
 *  multiples of 4, and the jump that rejects (length + 4) has to fit 16 bits. */
#define CODE_MAX 65528

/** Bytes of the parts (the kernel reads them by these sizes). */
#define OP_SIZE sizeof(struct inet_diag_bc_op)
#define COND_SIZE sizeof(struct inet_diag_hostcond)

#endif
