package terminal

import "testing"

// TestTour: the README's `make tour`, at the smallest screen that is promised:
// the first lessons by keys, a failure that comes, and a console that is left
// and opened again without the flag.
func TestTour(t *testing.T) {
	t.Parallel()
	c := rehearse(t, sizes[0], "--fault", "exit:3:precheck@head", "--tour")
	c.see("tour 0/17", "j and k move through the steps")
	c.known()
	c.press("j")
	c.see("tour 1/17", "p shows what a step would send")
	c.press("k")
	c.press("p")
	c.see("Esc closes it, and nothing was sent.")
	c.press("Escape")
	c.see("tour 3/17", "x executes the selected step.")
	c.press("x")
	c.see("Enter confirms nothing", "y execute")
	c.press("y")
	c.see("It failed, and what comes after it is held")
	c.press("Escape")
	c.see("Something failed, and what needs it is held. r tries")
	c.leaves()
	c.words = c.words[:len(c.words)-1]
	c.back()
	c.see("Something failed, and what needs it is held. r tries")
}
