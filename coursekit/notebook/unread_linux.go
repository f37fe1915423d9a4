package notebook

import (
	"os"

	"golang.org/x/sys/unix"
)

// unread returns how many bytes wait in a pipe; 0 if it is no pipe.
func unread(file *os.File) int {
	n, err := unix.IoctlGetInt(int(file.Fd()), unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}
