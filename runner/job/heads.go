// Every attempt keeps the journal's head at its launch on its host. Read back,
// the heads tell whether the journal still has what was built on it: a cut end
// or a rewritten chain cannot be seen in the journal itself.

package job

import (
	"fmt"
	"strings"
)

// heads prints ID HEAD of what a host keeps of one run, and a last line that
// proves the answer whole. The id of an attempt begins with its run's, and a dot.
const heads = `jobs=${BELAY_JOBS:-$HOME/.belay/jobs}
for meta in "$jobs/$BELAY_RUN".*/meta; do
	[ -r "$meta" ] || continue
	id='' head=-
	while IFS='=' read -r key value; do
		case $key in id) id=$value ;; head) head=$value ;; esac
	done <"$meta"
	printf '%s %s\n' "$id" "$head"
done
echo whole
`

// Heads asks a host for the heads of a run's attempts.
func Heads(run string) Script { return Script{Text: heads, Env: []string{"BELAY_RUN=" + run}} }

// ParseHeads reads the answer: the head by the attempt's id, empty for an id
// that was fenced before any launch.
func ParseHeads(out []byte) (map[string]string, error) {
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		line, ends := strings.CutSuffix(line, "\n")
		if ends && line == "whole" {
			return found, nil
		}
		id, head, ok := strings.Cut(line, " ")
		if head == "-" {
			head = ""
		}
		if !ends || !ok || !idPattern.MatchString(id) || head != "" && !markPattern.MatchString(head) {
			return nil, fmt.Errorf("job heads: bad line %.120q", line)
		}
		found[id] = head
	}
	return nil, fmt.Errorf("job heads: the answer is not whole")
}
