package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"courselab/autograde/lab"
)

var importedFuncs = template.FuncMap{"quote": strconv.Quote, "join": func(s []string) string { return strings.Join(s, ", ") }}

var importedYAML = template.Must(template.New("yaml").Funcs(importedFuncs).Parse(`# Made of a notebook for nbgrader. What grades it, public/ and hidden/, is to be written.
id: {{.ID}}
title: {{quote .Title}}
package: {{.Package}}
notebook: {{.Package}}.ipynb
points: {{.Points}}
tasks:
{{- range .Tasks}}
  - {id: {{.ID}}, title: {{quote .ID}}, points: {{.Points}}, function: {{quote (join .Functions)}}}
{{- end}}
limits: {wall: 10s, cpu: 2s, memory: 256MiB, output: 64KiB, pids: 64}
imports: # what the notebook imports: take out what an answer does not need
  allow:
{{- range .Allow}}
    - {{.}}
{{- end}}
`))

var importedReadme = template.Must(template.New("readme").Funcs(importedFuncs).Parse(`# {{.Title}}

Write the functions in ` + "`{{.Package}}.ipynb`" + `, and hand in the notebook. ` + "`autograde check release/{{.ID}}`" + ` runs the public checks and the rules.

| task | functions | points |
|---|---|---|
{{- range .Tasks}}
| ` + "`{{.ID}}`" + ` | {{join .Functions}} | {{.Points}} |
{{- end}}
`))

var importedSuite = template.Must(template.New("suite").Funcs(importedFuncs).Parse(`// Package {{.Which}} holds the checks that students {{if eq .Which "hidden"}}do not {{end}}see. They are to be written: each stands for tests of the notebook.
package {{.Which}}

import "{{.Module}}/autograde/check"

// Suite is the {{.Which}} checks.
var Suite = check.Suite{Lab: {{quote .ID}}, Checks: []check.Check{
{{- range .Tasks}}
	{ID: "{{.ID}}-{{$.Which}}", Task: "{{.ID}}", Points: 1, {{if eq $.Which "hidden"}}Hidden: true, {{end}}Title: "{{if eq $.Which "hidden"}}hidden{{else}}visible{{end}} tests of the cell {{.ID}}", Hint: {{if eq $.Which "hidden"}}"Say which case may be forgotten, and nothing that is expected."{{else}}"Ask for the step that may have gone wrong."{{end}}, Run: {{.Run}}},
{{- end}}
}}
{{range .Tasks}}
// {{.Run}} stands for these tests:
//
{{- range .Lines}}
//	{{.}}
{{- end}}
func {{.Run}}(t *check.T) {
	t.Failf("the check {{.ID}}-{{$.Which}} is not written yet: call {{if .Functions}}{{index .Functions 0}}{{else}}the function{{end}} with t.Call1, and compare with t.Close")
}
{{end}}`))

// suiteTask is a task as a suite's template needs it.
type suiteTask struct {
	importedTask
	Run   string
	Lines []string
}

func (i *Import) suite(which, id, module string) ([]byte, error) {
	var tasks []suiteTask
	for _, t := range i.tasks {
		s := suiteTask{importedTask: t, Run: which + t.Name(), Lines: t.Visible}
		if which == "hidden" {
			if s.Lines = t.Hidden; len(s.Lines) == 0 {
				s.Lines = []string{"none: the notebook had no hidden ones; without any, what is typed in from the visible ones passes"}
			}
		}
		tasks = append(tasks, s)
	}
	var b bytes.Buffer
	if err := importedSuite.Execute(&b, map[string]any{"Which": which, "ID": id, "Module": module, "Tasks": tasks}); err != nil {
		return nil, err
	}
	return format.Source(b.Bytes())
}

// Write writes the lab NAME into dir, which must not exist or be empty, and returns the names of its files, with slashes.
func (i *Import) Write(name, dir string) ([]string, error) {
	dir, err := vacant(name, dir)
	if err != nil {
		return nil, err
	}
	_, module, err := lab.FindRoot(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	about := map[string]any{"ID": name, "Title": i.title, "Package": packageOf(name), "Tasks": i.tasks, "Allow": i.allowed(), "Points": i.points()}
	if i.title == "" {
		about["Title"] = title(name)
	}
	files := map[string][]byte{}
	for file, t := range map[string]*template.Template{lab.File: importedYAML, "README.md": importedReadme} {
		var b bytes.Buffer
		if err := t.Execute(&b, about); err != nil {
			return nil, err
		}
		files[file] = b.Bytes()
	}
	for _, which := range []string{"public", "hidden"} {
		if files[which+"/suite.go"], err = i.suite(which, name, module); err != nil {
			return nil, err
		}
	}
	if files[packageOf(name)+".ipynb"], err = i.notebook.Bytes(); err != nil {
		return nil, err
	}
	if _, err := lab.Parse(lab.File, files[lab.File]); err != nil {
		return nil, fmt.Errorf("the notebook does not make a lab: %w", err)
	}
	var names []string
	for file, text := range files {
		names = append(names, file)
		to := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return nil, fmt.Errorf("the lab in %s is not complete: %w", dir, err)
		}
	}
	slices.Sort(names)
	return names, nil
}

// allowed are the imports, and errors, which the holes of the release need.
func (i *Import) allowed() []string {
	allow := i.allow
	if !slices.Contains(allow, "errors") {
		allow = append(slices.Clone(allow), "errors")
	}
	slices.Sort(allow)
	return allow
}

func (i *Import) points() (sum float64) {
	for _, t := range i.tasks {
		sum += t.Points
	}
	return sum
}

// vacant checks name and folder of a lab to be written.
func vacant(name, dir string) (string, error) {
	if !nameText.MatchString(name) {
		return "", fmt.Errorf("%q is no name of a lab: use lower-case letters, digits and dashes, as in lab6-diffusion", name)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if entries, err := os.ReadDir(dir); len(entries) > 0 {
		return "", fmt.Errorf("%s is there already: give another name, or another folder with -o; nothing was written", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot write a lab into %s: %w", dir, err)
	}
	return dir, nil
}
