//go:build !linux

package stdio

import "os"

// Capture keeps stdin and stdout for frames and points os.Stdin at nothing and os.Stdout at stderr. Only programs that
// bypass package os can still write to the frames.
func Capture() (r, w *os.File, err error) {
	if in == nil {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return nil, nil, err
		}
		in, out = os.Stdin, os.Stdout
		os.Stdin, os.Stdout = null, os.Stderr
	}
	return in, out, nil
}
