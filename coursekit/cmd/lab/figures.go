package main

import (
	"os"
	"path/filepath"
	"strings"

	"courselab/coursekit/experiment"
)

// writeFigures writes the result as JSON into dir and returns the files' names.
func writeFigures(result experiment.Result, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, strings.ToLower(result.ID)+".json")
	if err := writeJSON(path, result); err != nil {
		return nil, err
	}
	return []string{path}, nil
}
