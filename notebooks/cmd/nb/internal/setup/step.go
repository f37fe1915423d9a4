package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"courselab/notebooks/cmd/nb/internal/repo"
)

// step is a part of set-up that is done once for its inputs. When it has succeeded, a stamp file holds the hash of the
// inputs. A step that was killed has no stamp, and is done again.
type step struct {
	name    string
	inputs  []string                                // texts that it depends on
	present func() error                            // cheap: is the result there?
	do      func(ctx context.Context, w *Say) error // must be repeatable after a kill at any point
}

func (s step) key() string {
	h := sha256.New()
	for _, in := range s.inputs {
		fmt.Fprintf(h, "%d:%s\n", len(in), in)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (s step) stamp(r repo.Repo) string {
	return r.Lab("stamps", strings.ReplaceAll(s.name, " ", "-"))
}

// done reports if the step needs nothing.
func (s step) done(r repo.Repo) bool {
	text, err := os.ReadFile(s.stamp(r))
	return err == nil && strings.TrimSpace(string(text)) == s.key() && s.present() == nil
}

// run does the steps that are not done, in order. It reports how many it did.
func run(ctx context.Context, r repo.Repo, steps []step, w *Say) (did int, err error) {
	for i, s := range steps {
		if s.done(r) {
			continue
		}
		w.begin(fmt.Sprintf("[%d/%d] %s", i+1, len(steps), s.name))
		os.Remove(s.stamp(r))
		if err := s.do(ctx, w); err != nil {
			w.end("failed")
			return did, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := s.present(); err != nil {
			w.end("failed")
			return did, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := writeFile(s.stamp(r), s.key()+"\n"); err != nil {
			return did, err
		}
		w.end("done")
		did++
	}
	return did, nil
}

// Say tells the user what is going on: a line when a step begins and ends, what it has to say, and a sign of life when
// nothing else was said for a while.
type Say struct {
	out   io.Writer
	quiet time.Duration // how long nothing may be said

	mu    sync.Mutex
	start time.Time // of the step
	last  time.Time // when something was said
	stop  chan struct{}
}

// NewSay writes to out.
func NewSay(out io.Writer) *Say { return &Say{out: out, quiet: 15 * time.Second} }

// Line says something.
func (w *Say) Line(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = time.Now()
	fmt.Fprintf(w.out, "      "+format+"\n", args...)
}

// Write makes Say an io.Writer for those that report in lines.
func (w *Say) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		w.Line("%s", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}

func (w *Say) begin(title string) {
	fmt.Fprintln(w.out, title)
	w.start, w.last, w.stop = time.Now(), time.Now(), make(chan struct{})
	go func(stop chan struct{}) {
		tick := time.NewTicker(w.quiet / 15)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				w.mu.Lock()
				silent := time.Since(w.last) > w.quiet
				w.mu.Unlock()
				if silent {
					w.Line("... %.0f s", time.Since(w.start).Seconds())
				}
			}
		}
	}(w.stop)
}

func (w *Say) end(how string) {
	close(w.stop)
	w.Line("%s (%.1f s)", how, time.Since(w.start).Seconds())
}

// lock keeps a second set-up of the same checkout waiting.
func lock(r repo.Repo, out io.Writer) (unlock func(), err error) {
	if err := os.MkdirAll(r.Lab("stamps"), 0o755); err != nil {
		return nil, fmt.Errorf("cannot keep set-up's state: %w; make the folder writable", err)
	}
	file, err := os.OpenFile(r.Lab("lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot keep set-up's state: %w; make the folder writable", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		fmt.Fprintln(out, "another set-up of this checkout is running; waiting for it")
		if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
			return nil, err
		}
	}
	return func() { file.Close() }, nil
}

// writeFile replaces the file as a whole.
func writeFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
