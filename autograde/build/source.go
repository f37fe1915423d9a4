package build

import (
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"text/template"

	"courselab/autograde/lab"
)

// studentPath is the import path of a student's package; see the package documentation for the odd name.
func studentPath(name string) string { return "your/" + name }

// contractImports are the packages that the types of the contract come from.
func contractImports(c *lab.Contract) []string {
	var paths []string
	for _, text := range c.Declarations {
		file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ImportsOnly)
		if err != nil {
			continue // it came out of the printer
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && path != "unsafe" && path != "C" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

var workerMain = template.Must(template.New("main").Parse(`package main

import (
	"{{.Module}}/autograde/worker"

	student "{{.Path}}"
)

func main() {
	worker.Main(worker.Functions{
{{- range .Functions}}
		"{{.}}": student.{{.}},
{{- end}}
	})
}
`))

// mainSource is the program around a student's package. Without any function it does not use the package.
func mainSource(module, pkg string, functions []string) (string, error) {
	var b strings.Builder
	err := workerMain.Execute(&b, struct {
		Module, Path string
		Functions    []string
	}{module, studentPath(pkg), functions})
	text := b.String()
	if len(functions) == 0 {
		text = strings.Replace(text, "student \"", "_ \"", 1)
	}
	return text, err
}

var checksMain = template.Must(template.New("checks").Parse(`package main

import (
	"{{.Module}}/autograde/check"
{{range .Suites}}
	{{.Name}} "{{.Path}}"
{{- end}}
)

func main() {
	check.Main({{range $i, $s := .Suites}}{{if $i}}, {{end}}{{$s.Name}}.Suite{{end}})
}
`))

// suite is a package of checks.
type suite struct{ Name, Path string }

func checksSource(module string, suites []suite) (string, error) {
	var b strings.Builder
	err := checksMain.Execute(&b, struct {
		Module string
		Suites []suite
	}{module, suites})
	return b.String(), err
}
