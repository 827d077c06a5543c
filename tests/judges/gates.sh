# Functions that note a command whose failure may be a verdict, and let it fail where a replay wants that.
# The file is read with judge_sandbox set to the sandbox, in the job's own shell, whatever options are on.
judge_folder() { # name, arguments: where a call works; these name images alone, and read no folder
  case "$1 ${2-}" in
    'crane tag' | 'crane copy' | 'crane cp' | 'crane delete') judge_place=/ ;;
    *) judge_place=$PWD ;;
  esac
}
judge_note() { # name, arguments
  judge_folder "$@"
  # A single write, as builds in the background note theirs at the same time.
  judge_name=$1
  shift
  printf '%s\037' "$judge_name" "$judge_place" "$@" "$judge_end" >> "$judge_sandbox/calls"
}
judge_fails() { # name, arguments
  [ -e "$judge_sandbox/failing" ] || return 1
  judge_wanted=$("$judge_sandbox/tools/cat" "$judge_sandbox/failing")
  judge_folder "$@"
  judge_given=$({ printf '%s\037' "$1" "$judge_place"; shift; [ $# -eq 0 ] || printf '%s\037' "$@"; } |
    "$judge_sandbox/tools/sed" -e "s|$judge_sandbox/container||g" -e 's/7777[0-9]\{8\}/.../g')
  [ "$judge_wanted" = "$judge_given" ] || return 1
  # A loop that waits for a success ends after some failures.
  printf x >> "$judge_sandbox/failures"
  [ "$("$judge_sandbox/tools/wc" -c < "$judge_sandbox/failures")" -le 20 ]
}
judge_call() { # name, arguments: succeeds where the command may run
  judge_note "$@"
  ! judge_fails "$@"
}
judge_bracket() {
  judge_call '[' "$@" || return 1
  [ "$@"
}
judge_test() {
  judge_call test "$@" || return 1
  test "$@"
}
