package release

import (
	"fmt"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"courselab/autograde/lab"
	"courselab/autograde/notebook"
)

// secret is a line that must not be in a release.
type secret struct {
	text   string // without spaces
	shown  string
	origin string // "attention.go:31"
}

// Thresholds of what is distinctive, in characters without spaces: a shorter line may well be written twice.
const (
	solutionLine = 18 // of a line of a solution
	hiddenText   = 20 // of a string or comment in a file left behind
)

// prove returns an error if a distinctive line of a solution, or text of a file left behind, is in the release.
func prove(l *lab.Lab, release map[string][]byte) error {
	secrets, err := secretsOf(l)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(release))
	for name := range release {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		// The text is compared as a whole, so that breaking or joining lines hides nothing.
		text := squeeze(string(release[name]))
		if strings.HasSuffix(name, ".ipynb") { // as it is read, not as JSON spells it
			n, err := notebook.Read(release[name])
			if err != nil {
				return err
			}
			for _, c := range n.Cells {
				text += "\n" + squeeze(c.Source)
			}
		}
		for _, s := range secrets {
			if strings.Contains(text, s.text) {
				return fmt.Errorf("the release would show %s in %s: %.60q; take it out of one of them", s.origin, name, s.shown)
			}
		}
	}
	return nil
}

// squeeze leaves out all white space.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// secretsOf collects what must not be shown: lines of solutions, strings and comments of the files left behind.
func secretsOf(l *lab.Lab) ([]secret, error) {
	texts, err := sourcesOf(l)
	if err != nil {
		return nil, err
	}
	var secrets []secret
	for _, source := range texts {
		holes, err := findHoles(source.name, []byte(source.text), source.parsed, source.down)
		if err != nil {
			return nil, err
		}
		for _, h := range holes {
			first := strings.Count(source.text[:h.from], "\n") + 2 // the line after the marker
			_, body, _ := strings.Cut(h.body, "\n")
			secrets = append(secrets, lines(body, func(i int) string { return fmt.Sprintf("the solution in %s:%d", source.name, first+i) })...)
		}
	}
	if l.Notebook != "" {
		n, err := l.ReadNotebook()
		if err != nil {
			return nil, err
		}
		_, staff, err := n.Public()
		if err != nil {
			return nil, fmt.Errorf("lab %s: %s: %w", l.ID, l.Notebook, err)
		}
		for _, text := range staff {
			secrets = append(secrets, lines(text, func(int) string { return "what is for staff only in " + l.Notebook })...)
		}
	}
	contract, err := l.Contract()
	if err != nil {
		return nil, err
	}
	graded := map[string]bool{} // a check calls them by name, and everybody knows the name
	for _, f := range contract.Functions {
		graded[f.Name] = true
	}
	entries, err := os.ReadDir(l.Dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !entry.IsDir() || slices.Contains(takenAlong, entry.Name()) {
			continue
		}
		err := filepath.WalkDir(filepath.Join(l.Dir, entry.Name()), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(l.Dir, path)
			secrets = append(secrets, literals(filepath.ToSlash(rel), text, graded)...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

// lines are the distinctive lines of a text.
func lines(text string, origin func(i int) string) (secrets []secret) {
	for i, line := range strings.Split(text, "\n") {
		if s := squeeze(line); len(s) >= solutionLine {
			secrets = append(secrets, secret{s, strings.TrimSpace(line), origin(i)})
		}
	}
	return secrets
}

// literals are the longer strings and comments of a Go file. Code alone may be alike in hidden and public checks; what a
// hidden check says about itself is not. A string that is a name among known is none.
func literals(name string, text []byte, known map[string]bool) []secret {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile(name, fset.Base(), len(text))
	s.Init(file, text, func(token.Position, string) {}, scanner.ScanComments)
	imports := map[string]bool{}
	if parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly); err == nil {
		for _, spec := range parsed.Imports {
			imports[spec.Path.Value] = true
		}
	}
	var secrets []secret
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return secrets
		}
		if tok != token.STRING && tok != token.COMMENT || imports[lit] {
			continue
		}
		if squeezed := squeeze(strings.Trim(lit, "\"`/* \t")); len(squeezed) >= hiddenText && !known[squeezed] {
			secrets = append(secrets, secret{squeezed, lit, fmt.Sprintf("text of %s:%d", name, fset.Position(pos).Line)})
		}
	}
}
