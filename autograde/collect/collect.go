package collect

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"courselab/autograde/build"
	"courselab/autograde/result"
	"courselab/autograde/sandbox"
)

// Collector takes submissions into a folder.
type Collector struct {
	Sandbox sandbox.Sandbox
	Out     string
	Folder  string // of the commits' trees, with slashes, that is handed in; "" for all
	State   string // folder for a copy of this program, if others may not read it
	Now     time.Time
}

// places in the sandbox.
const (
	selfPlace = "/autograde"
	workPlace = "/tmp"
)

const searchPath = "PATH=/usr/local/bin:/usr/bin:/bin"

var limits = sandbox.Limits{Wall: 2 * time.Minute, CPU: time.Minute, Memory: 1 << 30, Pids: 64, Stdout: 64 << 20, Stderr: 64 << 10,
	FileSize: 2 * maxRepository, OpenFiles: 256, Disk: 4 * maxRepository}

// Collect takes one source in. What was collected before stays if the commit is the same, with the moment at which it was handed in; what
// cannot be taken leaves what is there alone. An error is this machine's fault.
func (c *Collector) Collect(ctx context.Context, s Source, before map[string]time.Time) (*Taken, error) {
	t := &Taken{Student: s.Student, Repository: s.Repository, Received: s.Received}
	place, bundle, err := find(s.Repository)
	if err != nil {
		t.Error = err.Error()
		return t, nil
	}
	a, archive, err := c.ask(ctx, place, order{Commit: s.Commit, Folder: c.Folder, Bundle: bundle})
	var told complaint
	if errors.As(err, &told) {
		t.Error = string(told)
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Student, err)
	}
	t.Commit, t.Dated, t.Files, t.Notes, t.Error = a.Commit, a.Dated, a.Files, a.Notes, a.Error
	if t.Error != "" {
		return t, nil
	}
	path := filepath.Join(c.Out, s.Student+".tar")
	old, err := os.ReadFile(path)
	t.Kept = err == nil && bytes.Equal(old, archive)
	if t.Received.IsZero() {
		if at, ok := before[s.Student]; ok && t.Kept {
			t.Received = at
		} else {
			t.Received = c.Now
		}
	}
	if t.Kept {
		return t, nil
	}
	return t, result.Write(path, func(w io.Writer) error { _, err := w.Write(archive); return err })
}

// ask runs git on a copy of the repository in the sandbox.
func (c *Collector) ask(ctx context.Context, place string, o order) (*answer, []byte, error) {
	self, _, err := build.Executable(c.State)
	if err != nil {
		return nil, nil, err
	}
	spec := sandbox.Spec{Argv: []string{selfPlace, gitName, workPlace}, Env: []string{searchPath, "HOME=" + workPlace, "TMPDIR=" + workPlace}, Limits: limits}
	// Git needs the machine's libraries, whatever this program does.
	spec.Binds, spec.Symlinks = sandbox.System()
	spec.Binds = append(spec.Binds, sandbox.Bind{Source: self, Dest: selfPlace})
	reader, writer := io.Pipe()
	gathered := make(chan error, 1)
	go func() {
		err := gather(writer, place, o)
		_ = writer.CloseWithError(err) // never fails
		gathered <- err
	}()
	var stdout, stderr bytes.Buffer
	spec.Stdin, spec.Stdout, spec.Stderr = reader, &stdout, &stderr
	run, err := sandbox.Run(ctx, c.Sandbox, spec)
	_ = reader.Close() // ends the gathering, if nobody reads any more
	trouble := <-gathered
	switch {
	case err != nil:
		return nil, nil, err
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case trouble != nil && !errors.Is(trouble, io.ErrClosedPipe):
		return nil, nil, complaint(bare(trouble))
	case run.Cause != sandbox.Exited:
		return nil, nil, complaint(fmt.Sprintf("git took more than it may (%s) to read the repository", run.Cause))
	case run.ExitCode != 0:
		return nil, nil, fmt.Errorf("git in the sandbox: %.300s", bytes.TrimSpace(stderr.Bytes()))
	}
	line, err := stdout.ReadBytes('\n')
	a := &answer{}
	if err == nil {
		err = json.Unmarshal(line, a)
	}
	if err == nil && a.Error == "" {
		err = whole(stdout.Bytes())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("git in the sandbox: its answer: %w", err)
	}
	a.Error, a.Commit = printable(a.Error), printable(a.Commit)
	for i, n := range a.Notes {
		a.Notes[i] = printable(n)
	}
	return a, stdout.Bytes(), nil
}

// whole reads an archive to its end.
func whole(archive []byte) error {
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		if _, err := r.Next(); err == io.EOF {
			return nil
		} else if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
	}
}

// bare is an error's text without paths of this machine.
func bare(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return "the repository cannot be read: " + path.Err.Error()
	}
	return err.Error()
}
