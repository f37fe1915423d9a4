package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// submission is what one student of a sample class hands in: the name of the file without .txtar, what is right or
// wrong with it, and its files.
type submission struct {
	student, about string
	files          []txtar.File
}

// readClass reads the samples of a lab, in the order of the students' names.
func readClass(lab string) ([]submission, error) {
	paths, err := filepath.Glob(filepath.Join(lab, "samples", "*.txtar"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s has no samples/*.txtar: name the folder of a lab, such as labs/lab1-attention", lab)
	}
	slices.Sort(paths)
	class := make([]submission, 0, len(paths))
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			return nil, err
		}
		class = append(class, submission{
			student: strings.TrimSuffix(filepath.Base(path), ".txtar"),
			about:   strings.TrimSpace(string(archive.Comment)),
			files:   archive.Files,
		})
	}
	return class, nil
}

// expand writes the class as one folder a student below dir, which must not exist yet or be empty.
func expand(class []submission, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: remove it first, or name another folder", dir)
	}
	for _, s := range class {
		for _, file := range s.files {
			if !filepath.IsLocal(file.Name) {
				return fmt.Errorf("sample %s: %q leaves the folder of the student", s.student, file.Name)
			}
		}
	}
	for _, s := range class {
		for _, file := range s.files {
			path := filepath.Join(dir, s.student, filepath.FromSlash(file.Name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, file.Data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
