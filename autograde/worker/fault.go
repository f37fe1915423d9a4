package worker

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"courselab/autograde/wire"
)

// maxFaultText caps what a panic or error may say, in bytes.
const maxFaultText = 4 << 10

// fault is a wire.Fault that travels as an error through GoMLX.
type fault struct{ wire.Fault }

func (f *fault) Error() string { return f.Text }

func faultf(kind wire.FaultKind, format string, args ...any) *fault {
	return &fault{wire.Fault{Kind: kind, Text: clip(fmt.Sprintf(format, args...))}}
}

// faultOf turns whatever a panic or an error return carried into a fault; a fault inside an error chain is kept.
func faultOf(kind wire.FaultKind, value any) *fault {
	if err, ok := value.(error); ok {
		var inner *fault
		if safely(func() { errors.As(err, &inner) }) && inner != nil {
			return inner
		}
	}
	return faultf(kind, "%s", textOf(value))
}

// textOf formats a value of the student's, whose Error or String method may itself panic.
func textOf(value any) (text string) {
	text = fmt.Sprintf("a %T that cannot be printed", value)
	safely(func() {
		switch v := value.(type) {
		case error:
			text = v.Error()
		default:
			text = fmt.Sprint(v)
		}
	})
	return text
}

// safely runs f and reports whether it returned.
func safely(f func()) (ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	f()
	return true
}

func clip(text string) string {
	if len(text) > maxFaultText {
		text = text[:maxFaultText] + " ..."
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	return text
}
