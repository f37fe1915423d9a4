package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Summary of a measurement that was repeated, by seed say.
type Summary struct {
	N    int     // values
	Mean float64 // their mean
	// SD is the standard deviation of the values, divided by N-1; 0 for a single value, of which there is none.
	SD float64
	// Margin is half the width of the 95 % confidence interval of the mean, by Student's t: it grows fast for few values,
	// 12.7·SD/√2 for two. +Inf for a single one.
	Margin   float64
	Min, Max float64
}

// Summarize returns the summary of values. It returns an error if there are none or one is not finite.
func Summarize(values []float64) (Summary, error) {
	if err := finite("value", values); err != nil {
		return Summary{}, err
	}
	n := float64(len(values))
	s := Summary{N: len(values), Min: values[0], Max: values[0], Margin: math.Inf(1)}
	for _, v := range values {
		s.Min, s.Max = math.Min(s.Min, v), math.Max(s.Max, v)
	}
	if len(values) == 1 {
		s.Mean = values[0]
		return s, nil
	}
	s.Mean, s.SD = stat.MeanStdDev(values, nil)
	s.Margin = distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * s.SD / math.Sqrt(n)
	return s, nil
}

// String is as "0.951 ± 0.012 (5)": mean, standard deviation, number of values.
func (s Summary) String() string { return fmt.Sprintf("%.4g ± %.2g (%d)", s.Mean, s.SD, s.N) }

// Test is the outcome of a test of a hypothesis.
type Test struct {
	// Statistic that was computed: χ² or t.
	Statistic float64
	// Freedom is its number of degrees of freedom.
	Freedom float64
	// P is the probability of a statistic at least as extreme if the hypothesis holds, in [0, 1].
	P float64
}

// ChiSquare tests if counts come from a distribution: Σ (observed-expected)²/expected with N-1 degrees of freedom (Pearson 1900).
// expected are weights; they are scaled to the sum of the observed. The P-value is an approximation that wants expected counts
// of about 5 or more.
//
// It returns an error if the lengths differ, there are fewer than two outcomes, an observed count is negative or all are 0, or an
// expected weight is not more than 0.
func ChiSquare(observed []int, expected []float64) (Test, error) {
	if len(observed) != len(expected) || len(observed) < 2 {
		return Test{}, fmt.Errorf("metric: %d observed and %d expected counts, must be the same and at least 2", len(observed), len(expected))
	}
	shares, err := normalize("expected", expected)
	if err != nil {
		return Test{}, err
	}
	total := 0
	for i, count := range observed {
		if count < 0 || shares[i] == 0 {
			return Test{}, fmt.Errorf("metric: outcome %d was observed %d times and expected with weight %g, must be at least 0 and more than 0", i, count, expected[i])
		}
		total += count
	}
	if total == 0 {
		return Test{}, fmt.Errorf("metric: nothing was observed")
	}
	result := Test{Freedom: float64(len(observed) - 1)}
	for i, count := range observed {
		mean := shares[i] * float64(total)
		result.Statistic += (float64(count) - mean) * (float64(count) - mean) / mean
	}
	result.P = distuv.ChiSquared{K: result.Freedom}.Survival(result.Statistic)
	return result, nil
}

// PairedT tests if two measurements of the same things, by seed say, have the same mean: t = mean(d)·√N/SD(d) of the differences
// d = a-b, with N-1 degrees of freedom, and the P-value of both sides (Student 1908). It supposes differences that are normal.
//
// If all differences are equal the statistic is 0 (P 1) where they are 0, else infinite (P 0). It returns an error if the lengths
// differ, there are fewer than two pairs, or a value is not finite.
func PairedT(a, b []float64) (Test, error) {
	if len(a) != len(b) || len(a) < 2 {
		return Test{}, fmt.Errorf("metric: %d and %d values to pair, must be the same and at least 2", len(a), len(b))
	}
	if err := finite("first value", a); err != nil {
		return Test{}, err
	}
	if err := finite("second value", b); err != nil {
		return Test{}, err
	}
	differences, equal := make([]float64, len(a)), true
	for i := range a {
		differences[i] = a[i] - b[i]
		equal = equal && differences[i] == differences[0]
	}
	result := Test{Freedom: float64(len(a) - 1)}
	switch mean, sd := stat.MeanStdDev(differences, nil); {
	case equal && differences[0] == 0:
		result.P = 1
	case equal:
		result.Statistic = math.Inf(int(math.Copysign(1, mean)))
	default:
		result.Statistic = mean * math.Sqrt(float64(len(a))) / sd
		result.P = 2 * distuv.StudentsT{Sigma: 1, Nu: result.Freedom}.Survival(math.Abs(result.Statistic))
	}
	return result, nil
}

func finite(name string, values []float64) error {
	if len(values) == 0 {
		return fmt.Errorf("metric: no values")
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("metric: %s %d is %g", name, i, v)
		}
	}
	return nil
}
