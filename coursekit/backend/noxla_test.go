//go:build !cgo || noxla

package backend_test

import "testing"

// TestBuiltWithoutXLA: who asks for XLA is told why it is not there.
func TestBuiltWithoutXLA(t *testing.T) {
	refuses(t, map[string]string{
		"xla:cpu":                "built without XLA",
		"xla:cuda":               "built without XLA",
		"xla:/no/such/plugin.so": "built without XLA",
	})
}
