package training

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// checkpoints lists the sub-folders of a run, oldest first. A folder that does not exist has none.
func checkpoints(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errorf("checkpoint folder: %w", err)
	}
	var dirs []string
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), stepPrefix) {
			dirs = append(dirs, filepath.Join(dir, entry.Name()))
		}
	}
	sort.Strings(dirs)
	return dirs, nil
}

// freeName is the path of a new checkpoint of this step, which sorts after every older one of the same step:
// step-00000003, then step-00000003-0002, step-00000003-0003.
func freeName(dir string, step int) (string, error) {
	dirs, err := checkpoints(dir)
	if err != nil {
		return "", err
	}
	base := fmt.Sprintf("%s%08d", stepPrefix, step)
	copies := 0
	for _, existing := range dirs {
		name := filepath.Base(existing)
		if name == base {
			copies = max(copies, 1)
		} else if suffix, found := strings.CutPrefix(name, base+"-"); found {
			if n, err := strconv.Atoi(suffix); err == nil {
				copies = max(copies, n)
			}
		}
	}
	if copies == 0 {
		return filepath.Join(dir, base), nil
	}
	return filepath.Join(dir, fmt.Sprintf("%s-%04d", base, copies+1)), nil
}

// removeCheckpoint deletes a checkpoint, out of sight first, so that a half deleted one is never read.
func removeCheckpoint(dir string) {
	hidden := filepath.Join(filepath.Dir(dir), removingPrefix+filepath.Base(dir))
	if os.Rename(dir, hidden) == nil {
		_ = os.RemoveAll(hidden)
	}
}

// removeLeftovers deletes what killed processes left.
func removeLeftovers(dir string) {
	for _, prefix := range []string{savingPrefix, removingPrefix} {
		leftovers, _ := filepath.Glob(filepath.Join(dir, prefix+"*"))
		for _, leftover := range leftovers {
			_ = os.RemoveAll(leftover)
		}
	}
}

// sums returns size and SHA-256 of every file but the manifest.
func sums(dir string) (map[string]fileSum, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	result := make(map[string]fileSum, len(entries))
	for _, entry := range entries {
		if entry.Name() == manifestFile {
			continue
		}
		file, err := os.Open(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		hash := sha256.New()
		size, err := io.Copy(hash, file)
		_ = file.Close()
		if err != nil {
			return nil, err
		}
		result[entry.Name()] = fileSum{size, hex.EncodeToString(hash.Sum(nil))}
	}
	return result, nil
}

// syncAll flushes a folder's files and the folder itself to disk.
func syncAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := syncPath(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return syncPath(dir)
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return file.Sync()
}
