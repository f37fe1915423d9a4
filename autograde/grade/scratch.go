package grade

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// scratch is the folder of an engine's workers. Its lock goes away with this process, however that ends: the next grader removes what a
// killed one has left.
type scratch struct {
	path string
	lock *os.File
}

const (
	scratchPrefix = "courselab-grade-"
	// newborn is how long a folder may be without its lock.
	newborn = 10 * time.Minute
)

// newScratch makes the folder in dir. Workers are shown from there; its name says nothing, and only their user may look inside.
func newScratch(dir string) (*scratch, error) {
	sweepScratch(dir)
	path, err := os.MkdirTemp(dir, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("the grader needs a temporary folder: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the grader needs a temporary folder: %w", err)
	}
	lock(f) // where nobody can take a lock, nobody sweeps either
	return &scratch{path, f}, nil
}

// close removes the folder.
func (s *scratch) close() error {
	defer s.lock.Close()
	return os.RemoveAll(s.path)
}

// sweepScratch removes the folders in dir that no grader uses any more.
func sweepScratch(dir string) {
	paths, _ := filepath.Glob(filepath.Join(dir, scratchPrefix+"*")) // the pattern is well formed
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < newborn {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue // of another user
		}
		if lock(f) {
			_ = os.RemoveAll(path) // not ours: then it stays
		}
		_ = f.Close()
	}
}
