//go:build unix && !solaris

package grade

import (
	"os"
	"syscall"
)

// lock takes the file's lock, unless somebody has it.
func lock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
