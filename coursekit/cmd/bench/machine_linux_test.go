package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	u, err := parseStat("cpu  100 20 300 4000 50 6 7 80 0 0\ncpu0 1 2 3\n")
	require.NoError(t, err)
	assert.InDelta(t, 4.33, u.busy, 1e-9, "user, nice, system, irq, softirq")
	assert.InDelta(t, 0.8, u.stolen, 1e-9)
	for _, text := range []string{"", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3", "cpu a b c d e f g h"} {
		_, err := parseStat(text)
		assert.Error(t, err, text)
	}
}

func TestThisMachine(t *testing.T) {
	before, err := thisMachine{}.usage()
	require.NoError(t, err)
	x := 1.0
	for after := before; after.own-before.own < 0.02; {
		for range 100000 {
			x = x*0.5 + 1
		}
		after, err = thisMachine{}.usage()
		require.NoError(t, err)
		require.GreaterOrEqual(t, after.busy, before.busy)
	}
	assert.Positive(t, x)
	assert.Greater(t, peakMB(), 1.0)
}
