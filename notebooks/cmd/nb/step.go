package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A step is one part of set-up. It is done again only if its inputs have changed or its product has gone.
type step struct {
	name     string                 // of its stamp and its log
	title    string                 // for people
	inputs   func() (string, error) // all that its product depends on
	product  string                 // a path that is there after the step
	optional bool                   // set-up goes on without it
	run      func(context.Context, *log) error
}

// log collects what a step's commands print, in .lab/logs; people see it only when something goes wrong.
type log struct {
	io.Writer
	path string
	lock *os.File // of the set-up; what a killed set-up leaves running keeps it
}

// steps runs all of them in order. A step's stamp is written last, so a killed set-up goes on with the step it was in.
func (p place) steps(ctx context.Context, list []step, lock *os.File, progress io.Writer) (done int, err error) {
	for i, s := range list {
		inputs, err := s.inputs()
		if err != nil {
			return done, fmt.Errorf("%s: %w", s.title, err)
		}
		sum := sha256.Sum256([]byte(inputs))
		stamp := p.lab("stamps", s.name)
		if old, err := os.ReadFile(stamp); err == nil && string(old) == hex.EncodeToString(sum[:]) && exists(s.product) {
			continue
		}
		if err := os.MkdirAll(p.lab("logs"), 0o755); err != nil {
			return done, err
		}
		file, err := os.Create(p.lab("logs", s.name+".log"))
		if err != nil {
			return done, err
		}
		if err := os.Remove(stamp); err != nil && !errors.Is(err, os.ErrNotExist) {
			return done, err
		}
		finish := clock(progress, fmt.Sprintf("[%d/%d] %s ...", i+1, len(list), s.title))
		err = s.run(ctx, &log{file, p.relative(file.Name()), lock})
		file.Close()
		finish(err == nil, "")
		if err != nil && s.optional && ctx.Err() == nil {
			fmt.Fprintln(progress, "      going on without:", err)
			continue
		}
		if err != nil {
			return done, fmt.Errorf("%s: %w", s.title, err)
		}
		if err := writeAtomically(stamp, []byte(hex.EncodeToString(sum[:]))); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// clock prints the title, on a terminal the seconds as they pass, and in the end how many there were and the remark.
func clock(w io.Writer, title string) (finish func(ok bool, remark string)) {
	start := time.Now()
	if !terminal(w) {
		fmt.Fprint(w, title)
		return func(ok bool, remark string) { fmt.Fprintln(w, " "+outcome(start, ok)+remark) }
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			fmt.Fprintf(w, "\r%s %.0f s", title, time.Since(start).Seconds())
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func(ok bool, remark string) {
		close(stop)
		<-stopped
		fmt.Fprintf(w, "\r%s %s%s\n", title, outcome(start, ok), remark)
	}
}

func outcome(start time.Time, ok bool) string {
	if !ok {
		return "failed"
	}
	if seconds := time.Since(start).Seconds(); seconds < 10 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", time.Since(start).Seconds())
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	stat, err := file.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0
}

// command runs a program of a step. If it fails, the error has the line of its output that most likely says why.
func command(ctx context.Context, l *log, folder string, env []string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = folder, env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if l.lock != nil {
		cmd.ExtraFiles = []*os.File{l.lock}
	}
	var text bytes.Buffer
	out := io.MultiWriter(l, &text)
	cmd.Stdout, cmd.Stderr = out, out
	fmt.Fprintln(l, "$", strings.Join(argv, " "))
	err := cmd.Run()
	if ctx.Err() != nil {
		return errors.New("interrupted; run `make setup` to go on")
	}
	if err != nil {
		return fmt.Errorf("%s; the whole story is in %s", reason(text.String(), err), l.path)
	}
	return nil
}

// reason picks the telling line of a failed program's output: the first that speaks of an error, or else the last.
func reason(text string, err error) string {
	last := err.Error()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if lower := strings.ToLower(line); strings.HasPrefix(lower, "error") || strings.HasPrefix(lower, "e: ") {
			return line
		}
		last = line
	}
	return last
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return path == "" || err == nil
}

// lock waits until no other set-up of this checkout runs, nor a program that a killed one has left behind.
func (p place) lock(progress io.Writer) (held *os.File, err error) {
	if err := os.MkdirAll(p.lab(), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(p.lab("lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		fmt.Fprintln(progress, "another set-up of this checkout is running; waiting for it")
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
			file.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", p.relative(file.Name()), err)
		}
	}
	return file, nil
}

// unlock frees the lock for all processes that have inherited it.
func unlock(held *os.File) {
	syscall.Flock(int(held.Fd()), syscall.LOCK_UN)
	held.Close()
}
