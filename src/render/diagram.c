// SPDX-License-Identifier: MIT
#include "render/diagram.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"

/* The drawing. '!' is an arrow downwards (a 'v' would be taken for a letter); - | + < > ^ ! belong
 * to the lines and stand in no label. */
static const char *const rows[] = {
	"                                +-------------+    connect()",
	"+-------------+     bind()      |    CLOSE    |    snd SYN",
	"|    BOUND    |<----------------|             |------------------------+",
	"|             |                 +-------------+                        |",
	"+-------------+           listen() |       ^ close()                   |",
	"       | listen()                  !       |                           |",
	"       |                        +-------------+                        |",
	"       +----------------------->|   LISTEN    |                        |",
	"                                |             |                        |",
	"                                +-------------+                        |",
	"                        rcv SYN        |                               |",
	"                        snd SYN,ACK    |                               !",
	"+-------------+                        |                        +-------------+",
	"|  SYN_RECV   |<-----------------------+                        |  SYN_SENT   |",
	"|             |<------------------------------------------------|             |",
	"+-------------+              rcv SYN, snd SYN,ACK               +-------------+",
	"   |       | rcv ACK                       rcv SYN,ACK, snd ACK        |",
	"   |       |                    +-------------+                        |",
	"   |       +------------------->| ESTABLISHED |<-----------------------+",
	"   |                            |             |",
	"   | close()                    +-------------+",
	"   | snd FIN            close()    |       |    rcv FIN",
	"   !                    snd FIN    |       |    snd ACK",
	"+-------------+                    |       |                    +-------------+",
	"|  FIN_WAIT1  |<-------------------+       +------------------->| CLOSE_WAIT  |",
	"|             |------------------------+                        |             |",
	"+-------------+    rcv FIN, snd ACK    |                        +-------------+",
	"       | rcv ACK                       |                       close() |",
	"       !                               !                       snd FIN !",
	"+-------------+                 +-------------+                 +-------------+",
	"|  FIN_WAIT2  |                 |   CLOSING   |                 |  LAST_ACK   |",
	"|             |                 |             |                 |             |",
	"+-------------+                 +-------------+                 +-------------+",
	"       | rcv FIN                       | rcv ACK               rcv ACK |",
	"       | snd ACK                       !                               !",
	"       |                        +-------------+    its time     +-------------+",
	"       +----------------------->|  TIME_WAIT  |---------------->|   (gone)    |",
	"                                |             |    is over      |             |",
	"                                +-------------+                 +-------------+",
	"A reset or a timeout leads from every state but LISTEN to (gone).",
};

/** Cells inside a box. */
enum { BOX = 13 };

/** Where each state's count stands: row, and the first cell inside its box. */
static const struct {
	uint8_t row, column;
} places[STATE_COUNT] = {
	[STATE_LISTEN] = { 8, 33 },      [STATE_SYN_SENT] = { 14, 65 },
	[STATE_SYN_RECV] = { 14, 1 },    [STATE_ESTABLISHED] = { 19, 33 },
	[STATE_FIN_WAIT1] = { 25, 1 },   [STATE_FIN_WAIT2] = { 31, 1 },
	[STATE_CLOSE_WAIT] = { 25, 65 }, [STATE_CLOSING] = { 31, 33 },
	[STATE_LAST_ACK] = { 31, 65 },   [STATE_TIME_WAIT] = { 37, 33 },
	[STATE_CLOSE] = { 2, 33 },       [STATE_BOUND] = { 3, 1 },
};
static_assert(STATE_COUNT == 12, "a state was added: give it a box");

/** The character at ROW and COLUMN; a blank outside the drawing. */
static char at(size_t row, size_t column)
{
	return row < ARRAY_LEN(rows) && column < strlen(rows[row]) ? rows[row][column] : ' ';
}

/** A '+' as the corner or crossing that its neighbours make it. */
static const char *corner(size_t row, size_t column)
{
	/* By up, down, left, right: 8, 4, 2, 1. */
	static const char *const shapes[16] = {
		"+", "\u2500", "\u2500", "\u2500", "\u2502", "\u250c", "\u2510", "\u252c",
		"\u2502", "\u2514", "\u2518", "\u2534", "\u2502", "\u251c", "\u2524", "\u253c",
	};
	unsigned up = row && strchr("|^", at(row - 1, column)) ? 8 : 0;
	unsigned down = strchr("|!", at(row + 1, column)) ? 4 : 0;
	unsigned left = column && strchr("-<", at(row, column - 1)) ? 2 : 0;
	unsigned right = strchr("->", at(row, column + 1)) ? 1 : 0;

	return shapes[up | down | left | right];
}

/** A character of a line in Unicode; NULL for one that stays as it is. */
static const char *unicode_shape(size_t row, size_t column)
{
	switch (at(row, column)) {
	case '-':
		return "\u2500";
	case '|':
		return "\u2502";
	case '+':
		return corner(row, column);
	case '<':
		return "\u25c4";
	case '>':
		return "\u25ba";
	case '^':
		return "\u25b2";
	case '!':
		return "\u25bc";
	default:
		return NULL;
	}
}

/** Appends COUNT in the middle of a box. */
static void add_count(uint64_t count, struct str *out)
{
	struct str text = { 0 };
	char human[8];
	size_t left;

	str_addu(&text, count);
	if (text.len > BOX) {
		str_reset(&text);
		str_add(&text, num_human(count, human, sizeof(human)));
	}
	left = (BOX - text.len) / 2;
	str_fill(out, ' ', left);
	str_addn(out, text.s, text.len);
	str_fill(out, ' ', BOX - left - text.len);
	str_free(&text);
}

/** The state whose count begins at ROW and COLUMN, or STATE_COUNT. */
static enum state state_at(size_t row, size_t column)
{
	for (int s = 0; s < STATE_COUNT; s++) {
		if (places[s].row == row && places[s].column == column)
			return (enum state)s;
	}
	return STATE_COUNT;
}

void diagram_draw(const uint64_t counts[STATE_COUNT], bool unicode, struct str *out)
{
	for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
		for (size_t column = 0; column < strlen(rows[row]); column++) {
			enum state s = state_at(row, column);
			const char *shape = unicode ? unicode_shape(row, column) : NULL;

			if (s != STATE_COUNT) {
				add_count(counts[s], out);
				column += BOX - 1;
			} else if (shape) {
				str_add(out, shape);
			} else {
				str_addc(out, at(row, column) == '!' ? 'v' : at(row, column));
			}
		}
		str_addc(out, '\n');
	}
}

static void diagram_report(struct str *out, UNUSED const struct value *envelope,
			   const struct report *report, UNUSED const struct view *views,
			   const struct render_options *opt)
{
	const struct value *states = value_get(report->root, "states");
	uint64_t counts[STATE_COUNT] = { 0 };

	for (int s = 0; states && s < STATE_COUNT; s++)
		counts[s] = (uint64_t)value_int(states, state_table[s].name, 0);
	diagram_draw(counts, opt->terminal && opt->unicode, out);
}

const struct renderer diagram_renderer = { "diagram", diagram_report };
