//go:build long

package workload_test

import "math"

// The long tests compare all steps on the Go backend, too.
func init() { goBudget = math.MaxInt64 }
