package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// executed is what nbclient might write: a progress bar in pieces, stamps, random ids, paths of the machine.
const executed = `{"cells": [
 {"cell_type": "markdown", "id": "random-1", "metadata": {"extra": 1}, "source": "# Title"},
 {"cell_type": "code", "id": "random-2", "execution_count": 1,
  "metadata": {"execution": {"iopub.status.busy": "2026-01-01"}, "tags": ["figure"]},
  "outputs": [
   {"output_type": "stream", "name": "stdout", "text": "step 1\rstep 2"},
   {"output_type": "stream", "name": "stdout", "text": ["\rstep 3\n", "in /home/ann/lab/notebooks\n"]},
   {"output_type": "stream", "name": "stderr", "text": "/home/ann/other, /home/annette"},
   {"output_type": "display_data", "transient": {"display_id": "7"}, "metadata": {}, "data": {"text/html": "<b>x</b>"}},
   {"output_type": "stream", "name": "stdout", "text": "done"}],
  "source": "%%\nrun()"},
 {"cell_type": "code", "id": "random-3", "execution_count": null, "metadata": {}, "outputs": [], "source": "%%\nrun()"}],
 "metadata": {"language_info": {"version": "go1.2.3"}, "jupytext": {}}, "nbformat": 4, "nbformat_minor": 5}`

var ann = []hiding{{"/home/ann/lab", "courselab"}, {"/home/ann", "~"}}

func tidied(t *testing.T, text string) *book {
	t.Helper()
	b, err := parse([]byte(text))
	require.NoError(t, err)
	b.tidy(ann)
	return b
}

func TestTidyOutputs(t *testing.T) {
	outputs := tidied(t, executed).Cells[1].outputs()
	require.Len(t, outputs, 4, "neighbouring pieces of a stream are joined, others keep their order")
	assert.Equal(t, []string{"step 3\n", "in courselab/notebooks\n"}, outputs[0]["text"])
	assert.Equal(t, []string{"~/other, /home/annette"}, outputs[1]["text"], "a path ends where its last name ends")
	assert.NotContains(t, outputs[2], "transient")
	assert.Equal(t, []string{"done"}, outputs[3]["text"])
}

func TestTidyMakesRunsAlike(t *testing.T) {
	one, err := tidied(t, executed).bytes()
	require.NoError(t, err)
	other := strings.NewReplacer("random", "arbitrary", "2026-01-01", "2027-02-02", "go1.2.3", "go1.2.4", `"7"`, `"8"`).Replace(executed)
	two, err := tidied(t, other).bytes()
	require.NoError(t, err)
	assert.Equal(t, string(one), string(two))
	for _, gone := range []string{"random", "iopub", "jupytext", "go1.2.3", "transient", "extra"} {
		assert.NotContains(t, string(one), gone)
	}
	assert.Contains(t, string(one), `"figure"`)
	assert.Contains(t, string(one), "<b>x</b>", "HTML is not escaped")
}

func TestCellIDsAreUnique(t *testing.T) {
	b := tidied(t, executed)
	assert.NotEqual(t, b.Cells[1]["id"], b.Cells[2]["id"], "two cells of the same text")
	assert.Regexp(t, `^[a-zA-Z0-9_-]{1,64}$`, b.Cells[2]["id"])
}

func TestOverwritten(t *testing.T) {
	for in, want := range map[string][]string{
		"a\nb":                {"a\n", "b"},
		"10 %\r100 %\r\n":     {"100 %\n"},
		"\x1b[2K\r 1/2\x1b[K": {" 1/2"},
		"":                    {},
	} {
		assert.Equal(t, want, overwritten(in), "%q", in)
	}
}

func TestParseRejectsWhatIsNoNotebook(t *testing.T) {
	_, err := parse([]byte("# Title"))
	require.ErrorContains(t, err, "no notebook")
}
