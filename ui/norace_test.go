//go:build !race

package ui

// raced says that the race detector watches, which makes a picture six times as
// dear and sees nothing in a test of one goroutine.
const raced = false
