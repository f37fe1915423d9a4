package notebook

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// throttle is the shortest time between two states of a progress display. A notebook stores what it shows: a bar that is
// drawn anew at each step makes it hundreds of outputs long.
const throttle = 500 * time.Millisecond

// Progress shows how far something is, in one place that changes, and goes away when it is closed:
//
//	p := notebook.NewProgress("training")
//	defer p.Close()
//	for step := range steps { ...; p.Set(step+1, steps, fmt.Sprintf("loss %.3f", loss)) }
//
// It is also a writer, for what reports its progress in lines: the last line is what is shown. Outside a notebook the lines
// go to standard error. It may be used by several goroutines.
type Progress struct {
	title string

	mu      sync.Mutex
	id      string
	started time.Time
	shown   time.Time
	line    bytes.Buffer
	now     func() time.Time
	show    func(id, title, text string, share float64) // share is below 0 if it is not known
}

// NewProgress starts a progress display; nothing is shown before the first news.
func NewProgress(title string) *Progress {
	p := &Progress{title: title, now: time.Now, show: showProgress}
	if gonbui.IsNotebook {
		p.id = "progress-" + gonbui.UniqueId()
	}
	p.started = p.now()
	return p
}

// Set says that done of total is done, with a remark such as the loss. States that follow each other too fast are left out.
func (p *Progress) Set(done, total int, remark string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%d of %d", done, total)
	share := -1.0
	if total > 0 {
		share = min(max(float64(done)/float64(total), 0), 1)
	}
	if elapsed := p.now().Sub(p.started); share > 0 && share < 1 {
		left := time.Duration(float64(elapsed) * (1 - share) / share)
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if remark != "" {
		text += " · " + remark
	}
	p.update(text, share)
}

// Write shows the last whole line of what has been written. It never fails.
func (p *Progress) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line.Write(data)
	text := p.line.String()
	end := strings.LastIndexAny(text, "\r\n")
	if end < 0 {
		return len(data), nil
	}
	p.line.Reset()
	p.line.WriteString(text[end+1:])
	lines := strings.FieldsFunc(text[:end], func(r rune) bool { return r == '\r' || r == '\n' })
	for i := len(lines) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(lines[i]); line != "" {
			p.update(line, -1)
			break
		}
	}
	return len(data), nil
}

func (p *Progress) update(text string, share float64) {
	now := p.now()
	if now.Sub(p.shown) < throttle {
		return
	}
	p.shown = now
	p.show(p.id, p.title, text, share)
}

// Close takes the display away. What should stay, the cell prints.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id != "" && !p.shown.IsZero() {
		display(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextHTML: ""}, DisplayID: p.id})
	}
}

func showProgress(id, title, text string, share float64) {
	if id == "" {
		fmt.Fprintf(os.Stderr, "%s: %s\n", title, text)
		return
	}
	bar := ""
	if share >= 0 {
		bar = fmt.Sprintf(`<progress max="1" value="%.3f"></progress> `, share)
	}
	page := fmt.Sprintf(`<div>%s<b>%s</b> %s</div>`, bar, html.EscapeString(title), html.EscapeString(text))
	display(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextHTML: page}, DisplayID: id})
}
