package pane

// The rule of this file: a bar never stands alone; its figure is beside it.

import (
	"strconv"
	"strings"

	"belay/ui/style"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Bar draws a share of 0 to 1 in w cells.
func Bar(share float64, w int, st *style.Style) string {
	share = max(0, min(1, share))
	full := int(share*float64(w) + 0.5)
	return strings.Repeat(st.Frame.Full, full) + strings.Repeat(st.Frame.Empty, w-full)
}
