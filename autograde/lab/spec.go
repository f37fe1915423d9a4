package lab

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Spec is the content of lab.yaml.
type Spec struct {
	ID      string  `yaml:"id" json:"id"`
	Title   string  `yaml:"title" json:"title"`
	Package string  `yaml:"package" json:"package"` // name of the package that students hand in
	Points  float64 `yaml:"points" json:"points"`   // sum of the tasks' points
	Backend string  `yaml:"backend" json:"backend"` // "go"
	// Notebook is the lab's source, if that is a GoNB notebook instead of Go files: "warmup.ipynb". Students hand in a notebook.
	Notebook string  `yaml:"notebook" json:"notebook,omitempty"`
	Tasks    []Task  `yaml:"tasks" json:"tasks"`
	Limits   Limits  `yaml:"limits" json:"limits"`
	Imports  Imports `yaml:"imports" json:"imports"`
	Symbols  Symbols `yaml:"symbols" json:"symbols"`
}

// Task is what is graded and reported as one thing, in processes of its own.
type Task struct {
	ID       string  `yaml:"id" json:"id"`
	Title    string  `yaml:"title" json:"title"`
	Points   float64 `yaml:"points" json:"points"`
	Function string  `yaml:"function" json:"function"` // the functions to write, in words
}

// Limits bound the run of one task. Zero values take the defaults.
type Limits struct {
	Wall   Duration `yaml:"wall" json:"wall"`
	CPU    Duration `yaml:"cpu" json:"cpu"`
	Memory Bytes    `yaml:"memory" json:"memory"`
	Output Bytes    `yaml:"output" json:"output"` // what the student's code may print
	Pids   int      `yaml:"pids" json:"pids"`     // processes and threads
}

// Imports are what a submission may import.
type Imports struct {
	Allow []string `yaml:"allow" json:"allow"`
}

// Symbols are functions, types, variables and methods ("path.Name", "path.Type.Method", "path.Prefix*") that a
// submission may not use although their package may be imported.
type Symbols struct {
	Forbid []string `yaml:"forbid" json:"forbid"`
}

// Duration is a time.Duration written as "20s".
type Duration time.Duration

// UnmarshalYAML reads "20s".
func (d *Duration) UnmarshalYAML(text []byte) error {
	value, err := time.ParseDuration(scalar(text))
	if err != nil || value <= 0 {
		return fmt.Errorf("%q is no duration: write 20s or 2m", scalar(text))
	}
	*d = Duration(value)
	return nil
}

func (d Duration) String() string { return time.Duration(d).String() }

// Bytes is a number of bytes written as "512MiB".
type Bytes int64

var bytesText = regexp.MustCompile(`^([0-9]+) ?(B|KiB|MiB|GiB)?$`)

// UnmarshalYAML reads "512MiB".
func (b *Bytes) UnmarshalYAML(text []byte) error {
	m := bytesText.FindStringSubmatch(scalar(text))
	if m == nil {
		return fmt.Errorf("%q is no size: write 64KiB, 512MiB or 2GiB", scalar(text))
	}
	shift := map[string]int{"": 0, "B": 0, "KiB": 10, "MiB": 20, "GiB": 30}[m[2]]
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n == 0 || n > math.MaxInt64>>shift {
		return fmt.Errorf("%q is no size: write 64KiB, 512MiB or 2GiB", scalar(text))
	}
	*b = Bytes(n << shift)
	return nil
}

func (b Bytes) String() string {
	for _, unit := range []struct {
		name  string
		shift int
	}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}} {
		if b != 0 && b%(1<<unit.shift) == 0 {
			return fmt.Sprintf("%d %s", b>>unit.shift, unit.name)
		}
	}
	return fmt.Sprintf("%d B", int64(b))
}

// scalar is the text of a YAML scalar without quotes and spaces.
func scalar(text []byte) string { return strings.Trim(strings.TrimSpace(string(text)), `"'`) }

// DefaultLimits suit a task on the pure-Go backend.
func DefaultLimits() Limits {
	return Limits{Wall: Duration(20 * time.Second), CPU: Duration(10 * time.Second), Memory: 512 << 20, Output: 64 << 10, Pids: 64}
}

// Parse reads a lab.yaml; name is for messages.
func Parse(name string, text []byte) (*Spec, error) {
	spec := &Spec{Backend: "go", Limits: DefaultLimits()}
	if err := yaml.UnmarshalWithOptions(text, spec, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s%s", name, oneLine(err))
	}
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return spec, nil
}

// oneLine is the position and message of a YAML error, ":12: unknown field "pionts"".
func oneLine(err error) string {
	var located yaml.Error
	if errors.As(err, &located) {
		message := strings.Join(strings.Fields(located.GetMessage()), " ")
		if token := located.GetToken(); token != nil && token.Position != nil {
			return fmt.Sprintf(":%d: %s", token.Position.Line, message)
		}
		return ": " + message
	}
	return ": " + strings.Join(strings.Fields(err.Error()), " ")
}

var (
	idText       = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	notebookText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*\.ipynb$`)
	packageText  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	symbolText   = regexp.MustCompile(`^[^\s]+\.[A-Z]\w*(\.[A-Z]\w*)?\*?$`)
)

// Validate returns the first thing that is wrong, in one line.
func (s *Spec) Validate() error {
	switch {
	case !idText.MatchString(s.ID):
		return fmt.Errorf("id %q: use lower-case letters, digits and dashes", s.ID)
	case s.Title == "":
		return errors.New("the lab has no title")
	case !packageText.MatchString(s.Package) || s.Package == "main":
		return fmt.Errorf("package %q: give the name of the Go package that students hand in", s.Package)
	case s.Backend != "go":
		return fmt.Errorf("backend %q: only \"go\" is supported", s.Backend)
	case s.Notebook != "" && !notebookText.MatchString(s.Notebook):
		return fmt.Errorf("notebook %q: give the name of a file beside %s, e.g. warmup.ipynb", s.Notebook, File)
	case len(s.Tasks) == 0:
		return errors.New("the lab has no tasks")
	case s.Limits.Pids < 16:
		return fmt.Errorf("limits.pids is %d: a Go program needs at least 16", s.Limits.Pids)
	case s.Limits.Memory < 32<<20:
		return fmt.Errorf("limits.memory is %v: a worker needs at least 32MiB", s.Limits.Memory)
	}
	seen := map[string]bool{}
	sum := 0.0
	for _, t := range s.Tasks {
		switch {
		case !idText.MatchString(t.ID):
			return fmt.Errorf("task id %q: use lower-case letters, digits and dashes", t.ID)
		case seen[t.ID]:
			return fmt.Errorf("two tasks have the id %q", t.ID)
		case t.Title == "":
			return fmt.Errorf("task %s has no title", t.ID)
		case !(t.Points > 0) || math.IsInf(t.Points, 0):
			return fmt.Errorf("task %s has %v points: it needs more than 0", t.ID, t.Points)
		}
		seen[t.ID] = true
		sum += t.Points
	}
	if !(math.Abs(sum-s.Points) <= 1e-9) { // NaN too
		return fmt.Errorf("points is %v, but the tasks have %v together", s.Points, sum)
	}
	for _, p := range s.Imports.Allow {
		if p == "" || p == "C" || p == "unsafe" || strings.ContainsAny(p, " \t*\"") {
			return fmt.Errorf("imports.allow: %q cannot be allowed", p)
		}
	}
	for _, symbol := range s.Symbols.Forbid {
		if !symbolText.MatchString(symbol) {
			return fmt.Errorf("symbols.forbid: %q is not of the form import/path.Name", symbol)
		}
	}
	return nil
}
