# Runs a tool that changes files, unless it is told to reach out of the sandbox. The lines above this one say where the
# sandbox is ($sandbox) and where the real tools are ($tools).
refused=''
for argument; do
  case ${argument#*=} in
  *../../../../*) refused=$argument ;;
  "$sandbox"/* | /dev/null | /dev/stdout | /dev/stderr) ;;
  /*) refused=$argument ;;
  esac
done
if [ -n "$refused" ]; then
  printf '%s %s\n' "${0##*/}" "$refused" >> "$sandbox/escapes"
  exit 97
fi
exec "$tools/${0##*/}" "$@"
