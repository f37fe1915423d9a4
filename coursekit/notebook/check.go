package notebook

import (
	"fmt"
	"html"
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
	Passed bool
}

// Exercise shows which steps of an exercise are right. It never fails the cell: an exercise that is not done yet is no
// error.
func Exercise(name string, steps ...Step) {
	right := 0
	for _, s := range steps {
		if s.Passed {
			right++
			say("✓", "#1a7f37", s.Name)
		} else {
			say("✗", "#b35900", s.Name)
		}
	}
	if right == len(steps) {
		say("★", "#1a7f37", fmt.Sprintf("%s: done.", name))
	} else {
		say("→", "#57606a", fmt.Sprintf("%s: %d of %d right. Change the code above and run the cell again.", name, right, len(steps)))
	}
}

// say shows a line with a coloured mark.
func say(mark, color, line string) {
	if !gonbui.IsNotebook {
		fmt.Println(mark, line)
		return
	}
	gonbui.DisplayHTMLF(`<div><span style="color:%s;font-weight:bold">%s</span> %s</div>`, color, mark, html.EscapeString(line))
	gonbui.Sync()
}

// short writes a number with at most six digits.
func short(x float64) string {
	text := fmt.Sprintf("%.6g", x)
	if strings.Contains(text, "e-0") {
		text = strings.Replace(text, "e-0", "e-", 1)
	}
	return text
}
