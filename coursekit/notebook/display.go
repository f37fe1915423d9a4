package notebook

import (
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// display hands something to the front end, after what the cell has printed and before what it will print: text and
// displays take two ways to the kernel, and one would overtake the other. It returns when the kernel has it, so that
// nothing is lost when the cell ends.
func display(data *protocol.DisplayData) {
	drain(os.Stdout)
	drain(os.Stderr)
	gonbui.SendData(data)
	gonbui.Sync()
}

func displayText(mime protocol.MIMEType, text string) {
	display(&protocol.DisplayData{Data: map[protocol.MIMEType]any{mime: text}})
}

// drain waits until the kernel has read what was printed, but not long: the order of outputs is worth a tenth of a second.
func drain(file *os.File) {
	waited := false
	for deadline := time.Now().Add(100 * time.Millisecond); unread(file) > 0 && time.Now().Before(deadline); {
		waited = true
		time.Sleep(time.Millisecond)
	}
	if waited { // it has been read, not yet passed on
		time.Sleep(2 * time.Millisecond)
	}
}
