package collect

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"courselab/autograde/result"
)

// ReceivedName is the file that says when each submission was handed in: student,received, as autograde enter reads it.
const ReceivedName = "received.csv"

// studentText is a name that is a folder's, too, and that no file of the results has.
var studentText = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,79}$`)

// Sources reads a list of repositories, a CSV with the columns student, repository, commit and, if whoever collects knows, received
// (RFC 3339); or finds the repositories in a folder: bare ones, working copies and bundles, each named after its student, at HEAD.
func Sources(path string) ([]Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("there is no %s: give a list of repositories (student,repository,commit) or the folder that they are in", path)
	}
	var sources []Source
	if info.IsDir() {
		sources, err = inFolder(path)
	} else {
		sources, err = inList(path)
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range sources {
		switch {
		case !studentText.MatchString(s.Student):
			return nil, fmt.Errorf("%s: %.40q is no name of a student: use letters, digits and . _ @ + -", path, s.Student)
		case seen[strings.ToLower(s.Student)]:
			return nil, fmt.Errorf("%s: %s is there twice", path, s.Student)
		}
		seen[strings.ToLower(s.Student)] = true
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("there are no git repositories in %s", path)
	}
	return sources, nil
}

func inFolder(path string) (sources []Source, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		s := Source{Student: strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".git"), ".bundle"), Repository: filepath.Join(path, e.Name())}
		switch _, bundle, err := find(s.Repository); {
		case strings.HasPrefix(e.Name(), "."), bundle && !strings.HasSuffix(e.Name(), ".bundle"), err != nil && !e.IsDir():
			continue
		}
		sources = append(sources, s) // a folder that is no repository is reported when it is collected
	}
	return sources, nil
}

func inList(path string) (sources []Source, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0][:min(3, len(rows[0]))], []string{"student", "repository", "commit"}) {
		return nil, fmt.Errorf("%s: the first line must be student,repository,commit (and received, if you know when)", path)
	}
	for i, row := range rows[1:] {
		if len(row) < 3 || len(row) > 4 {
			return nil, fmt.Errorf("%s, line %d: student,repository,commit are needed", path, i+2)
		}
		s := Source{Student: row[0], Repository: strings.TrimPrefix(row[1], "file://"), Commit: row[2]}
		if strings.Contains(s.Repository, "://") || strings.HasPrefix(s.Repository, "git@") {
			return nil, fmt.Errorf("%s, line %d: nothing is fetched from a network here: git clone --mirror it first, and give the clone's folder", path, i+2)
		}
		if !filepath.IsAbs(s.Repository) {
			s.Repository = filepath.Join(filepath.Dir(path), s.Repository)
		}
		if len(row) == 4 && row[3] != "" {
			if s.Received, err = time.Parse(time.RFC3339, row[3]); err != nil {
				return nil, fmt.Errorf("%s, line %d: %q is no time: write 2023-03-31T23:59:00-04:00", path, i+2, row[3])
			}
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// ReadReceived reads when submissions in a folder were handed in; nothing if it was not collected into.
func ReadReceived(dir string) (map[string]time.Time, error) {
	path := filepath.Join(dir, ReceivedName)
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]time.Time{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	times := map[string]time.Time{}
	for i, row := range rows {
		if i == 0 || err != nil {
			continue
		}
		times[row[0]], err = time.Parse(time.RFC3339, row[1])
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return times, nil
}

// WriteReceived writes when submissions were handed in.
func WriteReceived(dir string, times map[string]time.Time) error {
	return result.Write(filepath.Join(dir, ReceivedName), func(w io.Writer) error {
		out := csv.NewWriter(w)
		rows := [][]string{{"student", "received"}}
		for _, student := range slices.Sorted(maps.Keys(times)) {
			rows = append(rows, []string{student, times[student].UTC().Format(time.RFC3339)})
		}
		return out.WriteAll(rows)
	})
}

// printable is one line of text without control characters, not too long.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return text[:min(len(text), 300)]
}
