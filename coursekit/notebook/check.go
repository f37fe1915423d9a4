package notebook

import (
	"fmt"
	"math"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
)

// Expect compares a measured number with the expected one and shows both. It panics if they differ by more than the
// tolerance, so that a notebook whose text is no longer true fails instead of showing something else. NaN never passes.
func Expect(name string, got, want, tolerance float64) {
	ExpectQuietly(name, got, want, tolerance)
	line := fmt.Sprintf("%s = %s", name, short(got))
	if tolerance > 0 {
		line += fmt.Sprintf("   (expected %s ± %s)", short(want), short(tolerance))
	}
	say("✓", "#1a7f37", line)
}

// ExpectQuietly is [Expect] without a word when it passes.
func ExpectQuietly(name string, got, want, tolerance float64) {
	if !(math.Abs(got-want) <= tolerance) {
		panic(fmt.Errorf("%s is %s, expected %s ± %s", name, short(got), short(want), short(tolerance)))
	}
}

// Step is one thing that an exercise asks for.
type Step struct {
	Name   string // what must be true, in words that help
	Passed bool   // if there is no Check
	// Check, if given, says what is wrong, or returns nil: what was got, never what would be right. It may panic, as unfinished
	// code does.
	Check func() error
}

// Exercise shows which steps of an exercise are right. The steps build on each other: after the first that is wrong, those
// with a Check are not tried. It never fails the cell: an exercise that is not done yet is no error.
func Exercise(name string, steps ...Step) {
	right, wrong := 0, 0
	for _, s := range steps {
		if s.Check != nil && wrong > 0 {
			say("·", "#57606a", s.Name+" (not tried yet)")
			continue
		}
		passed, why := s.try()
		if passed {
			right++
			say("✓", "#1a7f37", s.Name)
		} else {
			wrong++
			say("✗", "#b35900", s.Name+why)
		}
	}
	if right == len(steps) {
		say("★", "#1a7f37", fmt.Sprintf("%s: done.", name))
	} else {
		say("→", "#57606a", fmt.Sprintf("%s: %d of %d right. Change the code above and run the cell again.", name, right, len(steps)))
	}
}

// try runs the check, and turns a panic into a reason.
func (s Step) try() (passed bool, why string) {
	if s.Check == nil {
		return s.Passed, ""
	}
	defer func() {
		if r := recover(); r != nil {
			passed, why = false, ": "+firstLine(fmt.Sprint(r))
		}
	}()
	if err := s.Check(); err != nil {
		return false, ": " + firstLine(err.Error())
	}
	return true, ""
}

// firstLine keeps the stack of a failed graph out of the reader's sight.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// say shows a line with a coloured mark.
func say(mark, color, line string) {
	if !gonbui.IsNotebook {
		fmt.Println(mark, line)
		return
	}
	HTML(`<div><span style="color:%s;font-weight:bold">%s</span> %s</div>`, color, mark, line)
}

// short writes a number with at most six digits.
func short(x float64) string {
	text := fmt.Sprintf("%.6g", x)
	if strings.Contains(text, "e-0") {
		text = strings.Replace(text, "e-0", "e-", 1)
	}
	return text
}
