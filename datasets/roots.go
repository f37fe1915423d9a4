package datasets

import (
	"fmt"
	"os"
	"path/filepath"
)

// Variable is the environment variable that names folders with data, one or several separated as in PATH.
const Variable = "COURSELAB_DATA"

// Root is a folder below which data sets are looked for.
type Root struct {
	Path string // absolute
	From string // Variable or "cache"
}

// Roots returns the folders of COURSELAB_DATA, in their order, and then the cache, whether they exist or not. The cache is missing
// from the list if the system gives no cache folder (no HOME and no XDG_CACHE_HOME).
func Roots() []Root {
	roots := DataRoots()
	if cache, err := CacheDir(); err == nil {
		roots = append(roots, Root{Path: cache, From: "cache"})
	}
	return roots
}

// DataRoots returns the folders of COURSELAB_DATA only; none if it is not set.
func DataRoots() []Root {
	var roots []Root
	for _, path := range filepath.SplitList(os.Getenv(Variable)) {
		if path == "" {
			continue
		}
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		roots = append(roots, Root{Path: path, From: Variable})
	}
	return roots
}

// CacheDir returns the folder into which Download writes: courselab/datasets in the user's cache folder. It need not exist.
func CacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for data sets (%w): set HOME, or set %s to a folder that has them", err, Variable)
	}
	return filepath.Join(cache, "courselab", "datasets"), nil
}
