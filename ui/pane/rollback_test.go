package pane

import (
	"testing"

	"belay/steps"
)

// TestARollbackCountsWhatItDoes: what no undo takes back is none of it, and what
// was left as it is, is not done.
func TestARollbackCountsWhatItDoes(t *testing.T) {
	plan := []steps.Entry{
		{Do: steps.DoExecute, Done: true},
		{Do: steps.DoUndo, Done: true},
		{Do: steps.DoUndo},
		{Do: steps.DoNothing, Done: true},
		{Do: steps.DoNothing, Done: true},
		{Do: steps.DoLeft, Done: true},
		{Do: steps.DoByHand},
	}
	if done, all, left := wayBack(plan); done != 2 || all != 5 || left != 1 {
		t.Errorf("%d of %d are done and %d left, want 2 of 5 and 1", done, all, left)
	}
}
