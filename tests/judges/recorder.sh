# Stands in for the executor, and for every command whose effect would leave the container: writes down how it was
# called, and writes the files that the executor's flags promise. The lines above this one say where the sandbox is
# ($sandbox), which container this is ($salt) and where the real tools are ($tools).
"$tools/env" -0 > "$sandbox/environment.$$"
PATH=$tools
name=${0##*/}
number=1
until mkdir "$sandbox/records/$number" 2> /dev/null; do number=$((number + 1)); done
record=$sandbox/records/$number
mv "$sandbox/environment.$$" "$record/environment"
printf '%s' "$name" > "$record/name"
pwd -P > "$record/folder"
for argument; do printf '%s\0' "$argument"; done > "$record/arguments"
case " $* " in
*' - '* | *@-* | *-stdin* | *tar://stdin*) cat > "$record/input" ;;
esac

# What differs from one container to the next, or from one moment to the next, is printed as a number that can be told.
case $name in
date | uuidgen) printf '7777%05d%03d\n' "$salt" "$number" && exit 0 ;;
hostname) printf '7777%05d000\n' "$salt" && exit 0 ;;
mktemp)
  made=$(printf '%s/root/tmp/tmp.7777%05d%03d' "$sandbox" "$salt" "$number")
  case " $* " in
  *' -d '*) mkdir "$made" ;;
  *) : > "$made" ;;
  esac
  printf '%s\n' "$made" && exit 0
  ;;
esac

cp -a "$sandbox/root" "$record/tree"

if [ "$name" != executor ]; then
  # A download gives a program that records in its turn.
  file='' previous='' last=''
  for argument; do
    case $name$previous in
    curl-o | curl-*o | curl--output | wget-O | wget-*O) [ "$argument" = - ] || file=$argument ;;
    esac
    case $name$argument in
    curl-O | curl-[!-]*O | curl--remote-name) file=. ;;
    curl--output=*) file=${argument#*=} ;;
    esac
    previous=$argument last=${argument##*/}
  done
  [ "$file" != . ] || file=$last
  case $file in
  '' | /dev/*) printf 'output-of-%s-%s\n' "$name" "$(printf '%s\n' "$@" | sed "s|$sandbox/root||g" | cksum | cut -d ' ' -f 1)" ;;
  *) cp "$sandbox/recorder" "$file" ;;
  esac
  exit 0
fi

arguments=$* digest='' destination='' previous=''
for argument; do
  case $previous in
  -d | --destination) destination=${destination:-$argument} ;;
  esac
  case $argument in
  -d=* | --destination=*) destination=${destination:-${argument#*=}} ;;
  esac
  previous=$argument
done
write() { # kind, path
  [ -n "$digest" ] || digest=sha256:$(printf '%s\n' "$arguments" | sed "s|$sandbox/root||g" | sha256sum | cut -d ' ' -f 1)
  printf '%s' "$digest" > "$record/digest"
  case $1 in
  digest) mkdir -p "$(dirname "$2")" && printf '%s' "$digest" > "$2" ;;
  name) mkdir -p "$(dirname "$2")" && printf '%s@%s\n' "${destination%:*}" "$digest" > "$2" ;;
  tag) mkdir -p "$(dirname "$2")" && printf '%s@%s\n' "$destination" "$digest" > "$2" ;;
  tar) printf 'an image\0%s' "$digest" > "$2" ;;
  layout) mkdir -p "$2" && printf '{"manifests":[{"digest":"%s"}]}\n' "$digest" > "$2/index.json" ;;
  esac
}
previous=''
for argument; do
  case $previous in
  --digest-file) write digest "$argument" ;;
  --image-name-with-digest-file) write name "$argument" ;;
  --image-name-tag-with-digest-file) write tag "$argument" ;;
  --tar-path | --tarPath) write tar "$argument" ;;
  --oci-layout-path) write layout "$argument" ;;
  esac
  case $argument in
  --digest-file=*) write digest "${argument#*=}" ;;
  --image-name-with-digest-file=*) write name "${argument#*=}" ;;
  --image-name-tag-with-digest-file=*) write tag "${argument#*=}" ;;
  --tar-path=* | --tarPath=*) write tar "${argument#*=}" ;;
  --oci-layout-path=*) write layout "${argument#*=}" ;;
  esac
  previous=$argument
done
