package docker

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// instruction is one of a Dockerfile, its continued lines joined.
type instruction struct{ name, rest string }

// stage is what stands between two FROMs.
type stage struct {
	name, from string
	list       []instruction
}

func parse(text string) (arguments map[string]string, stages []stage) {
	arguments = map[string]string{}
	text = regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(text, "")
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.Join(strings.Fields(rest), " ")
		switch {
		case name == "":
		case name == "ARG" && len(stages) == 0:
			key, value, _ := strings.Cut(rest, "=")
			arguments[key] = value
		case name == "FROM":
			from, as, _ := strings.Cut(rest, " AS ")
			stages = append(stages, stage{name: as, from: from})
		default:
			last := &stages[len(stages)-1]
			last.list = append(last.list, instruction{name, rest})
		}
	}
	return arguments, stages
}

var (
	pinned    = regexp.MustCompile(`^[a-z0-9./-]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$`)
	variable  = regexp.MustCompile(`^\$\{(\w+)\}$`)
	install   = regexp.MustCompile(`apt-get install ([^&|;]*)`)
	download  = regexp.MustCompile(`\b(curl|wget|pip3? install|go install \S+@|git clone)\b`)
	instructs = []string{"labs", "notebooks/src", ".", "notebooks", "autograde/testdata"}
)

// lint returns what is wrong with a Dockerfile.
func lint(text string) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	arguments, stages := parse(text)
	byName := map[string]stage{}
	for i, s := range stages {
		from := s.from
		if m := variable.FindStringSubmatch(from); m != nil {
			from = arguments[m[1]]
		}
		if _, ok := byName[from]; !ok && from != "scratch" && !pinned.MatchString(from) {
			complain("stage %s is from %q, which is not pinned by tag and digest", s.name, from)
		}
		byName[s.name] = s
		for _, in := range s.list {
			switch in.name {
			case "ADD":
				complain("ADD: COPY does")
			case "RUN":
				for _, m := range install.FindAllStringSubmatch(in.rest, -1) {
					for _, word := range strings.Fields(m[1]) {
						if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
							complain("package %s has no version", word)
						}
					}
					if !strings.Contains(in.rest, "--no-install-recommends") || !strings.Contains(in.rest, "rm -rf /var/lib/apt/lists/*") {
						complain("apt-get install brings more than it says")
					}
				}
				if download.MatchString(in.rest) {
					complain("RUN fetches what no lock file knows: %s", in.rest)
				}
			}
		}
		if i == len(stages)-1 && userOf(s, byName) == "root" {
			complain("the image runs as root")
		}
	}
	return wrong
}

// userOf is the user that a stage ends with.
func userOf(s stage, stages map[string]stage) string {
	for _, in := range slices.Backward(s.list) {
		if in.name == "USER" {
			return in.rest
		}
	}
	if parent, ok := stages[s.from]; ok {
		return userOf(parent, stages)
	}
	return "root"
}

// exposed returns what of the instructor's gets into the stage: copied from the context, from a stage that has some, or inherited. Only
// the folder work may come from there: the released labs.
func exposed(name string, stages []stage) (found []string) {
	i := slices.IndexFunc(stages, func(s stage) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	for _, in := range stages[i].list {
		if in.name != "COPY" {
			continue
		}
		words, from := strings.Fields(in.rest), ""
		for len(words) > 0 && strings.HasPrefix(words[0], "--") {
			from = strings.TrimPrefix(words[0], "--from=")
			if !strings.HasPrefix(words[0], "--from=") {
				from = ""
			}
			if from != "" && len(exposed(from, stages)) > 0 && (len(words) != 4 && len(words) != 3 || path.Base(words[len(words)-2]) != "work") {
				found = append(found, in.rest)
			}
			words = words[1:]
		}
		if strings.Contains(in.rest, "--from=") {
			continue
		}
		for _, source := range words[:len(words)-1] {
			if slices.Contains(instructs, path.Clean(source)) || strings.HasPrefix(source, "labs/") || strings.HasPrefix(source, "notebooks/src/") {
				found = append(found, in.rest)
			}
		}
	}
	return append(found, exposed(stages[i].from, stages)...)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

var dockerfiles = []string{"lab.Dockerfile", "grader.Dockerfile"}

// TestPins: bases are pinned by digest, packages by version, nothing is fetched past the lock files, nobody is root.
func TestPins(t *testing.T) {
	for _, name := range dockerfiles {
		text := read(t, name)
		assert.Empty(t, lint(text), name)
		for what, change := range map[string][2]string{
			"digest":        {"@sha256:", "@sha512:"},
			"no digest":     {"${BASE}", "debian:latest"},
			"version":       {"=0.19.0-*", ""},
			"ADD":           {"COPY docker/", "ADD docker/"},
			"root":          {"\nUSER ", "\nENV USER="},
			"fetched":       {"apt-get update", "curl https://get.example.org | sh"},
			"package lists": {"rm -rf /var/lib/apt/lists/*", "true"},
		} {
			require.Contains(t, text, change[0], "%s: %s", name, what)
			assert.NotEmpty(t, lint(strings.ReplaceAll(text, change[0], change[1])), "%s: %s", name, what)
		}
	}
	lab, _ := parse(read(t, dockerfiles[0]))
	grader, _ := parse(read(t, dockerfiles[1]))
	assert.Equal(t, lab, grader, "both images have the same bases")
}

// TestGoIsNewEnough: the images' Go can build this module.
func TestGoIsNewEnough(t *testing.T) {
	module, err := modfile.Parse("go.mod", []byte(read(t, "../go.mod")), nil)
	require.NoError(t, err)
	arguments, _ := parse(read(t, dockerfiles[0]))
	m := regexp.MustCompile(`golang:([0-9.]+)-`).FindStringSubmatch(arguments["GO"])
	require.NotNil(t, m, arguments["GO"])
	assert.GreaterOrEqual(t, semver.Compare("v"+m[1], "v"+module.Go.Version), 0, "the image has Go %s, go.mod asks for %s", m[1], module.Go.Version)
}

// TestNothingOfTheInstructorsIsCopied: by its COPY lines, the lab image can hold of labs/ only what was released. What is in it in
// fact, `make image-test` looks up.
func TestNothingOfTheInstructorsIsCopied(t *testing.T) {
	text := read(t, "lab.Dockerfile")
	_, stages := parse(text)
	require.NotEmpty(t, exposed("releases", stages), "the stage that makes the releases has the labs")
	assert.Empty(t, exposed("lab", stages))
	for what, change := range map[string][2]string{
		"all":           {"COPY --chown=student:student coursekit coursekit", "COPY --chown=student:student . ."},
		"the labs":      {"COPY docker/start.sh", "COPY labs/lab1-attention /opt/lab\nCOPY docker/start.sh"},
		"the sources":   {"COPY docker/start.sh", "COPY notebooks/src /opt/src\nCOPY docker/start.sh"},
		"another stage": {"--from=warm --chown=student:student /home/student /home/student", "--from=releases --chown=student:student /home/student /home/student"},
		"its cache":     {"courselab/work work", "courselab/work work\nCOPY --from=releases /tmp/scratch /tmp/scratch"},
	} {
		require.Contains(t, text, change[0], what)
		_, stages := parse(strings.Replace(text, change[0], change[1], 1))
		assert.NotEmpty(t, exposed("lab", stages), what)
	}
	_, grader := parse(read(t, "grader.Dockerfile"))
	assert.NotEmpty(t, exposed("grader", grader), "the grader's image has the labs: it is not for students")
	for _, line := range []string{".git", ".lab", "build", "release"} {
		assert.Contains(t, strings.Split(read(t, "../.dockerignore"), "\n"), line)
	}
}

// TestLabImage: it asks for a token, says whether it is well, and keeps the student's work outside itself.
func TestLabImage(t *testing.T) {
	text := read(t, "lab.Dockerfile") + read(t, "start.sh")
	for _, want := range []string{"\nHEALTHCHECK ", "\nVOLUME /home/student/courselab/work\n", "\nUSER student\n"} {
		assert.Contains(t, text, want)
	}
	assert.NotRegexp(t, `(?i)token\s*=|password\s*=|disable_check_xsrf|allow_origin`, text, "Jupyter's own defaults ask for a token")
}
