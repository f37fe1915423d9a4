package check

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"courselab/autograde/wire"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pass(t *T) { t.Equal("n", 1, 1) }

var suites = []Suite{
	{Lab: "lab", Checks: []Check{{ID: "a", Task: "1", Points: 2, Title: "A", Run: pass}, {ID: "b", Task: "2", Points: 1, Title: "B", Run: pass}}},
	{Lab: "lab", Checks: []Check{{ID: "c", Task: "1", Points: 5, Hidden: true, Title: "C", Run: func(t *T) { t.Equal("n", 1, 2) }}}},
}

func TestMainWritesRecordsThatCanBeTrusted(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run([]string{"-task", "1", "-seed", "42"}, &out, suites))
	text := out.String()
	records, err := ReadRecords(&out)
	require.NoError(t, err)
	require.Len(t, records, 2)
	assert.Equal(t, Record{Check: "a", Task: "1", Title: "A", Points: 2, Verdict: Accepted, Fraction: 1, Seed: 42, DurationMS: records[0].DurationMS}, records[0])
	assert.Equal(t, WrongAnswer, records[1].Verdict)
	assert.Empty(t, records[1].Title+records[1].Staff)
	for name, cut := range map[string]string{
		"no end":   text[:strings.LastIndex(text, `{"end"`)],
		"half":     text[:len(text)/2],
		"dropped":  text[strings.Index(text, "\n")+1:],
		"nothing":  "",
		"no JSON":  "panic: everything\n",
		"only end": "{\"end\":1}\n",
		"huge":     strings.Repeat("x", maxLine+1),
	} {
		_, err := ReadRecords(strings.NewReader(cut))
		assert.Error(t, err, name)
	}
	assert.ErrorContains(t, run([]string{"-task", "9"}, &out, suites), "no checks for task")
	out.Reset()
	require.NoError(t, run([]string{"-list"}, &out, suites))
	records, err = ReadRecords(&out)
	require.NoError(t, err)
	assert.Len(t, records, 3)
	assert.Empty(t, records[0].Verdict)
	out.Reset()
	require.NoError(t, run([]string{"-task", "1", "-staff"}, &out, suites))
	assert.Contains(t, out.String(), "want: 2")
}

func TestValidateNamesTheMistake(t *testing.T) {
	for want, c := range map[string][]Check{
		"needs an ID":                      {{Task: "1", Points: 1, Run: pass}},
		"two checks have the ID":           {{ID: "a", Task: "1", Points: 1, Run: pass}, {ID: "a", Task: "1", Points: 1, Run: pass}},
		"has -1 points":                    {{ID: "a", Task: "1", Points: -1, Run: pass}},
		"the checks of task 1 have no poi": {{ID: "a", Task: "1", Run: pass}},
	} {
		assert.ErrorContains(t, Validate(Suite{Lab: "lab", Checks: c}), want)
	}
	assert.NoError(t, Validate(suites...))
}

func TestPipe(t *testing.T) {
	request := &wire.Request{ID: make([]byte, wire.IDSize), Op: wire.Call, Function: "F"}
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	answer, err := wire.Encode(&wire.Response{ID: request.ID, Results: []wire.Value{wire.OfInt(7)}}, wire.DefaultLimits())
	require.NoError(t, err)

	var sent bytes.Buffer
	p := NewPipe(bytes.NewReader(answer), &sent)
	response, err := p.Do(soon(), request)
	require.NoError(t, err)
	assert.EqualValues(t, 7, response.Results[0].Int)
	var received wire.Request
	require.NoError(t, wire.Read(&sent, &received, wire.DefaultLimits()))
	assert.Equal(t, "F", received.Function)
	_, err = p.Do(soon(), request)
	assert.ErrorIs(t, err, ErrGone)

	// A worker that does not answer, or does not even read: the late answer must never count for a later request.
	silent, w := io.Pipe()
	p = NewPipe(silent, io.Discard)
	_, err = p.Do(soon(), request)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	go func() { _, _ = w.Write(answer) }()
	_, err = p.Do(soon(), request)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, full := io.Pipe()
	_, err = NewPipe(silent, full).Do(soon(), request)
	assert.ErrorIs(t, err, context.DeadlineExceeded)

	_, err = NewPipe(strings.NewReader("\x00\x00\x00\x01x"), io.Discard).Do(soon(), request)
	assert.ErrorIs(t, err, wire.ErrMalformed)
	_, err = NewPipe(strings.NewReader("\xff\x00\x00\x01x"), io.Discard).Do(soon(), request)
	assert.ErrorIs(t, err, wire.ErrTooLarge)
	_, err = NewPipe(bytes.NewReader(answer[:9]), io.Discard).Do(soon(), request)
	assert.ErrorIs(t, err, ErrGone)
	_, err = NewPipe(bytes.NewReader(answer), io.Discard).Do(soon(), &wire.Request{})
	assert.ErrorIs(t, err, ErrRequest)
}

func TestArrayText(t *testing.T) {
	show := func(v any) string { return text(argument(v)) }
	assert.Equal(t, "Float32[2 3] [[1 2 3] [4 5.5 NaN]]", show(Of([]float32{1, 2, 3, 4, 5.5, float32(nan())}, 2, 3)))
	assert.Equal(t, "Bool[2] [true false]", show(Of([]bool{true, false}, 2)))
	assert.Equal(t, "Int32[0 3] []", show(Of([]int32{}, 0, 3)))
	assert.Equal(t, "7", show(7))
	assert.Equal(t, `["a" "b"]`, show([]string{"a", "b"}))
	assert.Equal(t, "nil", show(Nil))
	assert.Contains(t, show(Of(make([]float32, 1000), 10, 100)), "...")
	assert.Less(t, len(show(Of(make([]float32, 0), 1<<20, 0))), 1000, "a million empty rows")
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestTakeAndAttribute(t *testing.T) {
	x := Of([]int32{1, 2, 3, 4, 5, 6}, 2, 3)
	assert.Equal(t, Of([]int32{3, 1, 6, 4}, 2, 2), take(x, -1, []int{2, 0}))
	assert.Equal(t, Of([]int32{4, 5, 6}, 1, 3), take(x, 0, []int{1}))
	assert.Panics(t, func() { take(x, 2, nil) })
	records := Attribute([]Record{{Verdict: Accepted, Fraction: 1}, {Verdict: RuntimeError, Gone: true, Message: "old"}, {Verdict: RuntimeError, Gone: true, Hidden: true}},
		MemoryLimitExceeded, "256 MiB")
	assert.Equal(t, []Record{{Verdict: Accepted, Fraction: 1}, {Verdict: MemoryLimitExceeded, Gone: true, Message: "256 MiB"},
		{Verdict: MemoryLimitExceeded, Gone: true, Hidden: true}}, records)
}
