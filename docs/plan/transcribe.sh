#!/bin/sh
# The plan's commands as a runbook, word for word: what somebody gets who copies
# a wiki page into a file and changes nothing. The linter is measured by what it
# finds in there (expected.tsv); nobody should run it.
#
#   docs/plan/transcribe.sh >docs/plan/transcription.toml
#
# A row of inventory.tsv that holds a command becomes a step: id, title, place
# and danger are the row's, the script is what stands between those lines of the
# plan, inside a fence. Two rows of other kinds are taken too, since they change
# a file on a server: HEAD-04a (an editor) and CONF-03 (the environment file).
# The plan gives no undo for any step, and the transcription says so.
set -eu
cd "$(dirname "$0")"
exec awk -F '\t' '
function place(at) {
  if (at ~ /^each of .*81 ->/)   return "workers"
  if (at ~ /^each of /)          return "back"
  if (at ~ /82 left out/)        return "cleanup"
  if (at ~ /^10\.0\.0\.84/)      return "head"
  if (at ~ /^10\.0\.0\.80/)      return "w80"
  return ""
}
function word(key, notes) {
  return match(notes, key "=[^;]*") ? substr(notes, RSTART + length(key) + 1, RLENGTH - length(key) - 1) : ""
}
function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
function phase(name,    id) {
  if (name == last || name ~ /^R /) return
  last = name
  id = tolower(name); sub(/^[0-9] /, "", id); gsub(/ /, "-", id)
  printf "\n[[phase]]\nid = \"%s\"\ntitle = %s\n", id, text(substr(name, 3))
}
# lines of the plan from one to another that stand inside a fence; a command
# that goes on in the next line is taken whole
function fenced(from, to,    i, s) {
  while (code[to] ~ /\\$/) to++
  for (i = from; i <= to; i++)
    if (i in code) s = s code[i] "\n"
  sub(/^\n+/, "", s); sub(/\n+$/, "\n", s)
  return s
}
FNR == NR {                                      # the plan
  if ($0 ~ /^ *```/) { inside = !inside; match($0, /^ */); indent = RLENGTH; next }
  if (inside) { code[FNR] = substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0 }
  next
}
FNR == 1 {
  print "# Made by transcribe.sh from the plan and its inventory. Do not run it."
  print "format = 1"
  print "title  = \"Ray 2.40.0 to 2.53.0, as the plan has it\""
  print "hosts  = { head.address = \"10.0.0.84\", w80.address = \"10.0.0.80\", w81.address = \"10.0.0.81\", w82.address = \"10.0.0.82\" }"
  print "groups = { servers = [\"head\", \"w81\", \"w82\", \"w80\"], workers = [\"w81\", \"w82\", \"w80\"], back = [\"w80\", \"w81\", \"w82\"], cleanup = [\"w80\", \"w81\", \"head\"] }"
  print "environments.production.kind = \"live\""
  next
}
$1 ~ /^CON-/ {
  contacts = contacts sprintf("\n[[contact]]\nrole = %s\nname = %s\nrefs = [\"%s\"]\n", text($4), text($7), $1)
}
$5 == "command" || $1 == "HEAD-04a" || $1 == "CONF-03" {
  phase($2)
  n = split(word("line", $10), line, "-")
  script = fenced(line[1] + 0, line[n] + 0)
  on = place($6)
  back = $2 ~ /^R /
  danger = word("danger", $10)
  printf "\n[[%s]]\nid = \"%s\"\ntitle = %s\n", back ? "rollback.before" : "phase.step", tolower($1), text($4)
  if ($1 == "CONF-03") print "kind = \"edit\""
  if (on) printf "on = \"%s\"\n", on
  if (on == "workers" || on == "back") printf "block = \"%s\"\n", on
  printf "danger = \"%s\"\nrefs = [\"%s\"]\n", danger, $1
  if ($1 == "CONF-03") printf "file.path = \"%s\"\nfile.template = \47\47\47\n%s\47\47\47\n", $6, script
  else                 printf "script = \47\47\47\n%s\47\47\47\n", script
  if (danger != "none" && !back && $1 != "CONF-03") print "no_undo = \"the plan gives none\""
}
END { printf "%s", contacts }
' ray-upgrade-plan.md inventory.tsv
