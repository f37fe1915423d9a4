package experiment_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/experiment"
)

// TestDebriefQuick is M22 on the Go backend; the tests of coursekit/debrief run the same demonstrations on XLA.
func TestDebriefQuick(t *testing.T) {
	config := experiment.QuickDebriefConfig()
	config.Seeds = []int64{1, 2}
	result, err := experiment.MidtermDebrief(config)
	require.NoError(t, err)
	for _, check := range result.Checks {
		assert.True(t, check.Passed, "%s: got %s, want %s", check.Name, check.Got, check.Want)
	}
	assert.Len(t, result.Checks, 39+2+8+1)
	assert.True(t, result.Passed())
	stated, derived := 0, 0
	for _, check := range result.Checks[:39] {
		if strings.HasSuffix(check.Name, "(stated)") {
			stated++
		}
		if strings.HasSuffix(check.Name, "(derived)") {
			derived++
		}
	}
	assert.Equal(t, []int{5, 34}, []int{stated, derived})
	require.Len(t, result.Examples, 8)
	for _, example := range result.Examples {
		assert.Equal(t, example.Want, example.Got, "the key that the demonstrations give by themselves")
	}
	coin, found := result.Number("baseline: demonstrations that hold for a key drawn by coin")
	require.True(t, found)
	for _, held := range coin.Values {
		assert.InDelta(t, 19.5, held, 12, "near a half")
	}
	students := 0.0
	for _, n := range result.Curves[0].Y {
		students += n
	}
	assert.EqualValues(t, config.Students, students, "the histogram has everyone")

	var shown bytes.Buffer
	require.NoError(t, result.WriteText(&shown))
	for _, want := range []string{"M22  The midterm's questions", "39 of 39", "→ B C E", "wording: argmin", "M22 passed"} {
		assert.Contains(t, shown.String(), want)
	}
	_, err = json.Marshal(result)
	require.NoError(t, err)
}

func TestDebriefValidate(t *testing.T) {
	require.NoError(t, experiment.DefaultDebriefConfig().Validate())
	require.NoError(t, experiment.QuickDebriefConfig().Validate())
	assert.GreaterOrEqual(t, len(experiment.DefaultDebriefConfig().Seeds), 3)
	for want, change := range map[string]func(*experiment.DebriefConfig){
		"Seeds is empty": func(c *experiment.DebriefConfig) { c.Seeds = nil },
		"Students is 39": func(c *experiment.DebriefConfig) { c.Students = 39 },
		"abacus":         func(c *experiment.DebriefConfig) { c.Backend = "abacus" },
	} {
		config := experiment.QuickDebriefConfig()
		change(&config)
		_, err := experiment.MidtermDebrief(config)
		assert.ErrorContains(t, err, want)
	}
}
