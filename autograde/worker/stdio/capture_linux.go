package stdio

import (
	"os"
	"syscall"
)

// high is where the private copies of the pipes go: above what a program opens by accident.
const high = 200

// Capture moves stdin and stdout to private descriptors, points descriptor 0 at /dev/null and descriptor 1 at stderr,
// and returns the private pair. Later calls return the same pair.
func Capture() (r, w *os.File, err error) {
	if in != nil {
		return in, out, nil
	}
	inFD, err := duplicate(0)
	if err != nil {
		return nil, nil, err
	}
	outFD, err := duplicate(1)
	if err != nil {
		return nil, nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	if err := syscall.Dup3(int(null.Fd()), 0, 0); err != nil {
		return nil, nil, os.NewSyscallError("dup3", err)
	}
	if err := syscall.Dup3(2, 1, 0); err != nil {
		return nil, nil, os.NewSyscallError("dup3", err)
	}
	in, out = os.NewFile(uintptr(inFD), "requests"), os.NewFile(uintptr(outFD), "answers")
	return in, out, nil
}

// duplicate copies a descriptor to a number of at least high, close-on-exec.
func duplicate(fd int) (int, error) {
	copied, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, high)
	if errno != 0 {
		return 0, os.NewSyscallError("fcntl", errno)
	}
	return int(copied), nil
}
