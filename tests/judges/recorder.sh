# Stands in for the executor, and for every command whose effect would leave the container: writes down how it was
# called, and writes the files that the executor's flags promise.
case $0 in
/*) judge_place=$0 ;;
*) judge_place=$(pwd -P)/ ;;
esac
judge_sandbox=${judge_place%%/container/*}
case $judge_sandbox in
*/commands/* | */words/*) judge_sandbox=${judge_place%/*/*} ;;
esac
judge_tools=$judge_sandbox/tools
read -r judge_salt < "$judge_sandbox/salt"
judge_number=1
# Making the file decides between two that look at once, and needs no process.
set -o noclobber
until { true > "$judge_sandbox/records/$judge_number/environment"; } 2> /dev/null; do
  judge_number=$((judge_number + 1))
  [ -d "$judge_sandbox/records/$judge_number" ] || "$judge_tools/mkdir" -p "$judge_sandbox/records/$judge_number"
done
set +o noclobber
judge_record=$judge_sandbox/records/$judge_number
[ -r "/proc/$$/environ" ] || "$judge_tools/env" -0 > "$judge_record/environment"
PATH=$judge_tools
name=${0##*/}
printf '%s' "$name" > "$judge_record/name"
pwd -P > "$judge_record/folder"
. "$judge_sandbox/gates.sh"
judge_call "$name" "$@" || exit 1
for argument; do printf '%s\0' "$argument"; done > "$judge_record/arguments"
case " $* " in
*' - '* | *@-* | *-stdin* | *tar://stdin*) cat > "$judge_record/input" ;;
esac

# What differs from one container to the next, or from one moment to the next, is printed as a number that can be told.
case $name in
date | mcookie | openssl | pwgen | shuf | uuidgen) printf '7777%05d%03d\n' "$judge_salt" "$judge_number" && exit 0 ;;
hostname) printf '7777%05d000\n' "$judge_salt" && exit 0 ;;
mktemp)
  made=$(printf '%s/container/tmp/tmp.7777%05d%03d' "$judge_sandbox" "$judge_salt" "$judge_number")
  case " $* " in
  *' -d '*) mkdir "$made" ;;
  *) : > "$made" ;;
  esac
  printf '%s\n' "$made" && exit 0
  ;;
esac

if [ -e "$judge_sandbox/failing" ]; then
  : # What follows a failure is compared by the calls alone.
elif [ -s "$judge_record/environment" ]; then
  cp -a "$judge_sandbox/container" "$judge_record"
else
  # One process for both.
  cp -a "$judge_sandbox/container" "/proc/$$/environ" "$judge_record"
fi

if [ "$name" != executor ]; then
  # What git says of the working tree depends on all files in it.
  case $name$1 in
  gitstatus | gitdiff | gitls-files | gitstash)
    find "$judge_sandbox/container/builds" -type f ! -name '*.digest' -exec cksum {} + |
      sed "s|$judge_sandbox/container||" | sort | cksum
    exit 0
    ;;
  esac
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
  archive=''
  for argument; do
    case $name$argument in
    curl*://*.tar.gz | curl*://*.tgz | wget*://*.tar.gz | wget*://*.tgz) archive=$argument ;;
    esac
  done
  if [ -n "$archive" ]; then
    mkdir "$judge_record/archive" && printf '%s\n' "$archive" > "$judge_record/archive/from-${archive##*/}"
    [ "$file" != - ] || file=''
    tar -c --mtime=@0 --owner=0 --group=0 -C "$judge_record/archive" . | gzip -n > "${file:-/dev/stdout}"
    rm -r "$judge_record/archive"
    exit 0
  fi
  case $file in
  '' | /dev/*) printf 'output-of-%s-%s\n' "$name" "$(printf '%s\n' "$@" | sed "s|$judge_sandbox/container||g" | cksum | cut -d ' ' -f 1)" ;;
  *) cp "$judge_tools/../recorder" "$file" ;;
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
  [ -n "$digest" ] || digest=sha256:$(printf '%s\n' "$arguments" | sed "s|$judge_sandbox/container||g" | sha256sum | cut -d ' ' -f 1)
  printf '%s' "$digest" > "$judge_record/digest"
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
# What a build leaves in the container: its layers, and in the place of the container's root that of the image.
case " $arguments " in
*' version '* | *' --help '*) ;;
*)
  mkdir -p "$judge_sandbox/container/kaniko/0" && : > "$judge_sandbox/container/kaniko/0/layer"
  image=$(printf '%s\n' "$arguments" | sed "s|$judge_sandbox/container||g" | cksum)
  while read -r place; do
    if [ -d "$place" ] || [ "${place##*/}" = "${place##*/*.}" ]; then
      mkdir -p "$place" && printf 'of the image %s\n' "$image" > "$place/of-image"
    else
      mkdir -p "${place%/*}" && printf 'of the image %s\n' "$image" > "$place"
    fi
  done < "$judge_sandbox/of-image"
  ;;
esac
