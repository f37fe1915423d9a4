package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/similarity"
)

func TestSimilar(t *testing.T) {
	const lab, samples = "labs/lab1-attention", "labs/lab1-attention/samples"
	stdout, stderr, code := autograde(t, "similar", lab, samples)
	require.Zero(t, code, stderr)
	for _, want := range []string{"fatima-alaoui", "look", "attention.go:9-22 = ", "These hang together: ", "pairs share 50 % or more", "95 % at most"} {
		assert.Contains(t, stdout, want)
	}
	assert.NotContains(t, stdout, "bjorn-lindqvist", "who wrote his own")
	stdout, _, code = autograde(t, "similar", lab, samples, "--json")
	require.Zero(t, code)
	var r similarity.Report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	assert.NotEmpty(t, r.Pairs[0].Passages)
	_, stderr, code = autograde(t, "similar", lab)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "similar needs SUBMISSIONS")
}
