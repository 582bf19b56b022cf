# fish completion for tcptriage
# SPDX-License-Identifier: MIT
# The words come from the program itself (the hidden command `complete`): what it knows, this knows.

# A list of words with their meanings.
function __tcptriage_list
    set -l program (commandline -opc)[1]
    eval (string escape -- $program) complete (string escape -- $argv[1]-described $argv[2..-1]) 2>/dev/null
end

# The same in the spelling that people type; the first argument stands for '_'.
function __tcptriage_lower
    for line in (__tcptriage_list $argv[2..-1])
        set -l parts (string split -m 1 \t -- $line)
        set parts[1] (string lower -- $parts[1] | string replace -a _ $argv[1])
        string join \t -- $parts
    end
end

# The first word that is no option and no option's value.
function __tcptriage_command
    set -l words (commandline -opc)
    set -l options (__tcptriage_list options | string replace -r '\t.*' '')
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -qr '^-[Nosict]$' -- $word; or contains -- $word= $options
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

# What stands behind an option, each with a prefix in front.
function __tcptriage_value -a option prefix word
    set -l command (__tcptriage_command)
    switch $option
        case --netns -N
            __tcptriage_list netns
        case --source --color
            __tcptriage_list choices (string sub -s 3 -- $option)
        case --columns -o
            set -l done (string match -r '^(?:.*,|\+)' -- $word)
            __tcptriage_lower _ columns $command | string replace -r '^' -- "$done"
        case --sort -s
            set -l done (string match -r '^-' -- $word)
            __tcptriage_lower _ sort $command | string replace -r '^' -- "$done"
        case --by
            set -l done (string match -r '^.*,' -- $word)
            __tcptriage_list by | string replace -r '^' -- "$done"
        case --view
            __tcptriage_list views
        case --from --output
            __fish_complete_path $word
    end | string replace -r '^' -- "$prefix"
end

# A word of a filter.
function __tcptriage_filter -a previous
    set -l states (__tcptriage_lower - states)
    set -l names (string replace -r '\t.*' '' -- $states)
    switch $previous
        case port sport dport
            return
        case uid
            __fish_complete_users
            return
        case state exclude
            string join \n -- $states
            return
    end
    # Behind a state there may be another one.
    if contains -- (string lower -- $previous | string replace -a _ -) $names
        string join \n -- $states
    end
    __tcptriage_list filter
end

function __tcptriage_complete
    set -l word (commandline -ct)
    set -l before (commandline -opc)
    set -l previous $before[-1]
    set -l command (__tcptriage_command)
    set -l options (__tcptriage_list options | string replace -r '\t.*' '')

    if string match -qr '^--[^=]*=' -- $word
        set -l parts (string split -m 1 = -- $word)
        __tcptriage_value $parts[1] $parts[1]= $parts[2]
        return
    end
    if string match -qr '^-[Nosict]$' -- $previous; or contains -- $previous= $options
        __tcptriage_value $previous '' $word
        return
    end
    if string match -q -- '-*' $word
        __tcptriage_list options $command
        return
    end
    switch $command
        case '' help
            __tcptriage_list commands
        case explain
            __tcptriage_list topics
        case why
            __fish_print_hostnames | string replace -r '$' :
        case record diff
            __fish_complete_path $word
        case metrics
        case '*'
            __tcptriage_filter $previous
    end
end

complete -c tcptriage -f -a '(__tcptriage_complete)'
