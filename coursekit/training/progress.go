package training

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	barThrottle  = 100 * time.Millisecond // a terminal shows no more than this
	lineThrottle = 10 * time.Second       // a log file is spared more than this
)

// progress shows how far a run is: a bar on a terminal, a line now and then anywhere else.
type progress struct {
	bar     *progressbar.ProgressBar // nil when not on a terminal
	out     io.Writer                // nil when quiet
	name    string
	steps   int
	first   int
	started time.Time
	shown   time.Time
}

func newProgress(config Config, step int) *progress {
	p := &progress{name: config.Name, steps: config.Steps, first: step, started: time.Now(), shown: time.Now()}
	if config.Quiet {
		return p
	}
	p.out = config.Progress
	if p.out == nil {
		p.out = os.Stderr
	}
	if file, ok := p.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(config.Steps,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetDescription(config.Name),
			progressbar.OptionThrottle(barThrottle),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.ThemeUnicode))
		_ = p.bar.Set(step)
	}
	return p
}

// update shows the state after a step, if enough time has passed since the last time.
func (p *progress) update(step int, history History) {
	if p.out == nil {
		return
	}
	now := time.Now()
	if p.bar != nil {
		if now.Sub(p.shown) >= barThrottle {
			p.shown = now
			p.bar.Describe(p.text(history))
			_ = p.bar.Set(step)
		}
		return
	}
	if now.Sub(p.shown) >= lineThrottle {
		p.shown = now
		left := time.Duration(float64(now.Sub(p.started)) / float64(step-p.first) * float64(p.steps-step))
		fmt.Fprintf(p.out, "%s: step %d/%d, %s left\n", p.text(history), step, p.steps, left.Round(time.Second))
	}
}

func (p *progress) text(history History) string {
	text := fmt.Sprintf("%s  loss %.4f", p.name, history.LastLoss())
	if n := len(history.Evaluations); n > 0 {
		text += "  " + describe(history.Evaluations[n-1].Metrics)
	}
	return text
}

// close takes the bar away.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
