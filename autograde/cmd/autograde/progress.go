package main

import (
	"fmt"
	"os"
	"time"

	"courselab/autograde/grade"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a class is: a bar with an estimate on a terminal, else a line a submission.
type progress struct {
	bar   *progressbar.ProgressBar
	out   *os.File
	lines bool
	begun time.Time
}

// newProgress returns a progress on out; lines is for a log instead of a terminal.
func newProgress(out *os.File, total int, lines bool) *progress {
	p := &progress{out: out, lines: lines, begun: time.Now()}
	if term.IsTerminal(int(out.Fd())) {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("grading"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(24),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
		_ = p.bar.RenderBlank() // a terminal that has gone away is no reason to stop
	}
	return p
}

func (p *progress) event(e grade.Event) {
	if e.Event != "submission" {
		return
	}
	p.step(e.Done, e.Total, fmt.Sprintf("%s: %s of %s, %s", e.Student, points(e.Score), points(e.Max), e.Verdict))
}

// step says that done of total are finished, and what the last one was.
func (p *progress) step(done, total int, what string) {
	if p.bar != nil {
		_ = p.bar.Set(done)
		return
	}
	if !p.lines {
		return
	}
	left := time.Duration(float64(time.Since(p.begun)) / float64(done) * float64(total-done)).Round(time.Second)
	fmt.Fprintf(p.out, "%*d/%d %s (%v left)\n", len(fmt.Sprint(total)), done, total, what, left)
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
