package backend

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // registers "go"
)

// The names of the backends, best first.
const (
	XLACUDA = "xla:cuda"
	XLACPU  = "xla:cpu"
	Go      = "go"
)

// oneByOne makes the Go backend run one operation at a time: with the default, operations wait for workers of the pool
// that they fill. Matrix products still use all cores.
const oneByOne = "ops_sequential"

// startTime is how long a backend may take to start. A driver that hangs must not hang the program.
const startTime = time.Minute

// ErrNoPlugin says that XLA was asked for and no plugin for it is installed.
var ErrNoPlugin = errors.New("no PJRT plugin found")

// Info describes an opened backend.
type Info struct {
	Name          string `json:"name"`                     // XLACUDA, XLACPU or Go
	Config        string `json:"config,omitempty"`         // what GoMLX was given
	Description   string `json:"description,omitempty"`    // GoMLX's own words
	PluginPath    string `json:"plugin_path,omitempty"`    // the PJRT plugin file, for XLA
	PluginVersion string `json:"plugin_version,omitempty"` // its package and version, if set-up installed it
	Devices       int    `json:"devices"`
	SIMD          bool   `json:"simd,omitempty"` // Go only: its matrix products use vector instructions, see the package
	Reason        string `json:"reason"`         // one line: why this backend
}

// String is one line for people: name, plugin and reason.
func (i Info) String() string {
	plugin := ""
	if i.SIMD {
		plugin = " with SIMD"
	}
	if i.PluginVersion != "" {
		plugin = ", plugin " + i.PluginVersion
	}
	return fmt.Sprintf("%s%s (%s)", i.Name, plugin, i.Reason)
}

var opened struct {
	sync.Mutex
	backends map[string]openedBackend
}

type openedBackend struct {
	backend compute.Backend
	info    Info
}

// Open returns the backend that GOMLX_BACKEND names, or the best that works. A process that opens a name again gets the
// same backend: tensors belong to the one that made them, and XLA takes a while to start. What GOMLX_BACKEND names is
// taken or is an error; only without it there is falling back. The error says what to do next.
func Open() (compute.Backend, Info, error) {
	if name := strings.TrimSpace(os.Getenv(compute.ConfigEnvVar)); name != "" {
		b, info, err := OpenNamed(name)
		info.Reason = compute.ConfigEnvVar + "=" + name
		return b, info, err
	}
	var why []string
	for _, name := range []string{XLACUDA, XLACPU, Go} {
		b, info, err := OpenNamed(name)
		if err != nil {
			why = append(why, err.Error())
			continue
		}
		switch {
		case name == XLACUDA:
			info.Reason = "a GPU and its plugin were found"
		case name == XLACPU && hasGPU():
			info.Reason = "falling back to the CPU: " + why[0]
		case name == XLACPU:
			info.Reason = "the best that this machine has"
		default:
			info.Reason = "falling back to pure Go, several times slower: " + why[len(why)-1]
		}
		return b, info, nil
	}
	return nil, Info{}, fmt.Errorf("no compute backend works: %s", strings.Join(why, "; "))
}

// OpenNamed returns the backend of the given name or GoMLX configuration. The bare name "go" gets the settings that
// do not deadlock.
func OpenNamed(name string) (compute.Backend, Info, error) {
	opened.Lock()
	defer opened.Unlock()
	if o, ok := opened.backends[name]; ok {
		return o.backend, o.info, nil
	}
	config, info, err := resolve(name)
	if err != nil {
		return nil, Info{}, err
	}
	b, err := newBackend(config)
	if err != nil {
		return nil, Info{}, fmt.Errorf("backend %q: %w", name, err)
	}
	info.Config, info.Description, info.Devices = config, b.Description(), b.NumDevices()
	if opened.backends == nil {
		opened.backends = map[string]openedBackend{}
	}
	opened.backends[name] = openedBackend{b, info}
	return b, info, nil
}

// Must is [Open] for notebooks and examples: it panics on an error, and says on standard error when it had to fall back.
func Must() compute.Backend {
	b, info, err := Open()
	if err != nil {
		panic(err)
	}
	if strings.HasPrefix(info.Reason, "falling back") {
		sayOnce.Do(func() { fmt.Fprintln(os.Stderr, "backend:", info) })
	}
	return b
}

var sayOnce sync.Once

// resolve turns a name into the configuration that GoMLX takes.
func resolve(name string) (config string, info Info, err error) {
	kind, rest, _ := strings.Cut(name, ":")
	switch kind {
	case Go:
		options := strings.FieldsFunc(rest, func(r rune) bool { return r == ',' })
		if !slices.Contains(options, oneByOne) && !slices.Contains(options, "ops_parallel") {
			options = append(options, oneByOne)
		}
		return Go + ":" + strings.Join(options, ","), Info{Name: Go, SIMD: simd, Reason: "asked for"}, nil
	case "xla":
		return resolveXLA(name, rest)
	}
	return "", Info{}, fmt.Errorf("unknown backend %q: GOMLX_BACKEND takes %q, %q or %q", name, XLACPU, XLACUDA, Go)
}

// newBackend keeps GoMLX's panics (an unknown name, a plugin of another make) from ending the process, and a hang from
// stopping it.
func newBackend(config string) (compute.Backend, error) {
	type result struct {
		backend compute.Backend
		err     error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{nil, fmt.Errorf("%v", p)}
			}
			done <- r
		}()
		r.backend, r.err = compute.NewWithConfig(config)
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, errors.New(firstLine(r.err.Error()))
		}
		return r.backend, nil
	case <-time.After(startTime):
		return nil, fmt.Errorf("it did not start in %s; set GOMLX_BACKEND=go", startTime)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// IsGo says whether b is GoMLX's pure-Go backend, which is registered as "go" and calls itself otherwise.
func IsGo(b compute.Backend) bool { return b.Name() == "Go Backend" }
