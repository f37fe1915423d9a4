# Grades what comes into /submissions: one folder a lab, in it one folder or archive a student, as `make hand-in` in the lab image leaves
# them. Results go to /grades/LAB; each student's page to /feedback/LAB/STUDENT.html, and nothing else of the results.
#
#   grader           grade once
#   grader watch     grade whenever something has come, until it is stopped
#   grader COMMAND   anything else is run, e.g. grader autograde doctor
set -euo pipefail

for folder in /grades /feedback; do
  [ -w $folder ] || { echo "grader: user $(id -u) cannot write $folder: give docker run a volume that the grader mounts first, or a folder that belongs to user 1000" >&2; exit 1; }
done

grade() {
  local lab=$1 code=0 page student
  autograde grade "labs/$lab" "/submissions/$lab" -o "/grades/$lab" || code=$?
  [ "$code" = 0 ] || [ "$code" = 3 ] || { echo "grader: grading $lab failed" >&2; return 1; }
  mkdir -p "/feedback/$lab"
  for page in "/grades/$lab"/*/feedback.html; do
    [ -e "$page" ] || continue
    student=$(basename "$(dirname "$page")")
    cmp -s "$page" "/feedback/$lab/$student.html" && continue
    cp "$page" "/feedback/$lab/.$student.part"
    mv "/feedback/$lab/.$student.part" "/feedback/$lab/$student.html"
  done
}

# here says what is handed in for a lab, to tell changes by.
here() {
  [ -d "/submissions/$1" ] && [ ! -L "/submissions/$1" ] || return 0 # a link would lead to a folder of ours
  find "/submissions/$1" -mindepth 1 ! -name '.*' -printf '%p %s %T@\n' | sort
}

all() {
  local lab code=0
  for folder in labs/*/; do
    lab=$(basename "$folder")
    if [ -e "labs/$lab/lab.yaml" ] && [ -n "$(here "$lab")" ]; then grade "$lab" || code=1; fi
  done
  return $code
}

case ${1:-} in
"") all ;;
watch)
  declare -A last=() again=() # again says when to try once more after a failure
  never=$((1 << 62))
  trap 'exit 0' TERM INT
  autograde doctor >/tmp/doctor || { cat /tmp/doctor; echo "grader: nothing can be graded here, see above and docker/README.md" >&2; exit 1; }
  echo "grader: waiting for submissions"
  while true; do
    for folder in labs/*/; do
      lab=$(basename "$folder")
      now=$(here "$lab")
      if [ -e "labs/$lab/lab.yaml" ] && [ -n "$now" ] && { [ "$now" != "${last[$lab]:-}" ] || [ "$SECONDS" -ge "${again[$lab]:-$never}" ]; }; then
        last[$lab]=$now again[$lab]=$never
        grade "$lab" || { again[$lab]=$((SECONDS + 60)); echo "grader: the next try is in a minute, or when something comes" >&2; }
      fi
    done
    sleep 2 &
    wait $!
  done
  ;;
*) exec "$@" ;;
esac
