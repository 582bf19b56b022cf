# Whether the answer $got tells as much as the answer $want, taken before a fault was injected:
#   same    the same
#   told    less or other, and a note more says so; what a count promises is the same
#   marked  "complete" is false
#   silent: WHERE   anything else
# What differs between two runs of the same command anyway is left out.
# SPDX-License-Identifier: MIT
def drifts: test("time|seconds|rate$|recv_queue|send_queue|_per_|cookie|free|fds|history|summary|" +
	"text|advice|verdict|user|headroom|coverage|growth|steady|notes|^version$|^source$");
def still: walk(if type == "object" then with_entries(select(.key | drifts | not)) else . end);
# No note excuses these.
def hard: test("^total$|^states$|^count$|^ipv[46]$|^local$|^remote$|^state$|^inode$");

def differences($path; $a; $b):
	if $a == $b then empty
	elif ($a | type) == "object" and ($b | type) == "object" then
		($a + $b | keys[]) as $key | differences($path + [$key]; $a[$key]; $b[$key])
	elif ($a | type) == "array" and ($b | type) == "array" and ($a | length) == ($b | length) then
		range($a | length) as $i | differences($path + [$i]; $a[$i]; $b[$i])
	else {where: $path, null: ($b == null)} end;

$want[0] as $a | $got[0] as $b
| ($b.notes - $a.notes) as $said
| [differences([]; $a | still; $b | still)] as $d
| if $b.complete == false then "marked"
  elif $d == [] then "same"
  elif $said == [] then "silent: \($d[0].where | map(tostring) | join("."))"
  else ($d | map(select(.null | not) | select(any(.where[] | strings; hard))) | .[0]) as $bad
  | if $bad and (any($said[]; contains("reading /proc/net/tcp")) | not)
    then "silent: \($bad.where | map(tostring) | join("."))" else "told" end
  end
