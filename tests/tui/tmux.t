#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The live view in a real terminal (tmux) under a real shell: sizes, resizing, suspension.
. "$(dirname "$0")/../lib/tap.sh"
needs_command tmux

file=$TAP_TOP/tests/golden/data/incident.rec
socket=$TAP_TMP/tmux

term() {
	tmux -S "$socket" -f /dev/null "$@"
}
at_exit tmux -S "$socket" kill-server

# screen_has REGEX, screen_lacks REGEX
screen_has() {
	[[ $(term capture-pane -p) =~ $1 ]]
}
screen_lacks() {
	! screen_has "$1"
}
shows() {
	ok "$2" poll 20 screen_has "$1" || diag "$(term capture-pane -p)"
}
hides() {
	ok "$2" poll 20 screen_lacks "$1" || diag "$(term capture-pane -p)"
}
flag() {
	[[ $(term display -p "#{$1}") == "$2" ]]
}
keys() {
	term send-keys "$@"
}
# Lines of the screen, as many as it has.
screen_lines() {
	term capture-pane -p | wc -l
}

env -i PATH="$PATH" HOME="$TAP_TMP" LC_ALL=C.UTF-8 TZ=UTC SHELL=/bin/sh \
	${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} ${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} \
	tmux -S "$socket" -f /dev/null -u new-session -d -x 80 -y 24 "env 'PS1=prompt> ' bash --norc --noprofile -i" \
	</dev/null >/dev/null 2>&1 || skip "tmux does not start"
poll 20 screen_has 'prompt>' || skip "no shell in tmux"

keys "stty -a > $TAP_TMP/before; $TCPTRIAGE top --from=$file --at=#6" Enter
shows 'overview close-wait ports' "it starts"
shows 'TIME_WAIT +190 ' "with the recording's numbers"
ok "in the alternate screen" flag alternate_on 1
ok "with the cursor hidden" flag cursor_flag 0

for size in 40x10 200x50 300x100 80x24; do
	term resize-window -x "${size%x*}" -y "${size#*x}"
	shows 'Help' "$size: keys in the last line"
	shows 'STATE +COUNT' "$size: the table"
	is "$(screen_lines)" "${size#*x}" "$size: the whole screen"
	for view in c:SOCKETS p:IN_USE l:QUEUE a:LPORT d:TOTAL s:RECV-Q e:FINDING o:COUNT; do
		keys "${view%%:*}"
		shows "${view#*:}" "$size: ${view#*:}"
	done
done
term resize-window -x 39 -y 9
shows 'needs 40x10' "39x9: too small is said"
term resize-window -x 80 -y 24
shows 'STATE +COUNT' "and passes"

keys C-z
shows 'Stopped' "Ctrl-Z stops it"
ok "the screen is the shell's again" flag alternate_on 0
ok "with its cursor" flag cursor_flag 1
term resize-window -x 120 -y 30
keys "fg" Enter
ok "fg brings it back" poll 20 flag alternate_on 1
shows 'STATE +COUNT' "with everything drawn"
shows 'worst pool|least headroom' "in the size of now"
keys q
hides 'STATE +COUNT' "q leaves"
ok "the screen is as it was" poll 20 flag alternate_on 0
ok "with its cursor" flag cursor_flag 1
ok "without the mouse" flag mouse_any_flag 0
shows 'Stopped' "what stood there stands there again"
keys "stty -a > $TAP_TMP/written; mv $TAP_TMP/written $TAP_TMP/after" Enter
ok "the shell goes on" poll 20 test -e "$TAP_TMP/after"
# The size has changed meanwhile.
is "$(grep -v rows "$TAP_TMP/after")" "$(grep -v rows "$TAP_TMP/before")" "the settings are as they were"

# A pipe into a pager would be a mistake: it says so.
keys "clear; $TCPTRIAGE top | cat" Enter
shows "top -b' prints frames" "into a pipe: it says what to use"
done_testing
