/* SPDX-License-Identifier: MIT */
/* What a unit test includes first: cmocka with the headers it wants before it. One
 * cmocka_run_group_tests() a binary: each prints a TAP plan of its own. */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
