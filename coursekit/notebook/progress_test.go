package notebook

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// clockedProgress has a clock that the test moves, and records what it shows.
func clockedProgress(title string) (p *Progress, clock *time.Time, shown *[]string) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	shown = new([]string)
	p = NewProgress(title)
	p.now = func() time.Time { return now }
	p.started = now
	p.show = func(_, title, text string, share float64) {
		*shown = append(*shown, fmt.Sprintf("%s: %s [%.2f]", title, text, share))
	}
	return p, &now, shown
}

// Ten thousand steps in ten seconds are at most twenty displays.
func TestProgressIsThrottled(t *testing.T) {
	p, clock, shown := clockedProgress("training")
	for step := range 10_000 {
		*clock = clock.Add(time.Millisecond)
		p.Set(step+1, 10_000, "loss 0.5")
	}
	assert.LessOrEqual(t, len(*shown), 20)
	assert.GreaterOrEqual(t, len(*shown), 19)
	assert.Equal(t, "training: 501 of 10000, 9s left · loss 0.5 [0.05]", (*shown)[1])
	p.Close()
}

func TestProgressShowsTheLastLine(t *testing.T) {
	p, clock, shown := clockedProgress("run")
	write := func(text string) {
		*clock = clock.Add(time.Second)
		n, err := p.Write([]byte(text))
		assert.NoError(t, err)
		assert.Equal(t, len(text), n)
	}
	write("step 1\nstep ")
	write("2")
	write("\r\nstep 3\rstep 4\r\n\n")
	write("step 5")
	assert.Equal(t, []string{"run: step 1 [-1.00]", "run: step 4 [-1.00]"}, *shown)
}

func TestProgressWithOddNumbers(t *testing.T) {
	p, clock, shown := clockedProgress("odd")
	for _, c := range [][2]int{{0, 0}, {0, 5}, {7, 5}, {-1, 5}} {
		*clock = clock.Add(time.Minute)
		p.Set(c[0], c[1], "")
	}
	assert.Equal(t, []string{"odd: 0 of 0 [-1.00]", "odd: 0 of 5 [0.00]", "odd: 7 of 5 [1.00]", "odd: -1 of 5 [0.00]"}, *shown)
}

func TestHTMLEscapesItsArguments(t *testing.T) {
	evil := `<script>alert("x")</script>`
	got := formatHTML("<p>%s is %.2f, %d %v %q %-4s|</p>", []any{evil, 0.125, 7, []string{"<b>"}, "a'b", "é"})
	assert.Equal(t, `<p>&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; is 0.12, 7 [&lt;b&gt;] &#34;a&#39;b&#34; é   |</p>`, got)
	assert.Equal(t, "x & <y>\nsecond", plainText("<div class='a'>x &amp; &lt;y&gt;</div><p>second</p>"))
}

func ExampleHTML() {
	HTML("<p>The model says <b>%s</b> (p = %.2f)</p>", "a < b", 0.875)
	// Output: The model says a < b (p = 0.88)
}

func ExampleExercise_checks() {
	shape := func() error { return fmt.Errorf("the shape is [2 3], the last axis is missing") }
	unfinished := func() error { panic(fmt.Errorf("task 2: not written yet\nstack...")) }
	Exercise("heads", Step{Name: "the function returns", Check: func() error { return nil }},
		Step{Name: "there is an axis of heads", Check: shape}, Step{Name: "merging undoes splitting", Check: unfinished})
	Exercise("mask", Step{Name: "the function returns", Check: unfinished})
	// Output:
	// ✓ the function returns
	// ✗ there is an axis of heads: the shape is [2 3], the last axis is missing
	// · merging undoes splitting (not tried yet)
	// → heads: 1 of 3 right. Change the code above and run the cell again.
	// ✗ the function returns: task 2: not written yet
	// → mask: 0 of 1 right. Change the code above and run the cell again.
}
