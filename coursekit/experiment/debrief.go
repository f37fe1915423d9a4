package experiment

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/debrief"
	"courselab/coursekit/worked"
)

// DebriefConfig is the setting of MidtermDebrief. Start from DefaultDebriefConfig or QuickDebriefConfig.
type DebriefConfig struct {
	// Seeds of the demonstrations: each is run once a seed, and has to hold for all.
	Seeds []int64
	// Students of the simulated class.
	Students int
	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string

	quick bool
}

// DefaultDebriefConfig is three seeds.
func DefaultDebriefConfig() DebriefConfig {
	return DebriefConfig{Seeds: []int64{1, 2, 3}, Students: debrief.ClassSize}
}

// QuickDebriefConfig is the same on the Go backend, which has nothing to compile for the many small graphs, with one seed.
func QuickDebriefConfig() DebriefConfig {
	config := DefaultDebriefConfig()
	config.Seeds, config.Backend, config.quick = []int64{1}, "go", true
	return config
}

// Validate returns nil or the rules that are broken.
func (c DebriefConfig) Validate() error {
	r := rules{name: "midterm debrief"}
	r.must(len(c.Seeds) > 0, "Seeds is empty")
	r.must(c.Students >= debrief.MinClassSize, "Students is %d, must be at least %d", c.Students, debrief.MinClassSize)
	return r.err()
}

// MidtermDebrief is milestone M22: every choice of the midterm's questions has a verdict, which says if it is stated or
// derived, a reason, and a demonstration that holds; so does every correction of the lecture's wording. The key that the
// demonstrations give by themselves is compared with the key of the questions: it is computed without it.
//
// The baseline is a key drawn by coin, the negative control a key with every verdict turned around.
func MidtermDebrief(config DebriefConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	result := Result{
		ID: "M22", Title: "The midterm's questions, each choice with a computation that shows its verdict",
		Quick: config.quick, Backend: info, Seeds: config.Seeds,
	}
	run := debriefRun{config: config, backend: b, result: &result}
	for _, step := range []func() error{run.questions, run.corrections, run.class} {
		if err := step(); err != nil {
			return Result{}, fmt.Errorf("midterm debrief: %w", err)
		}
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

type debriefRun struct {
	config  DebriefConfig
	backend compute.Backend
	result  *Result
}

// questions demonstrates every choice, a check each, and counts.
func (r debriefRun) questions() error {
	seeds := r.config.Seeds
	shown, turned, byCoin := make([]float64, len(seeds)), make([]float64, len(seeds)), make([]float64, len(seeds))
	coins := make([]*rand.Rand, len(seeds))
	for i, seed := range seeds {
		coins[i] = rand.New(rand.NewPCG(uint64(seed), 22))
	}
	choices, complete, right, stated, doubtful := 0, 0, 0, 0, 0
	for _, q := range debrief.Questions() {
		var computed []string
		for _, c := range q.Choices {
			demonstrations := make([]debrief.Demonstration, len(seeds))
			holds, met := 0, 0
			for i, seed := range seeds {
				d, err := c.Demonstrate(r.backend, seed)
				if err != nil {
					return fmt.Errorf("question %d: %w", q.Number, err)
				}
				demonstrations[i] = d
				if d.Holds {
					holds++
					shown[i]++
				}
				decided := d.ContrastMet != d.Met
				if decided && d.Met != c.True() {
					turned[i]++
				}
				if decided && d.Met == (coins[i].IntN(2) == 1) {
					byCoin[i]++
				}
				if d.Met != q.AsksFalse {
					met++
				}
			}
			choices++
			known := c.Known == debrief.Stated || c.Known == debrief.Derived
			if known && (c.Verdict == debrief.Right || c.Verdict == debrief.Wrong) && c.Reason != "" && holds == len(seeds) {
				complete++
			}
			if met == len(seeds) {
				computed = append(computed, c.Letter)
			}
			count(&right, c.Verdict == debrief.Right)
			count(&stated, c.Known == debrief.Stated)
			count(&doubtful, c.Doubt != "")
			r.check(fmt.Sprintf("%d%s, %s (%s)", q.Number, c.Letter, c.Verdict, c.Known), demonstrations, c.True())
		}
		r.result.Examples = append(r.result.Examples, Example{
			Input: fmt.Sprintf("question %d: %s", q.Number, q.Text), Want: q.Key(), Got: strings.Join(computed, " "),
		})
	}
	all := float64(choices)
	r.number("choices", "choices", 39, "eight questions", all)
	r.number("choices with verdict, reason and a demonstration that holds", "choices", all, "all of them", float64(complete))
	r.number("demonstrations that hold", "choices", all, "all of them", shown...)
	r.number("baseline: demonstrations that hold for a key drawn by coin", "choices", all/2, "a coin", byCoin...)
	r.number("control: demonstrations that hold for the key turned around", "choices", 0, "none", turned...)
	for _, n := range []struct {
		name  string
		value int
	}{{"right choices", right}, {"verdicts stated in the lecture", stated}, {"verdicts derived", choices - stated}, {"verdicts with a doubt", doubtful}} {
		r.result.Numbers = append(r.result.Numbers, Number{Name: n.name, Unit: "choices", Values: []float64{float64(n.value)}})
	}
	worst := 0.0
	for _, t := range turned {
		worst = max(worst, t)
	}
	r.result.Checks = append(r.result.Checks,
		Check{"choices with verdict, reason and a demonstration that holds", "39 of 39", fmt.Sprintf("%d of %d", complete, choices), complete == choices && choices == 39},
		Check{"a key turned around is noticed", "at no choice a demonstration that holds", fmt.Sprintf("%g", worst), worst == 0})
	return nil
}

// corrections demonstrates every correction of the lecture's wording, a check each.
func (r debriefRun) corrections() error {
	all := debrief.Corrections()
	shown := make([]float64, len(r.config.Seeds))
	for _, c := range all {
		demonstrations := make([]debrief.Demonstration, len(r.config.Seeds))
		for i, seed := range r.config.Seeds {
			d, err := c.Demonstrate(r.backend, seed)
			if err != nil {
				return err
			}
			demonstrations[i] = d
			if d.Holds {
				shown[i]++
			}
		}
		r.check("wording: "+c.Name, demonstrations, true)
	}
	r.number("corrections of the wording that hold", "corrections", float64(len(all)), "all of them", shown...)
	return nil
}

// check is passed if all demonstrations hold; it shows the first, or the first that does not.
func (r debriefRun) check(name string, demonstrations []debrief.Demonstration, said bool) {
	shown, passed := demonstrations[0], true
	for _, d := range demonstrations {
		if passed && !d.Holds {
			shown, passed = d, false
		}
	}
	want := "not so: " + shown.Claim
	if said {
		want = shown.Claim
	}
	r.result.Checks = append(r.result.Checks, Check{name, want, shown.Text, passed})
}

// class simulates the scores and compares them with the slide's three numbers.
func (r debriefRun) class() error {
	const width, from = 2.5, 45.0 // of the histogram's bins, in points
	var means, deviations, medians []float64
	same := true
	tenth := func(x float64) string { return fmt.Sprintf("%.1f", x) }
	for i, seed := range r.config.Seeds {
		scores, err := debrief.Class(seed, r.config.Students)
		if err != nil {
			return err
		}
		mean, deviation, median := debrief.Statistics(scores)
		means, deviations, medians = append(means, mean), append(deviations, deviation), append(medians, median)
		same = same && tenth(mean) == tenth(worked.Midterm.Mean) && tenth(deviation) == tenth(worked.Midterm.Deviation) && tenth(median) == tenth(worked.Midterm.Median)
		if i > 0 {
			continue
		}
		histogram := Curve{Name: fmt.Sprintf("simulated class, seed %d", seed), XLabel: "points", YLabel: "students"}
		for left := from; left < 100; left += width {
			students := 0.0
			for _, s := range scores {
				if s >= left && s < left+width || s < from && left == from {
					students++
				}
			}
			histogram.X, histogram.Y = append(histogram.X, left+width/2), append(histogram.Y, students)
		}
		r.result.Curves = append(r.result.Curves, histogram)
	}
	const slide = "slide \"Midterm\""
	r.number("simulated class, mean", "points", worked.Midterm.Mean, slide, means...)
	r.number("simulated class, deviation", "points", worked.Midterm.Deviation, slide, deviations...)
	r.number("simulated class, median", "points", worked.Midterm.Median, slide, medians...)
	r.result.Checks = append(r.result.Checks, Check{
		"simulated class, to one decimal", fmt.Sprintf("%g, %g and %g", worked.Midterm.Mean, worked.Midterm.Deviation, worked.Midterm.Median),
		fmt.Sprintf("%.2f, %.2f and %.2f", means[0], deviations[0], medians[0]), same,
	})
	return nil
}

func (r debriefRun) number(name, unit string, expected float64, from string, values ...float64) {
	r.result.Numbers = append(r.result.Numbers, Number{Name: name, Unit: unit, Values: values, Expected: &expected, From: from})
}

// count adds one if it is so.
func count(n *int, so bool) {
	if so {
		*n++
	}
}

func m22() Milestone {
	return Milestone{
		ID: "M22", Title: "The midterm's questions, each choice with a computation that shows its verdict",
		Shows:  "why each of 39 choices is right or wrong, and where the lecture's wording needs care",
		Expect: "39 of 39 choices with verdict, reason and a demonstration that holds; 5 verdicts are stated in the lecture, 34 derived", Takes: "60 s; 2 s on the Go backend",
		Headline: []string{"choices with verdict, reason and a demonstration that holds"},
		Run: func(o Options) (Result, error) {
			config := DefaultDebriefConfig()
			if o.Quick {
				config = QuickDebriefConfig()
			}
			if o.Backend != "" {
				config.Backend = o.Backend
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			return MidtermDebrief(config)
		},
	}
}
