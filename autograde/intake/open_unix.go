//go:build unix

package intake

import "syscall"

// OpenFlags keep an open from following a link or waiting for the other end of a pipe.
const OpenFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
