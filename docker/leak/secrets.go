package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// secret is text that must not be in an image, and where it is from.
type secret struct {
	text     string // without white space
	origin   string // "labs/lab1/hidden/suite.go:3"
	ordinary bool   // what anybody may write: one line is a coincidence, two of one file are none
}

// shortest is the length of a line, without white space, from which on it is taken for distinctive.
const shortest = 32

// written are the files that play a student's work.
var written = regexp.MustCompile(`^(labs/[^/]+/(samples|wrong)|autograde/testdata/attacks)/`)

// hole is in what a release puts in the place of a solution; a sample may have left it there.
const hole = "notwrittenyet"

// collect returns the distinctive lines of the instructor's files below root that the public ones do not have, too.
func collect(root string) ([]secret, error) {
	lines := map[string]string{} // origin by text
	var public strings.Builder
	for _, part := range []string{"autograde", "coursekit", "datasets", "docker", "labs", "notebooks", "Makefile", "README.md"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			split(filepath.ToSlash(name), string(text), func(line string, number int, hidden bool) {
				squeezed := squeeze(line)
				if !hidden {
					public.WriteString(squeezed)
				} else if len(squeezed) >= shortest && !strings.Contains(squeezed, hole) {
					lines[squeezed] = fmt.Sprintf("%s:%d", filepath.ToSlash(name), number)
				}
			})
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	var secrets []secret
	for text, origin := range lines {
		if !strings.Contains(public.String(), text) {
			secrets = append(secrets, secret{text, origin, written.MatchString(origin)})
		}
	}
	if len(secrets) == 0 {
		return nil, errors.New("there are no secrets here: run this in the course's repository")
	}
	// A compiled package of a lab says where it is from.
	secrets = append(secrets, secret{text: "courselab/" + "labs/", origin: "the import path of a compiled lab"})
	slices.SortFunc(secrets, func(a, b secret) int { return strings.Compare(a.origin, b.origin) })
	return secrets, nil
}

// split calls line for each line of a file of the repository, and says whether it is for instructors only.
func split(name, text string, line func(text string, number int, hidden bool)) {
	parts := strings.Split(name, "/")
	lab := parts[0] == "labs"
	all := lab && len(parts) > 2 && slices.Contains([]string{"hidden", "wrong", "samples", "equivalent.yaml"}, parts[2]) ||
		lab && len(parts) == 2 || // roster and calendar
		strings.HasPrefix(name, "autograde/testdata/attacks/")
	inside := false
	for i, l := range strings.Split(text, "\n") {
		switch {
		case lab && strings.Contains(l, "BEGIN SOLUTION"), strings.HasPrefix(name, "notebooks/src/") && strings.HasPrefix(l, "```") && strings.Contains(l, `"solution"`):
			inside = true
			continue
		case lab && strings.Contains(l, "END SOLUTION"), strings.HasPrefix(name, "notebooks/src/") && l == "```":
			inside = false
			continue
		}
		line(l, i+1, all || inside)
	}
}

// squeeze leaves out all white space, so that breaking or indenting lines hides nothing.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}
