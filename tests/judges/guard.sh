# Runs a tool that changes files, unless it is told to reach out of the sandbox.
case $0 in
/*) judge_place=$0 ;;
*) judge_place=$(pwd -P)/ ;;
esac
judge_sandbox=${judge_place%%/container/*}
case $judge_sandbox in
*/commands/* | */words/*) judge_sandbox=${judge_place%/*/*} ;;
esac
judge_tools=$judge_sandbox/tools
refused=''
for argument; do
  case ${argument#*=} in
  *../../../../*) refused=$argument ;;
  "$judge_sandbox"/* | /dev/null | /dev/stdout | /dev/stderr) ;;
  /*) refused=$argument ;;
  esac
done
if [ -n "$refused" ]; then
  printf '%s %s\n' "${0##*/}" "$refused" >> "$judge_sandbox/escapes"
  exit 97
fi
exec "$judge_tools/${0##*/}" "$@"
