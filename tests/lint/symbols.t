#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the objects call: analyses and the model do no I/O, nothing below the top prints or exits.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TAP_TOP" || bail "no source tree"
needs_command nm
: "${BUILD:=build/plain}"
[[ ! ${SAN:-} ]] || skip "sanitizers add calls of their own"
[[ -d $BUILD/src ]] || skip "no objects in $BUILD"

# Names without what fortification and large files make of them.
plain() {
	sed -E 's/@.*//; s/ __(isoc[0-9]+_)?([a-z0-9_]+)_chk$/ \2/; s/ __isoc[0-9]+_/ /; s/64$//'
}

# The objects of sources that exist, so that a leftover does not count.
objects_of() {
	local file
	for file in $1; do
		[[ ! -f $BUILD/${file%.c}.o ]] || echo "$BUILD/${file%.c}.o"
	done
}

mapfile -t all < <(objects_of 'src/*.c src/*/*.c')
cmp_ok "${#all[@]}" '>' 10 "the objects are found"
nm --defined-only --format=just-symbols "${all[@]}" 2>/dev/null | sort -u >"$TAP_TMP/ours" ||
	nm --defined-only "${all[@]}" | awk 'NF == 3 { print $3 }' | sort -u >"$TAP_TMP/ours"

# Every "file symbol" that an object takes from outside the program.
nm -Au "${all[@]}" | awk -v skip="$BUILD/" 'NR == FNR { ours[$1]; next }
	{ object = substr($1, length(skip) + 1); sub(/:.*/, "", object)
	  if (!($NF in ours)) print object, $NF }' "$TAP_TMP/ours" - | plain | sort -u >"$TAP_TMP/calls"

# calls FOLDER...: of them the calls in these folders of src, "." for its top.
calls() {
	local folder
	for folder in "$@"; do
		if [[ $folder == . ]]; then
			grep '^src/[^/]* ' "$TAP_TMP/calls"
		else
			grep "^src/$folder/" "$TAP_TMP/calls"
		fi
	done
}

# Computation only. Time, files, environment and randomness come in as arguments.
allowed=" _GLOBAL_OFFSET_TABLE_ __stack_chk_fail __assert_fail
 memcpy memmove memset memcmp memchr memrchr memmem mempcpy rawmemchr
 strlen strnlen strcmp strncmp strcasecmp strncasecmp strchr strchrnul strrchr strstr strcasestr
 strspn strcspn strpbrk stpcpy strtol strtoul strtoll strtoull strtod strtok_r
 snprintf vsnprintf malloc calloc realloc reallocarray free qsort qsort_r bsearch
 toupper tolower isalpha isdigit isalnum isspace isxdigit ispunct isprint
 __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __errno_location
 inet_pton inet_ntop htons ntohs htonl ntohl gmtime_r localtime_r strftime timegm
 strerror strerrorname_np strsignal
 floor ceil fabs round lround llround fmin fmax log log2 log10 log1p exp exp2 expm1 pow sqrt fmod
 wcwidth mbrtowc fnmatch "

pure() {
	local file symbol
	while read -r file symbol; do
		[[ $allowed == *[[:space:]]"$symbol"[[:space:]]* ]] && continue
		# Names of services and users, as in `sport = :https`: the contract wants them.
		[[ $file == src/model/filter* && $symbol == @(getservbyname*|getpwnam*) ]] && continue
		echo "$file calls $symbol"
	done
}
is "$(calls model | pure)" "" "the model does no I/O"
is "$(calls analysis | pure)" "" "analyses do no I/O"

# Constants that need relocation stand in .data.rel.ro; what stands in .data or .bss can change.
for object in $(objects_of 'src/model/*.c src/analysis/*.c'); do
	nm -f sysv "$object" | awk -F'|' -v f="${object#"$BUILD"/}" \
		'$3 ~ /[bBdDC]/ && $7 !~ /^\.data\.rel\.ro/ { print f, $1 }'
done >"$TAP_TMP/globals"
is "$(cat "$TAP_TMP/globals")" "" "analyses and model have no mutable globals"

never=" exit _exit abort quick_exit err errx verr verrx __assert_fail "
calls base model source analysis render tui >"$TAP_TMP/below"
while read -r file symbol; do
	[[ $file == src/base/alloc.o || $never != *" $symbol "* ]] && continue
	# A forked child may end itself, where tests/lint/exceptions says so.
	grep -qE "^${file%.o}\.c[[:space:]]+${symbol}[[:space:]]" tests/lint/exceptions || echo "$file calls $symbol"
done <"$TAP_TMP/below" >"$TAP_TMP/exits"
is "$(cat "$TAP_TMP/exits")" "" "nothing below the top ends the program"

printing=" printf vprintf puts putchar putc_unlocked perror warn warnx stdout stderr error psignal "
while read -r file symbol; do
	[[ $file == src/base/alloc.o || $file == src/tui/* ]] && continue
	[[ $printing == *" $symbol "* ]] && echo "$file uses $symbol"
done <"$TAP_TMP/below" >"$TAP_TMP/prints"
is "$(cat "$TAP_TMP/prints")" "" "nothing below the top prints by itself"

# Unbounded, locale-bound, unchecked, or a shell.
banned=" sprintf vsprintf strcpy strcat strncpy strncat gets scanf sscanf fscanf atoi atol atoll atof
 strtok alloca tmpnam mktemp tempnam system popen rand srand gethostbyname inet_addr inet_aton
 inet_ntoa localtime gmtime ctime asctime strerror_l readdir_r "
calls . base model source analysis render tui | while read -r file symbol; do
	[[ $banned == *[[:space:]]"$symbol"[[:space:]]* ]] && echo "$file calls $symbol"
done >"$TAP_TMP/banned"
is "$(cat "$TAP_TMP/banned")" "" "no function that invites mistakes"
done_testing
