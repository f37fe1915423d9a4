package training

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestProgressInALog: where there is no terminal, a line now and then, with what matters in it.
func TestProgressInALog(t *testing.T) {
	var out strings.Builder
	config := Config{Name: "letters", Steps: 100, Progress: &out}
	p := newProgress(config, 20)
	history := History{
		Points:      []Point{{Step: 60, Loss: 0.25}},
		Evaluations: []Evaluation{{Step: 50, Metrics: map[string]float64{"exact": 0.5, "chance": 0.1}}},
	}
	p.update(60, history)
	assert.Empty(t, out.String(), "too soon")

	p.started, p.shown = p.started.Add(-40*time.Second), p.shown.Add(-40*time.Second)
	p.update(60, history)
	p.update(61, history)
	assert.Equal(t, "letters  loss 0.2500  chance 0.1, exact 0.5: step 60/100, 40s left\n", out.String())
	p.close()

	out.Reset()
	config.Quiet = true
	p = newProgress(config, 0)
	p.shown = p.shown.Add(-time.Hour)
	p.update(60, history)
	p.close()
	assert.Empty(t, out.String())
}
