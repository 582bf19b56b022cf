/* SPDX-License-Identifier: MIT */
/* Part of `top`: the sockets themselves as an answer of bounded size. `list` streams all of them;
 * a screen has room for a few. */
#ifndef TOP_LIST_H
#define TOP_LIST_H

#include "analysis/analysis.h"
#include "base/attr.h"

/** Most sockets in the answer. */
#define TOP_LIST_ROWS 500

/** The fold: {"total":N,"more":N,"sockets":[…]}. Of more than TOP_LIST_ROWS sockets the first by
 *  the column of opt->sort ("-" in front for falling) are kept, of those without an order the
 *  first. */
extern const struct analysis top_list_analysis;

/** Sets up the view's columns from the table of `list`; before the first use of the analysis. */
void top_list_init(void);

#endif
