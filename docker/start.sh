# Lays what the image brings out in the volume of the student's work, then opens JupyterLab. Given a command, runs that instead.
#
# What a student has changed is never touched: the image's newer version goes to work/new, under the same path.
set -euo pipefail
umask 022

seed=/usr/local/share/courselab/seed
work=$HOME/courselab/work
laid=$work/.laid-out # the sums of the files as they were laid out, in the format of sha256sum

if [ ! -w "$work" ]; then
  echo "user $(id -u) cannot write $work: give docker run a named volume (-v courselab:$work), or a folder that belongs to user 1000" >&2
  exit 1
fi

# put copies a file of the seed so that it is there whole or not at all.
put() {
  mkdir -p "$(dirname "$work/$2")"
  cp "$seed/$1" "$work/$2.part"
  mv "$work/$2.part" "$work/$2"
}

lay() {
  local new=$1 path=$2 now old
  [ -e "$work/$path" ] || { put "$path" "$path"; return; }
  now=$(sha256sum <"$work/$path" | cut -d' ' -f1)
  old=$(awk -v path="$path" '$2 == path { print $1 }' "$laid" 2>/dev/null || true)
  if [ "$now" = "$old" ] && [ "$now" != "$new" ]; then
    put "$path" "$path"
  elif [ "$now" != "$new" ] && [ "$old" != "$new" ]; then
    put "$path" "new/$path"
    echo "you have changed $path: it stays, the new version is new/$path"
  fi
}

if ! cmp -s "$seed/.sums" "$laid"; then
  while read -r sum path; do lay "$sum" "$path"; done <"$seed/.sums"
  cp "$seed/.sums" "$laid.part"
  mv "$laid.part" "$laid"
fi
for folder in submissions feedback; do
  [ -e "$work/$folder" ] || ln -sfn "/$folder" "$work/$folder"
done

cd "$work"
[ $# -eq 0 ] || exec "$@"
exec nb start --ip 0.0.0.0 --port "${PORT:-8888}" --folder "$work"
