// Package experiment runs the course's milestones: one function each, with a Config, its DefaultConfig and Validate, that
// returns a Result. Notebooks, tests and the command `lab` run the same functions.
//
// A Result states everything that a claim needs: the numbers by seed, the baseline beside them, a negative control, the
// backend, the wall time, and the checks that the milestone has to pass. It is data, to be written as text or JSON;
// drawing is left to others.
package experiment

import (
	"errors"
	"fmt"
	"io"
	"os"

	"courselab/coursekit/backend"

	"github.com/gomlx/compute"
)

// QuickEnv is the environment variable that, set to 1, asks for the small settings: a world small enough for the pure-Go
// backend and for tests, which shows the same effects.
const QuickEnv = "COURSELAB_QUICK"

// Milestone is an entry of the catalogue.
type Milestone struct {
	// ID is the name that the design and the command line use, as "M6".
	ID string
	// Title in a few words.
	Title string
	// Shows says what one learns from it.
	Shows string
	// Expect is the number to expect.
	Expect string
	// Takes is the wall time to expect, on two cores with XLA on the CPU.
	Takes string
	// Headline are the names of the numbers that say most, for a table of all milestones.
	Headline []string
	// Run does it.
	Run func(Options) (Result, error)
}

// Options are what every milestone understands.
type Options struct {
	// Seeds replaces the milestone's own; nil keeps them.
	Seeds []int64
	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quick takes the small settings.
	Quick bool
	// Quiet suppresses progress.
	Quiet bool
	// Progress is where progress is shown; nil means standard error.
	Progress io.Writer
}

// Milestones is the catalogue, in the order of the lecture. Each entry stands in the file of its milestone.
func Milestones() []Milestone {
	return []Milestone{
		m1(),
		m2b(),
		m3(),
		m4(),
		m5(),
		m6(),
		m7(),
		m8(),
		m9(),
		m10(),
		m11(),
		m12(),
		m13(),
		m14(),
		m15(),
		m16(),
		m17(),
		m18(),
		m19(),
		m20(),
		m21(),
		m22(),
	}
}

// Find returns the milestone of an ID. The error lists those that there are.
func Find(id string) (Milestone, error) {
	known := ""
	for _, m := range Milestones() {
		if m.ID == id {
			return m, nil
		}
		known += " " + m.ID
	}
	return Milestone{}, fmt.Errorf("no milestone %q: there are%s", id, known)
}

// QuickByEnvironment says if QuickEnv asks for the small settings.
func QuickByEnvironment() bool { return os.Getenv(QuickEnv) == "1" }

// open returns the named backend, or the best.
func open(name string) (compute.Backend, backend.Info, error) {
	if name == "" {
		return backend.Open()
	}
	return backend.OpenNamed(name)
}

// rules collects broken rules of a configuration.
type rules struct {
	name   string
	broken []error
}

func (r *rules) must(ok bool, format string, args ...any) {
	if !ok {
		r.broken = append(r.broken, fmt.Errorf(r.name+": "+format, args...))
	}
}

func (r *rules) err() error { return errors.Join(r.broken...) }
