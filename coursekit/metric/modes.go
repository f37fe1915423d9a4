package metric

import (
	"fmt"
	"math"
)

// ModeRule says when a sample belongs to a mode and when a mode counts as covered.
type ModeRule struct {
	// Sigma is the standard deviation of a mode around its centre, the same in every direction. More than 0.
	Sigma float64
	// Within is how many Sigma a sample may be from the nearest centre and still be good. More than 0.
	Within float64
	// Share of all samples, good or not, that a mode must have to be covered. In [0, 1]; with 0, one sample is enough.
	Share float64
}

// DefaultModeRule is 3 standard deviations, and 1 % of the samples for a mode to be covered.
//
// Different from the code of PacGAN and VEEGAN, which call a mode covered that has a single sample: among thousands, chance
// alone does that.
func DefaultModeRule(sigma float64) ModeRule { return ModeRule{Sigma: sigma, Within: 3, Share: 0.01} }

// Validate returns nil or the rule that is broken.
func (r ModeRule) Validate() error {
	if !(r.Sigma > 0) || math.IsInf(r.Sigma, 1) || !(r.Within > 0) || math.IsInf(r.Within, 1) {
		return fmt.Errorf("metric: ModeRule has Sigma %g and Within %g, must be finite and more than 0", r.Sigma, r.Within)
	}
	if !(r.Share >= 0 && r.Share <= 1) {
		return fmt.Errorf("metric: ModeRule.Share is %g, must be in [0, 1]", r.Share)
	}
	return nil
}

// Modes is how samples spread over the modes of a known mixture.
type Modes struct {
	// Counts are the good samples nearest to each centre, [M].
	Counts []int
	// Covered is how many modes have the share that the rule asks for.
	Covered int
	// Good is the share of the samples within the rule's distance of their nearest centre, in [0, 1].
	Good float64
	// Divergence is the Jensen-Shannon divergence of Counts from a uniform distribution, in nats: 0 if the good samples are
	// spread evenly, ln 2 if there are none.
	Divergence float64
}

// CoverModes assigns each sample [N][F] to its nearest centre [M][F] and counts. It returns an error for a bad rule, for no
// samples or no centres, or for rows that are not finite or differ in width.
//
// Source: Srivastava et al. 2017, "VEEGAN", section 4 (within 3 standard deviations of the nearest mode); see [DefaultModeRule]
// for what is different.
func CoverModes[T Float](samples, centres [][]T, rule ModeRule) (Modes, error) {
	if err := rule.Validate(); err != nil {
		return Modes{}, err
	}
	x, err := matrix("samples", samples)
	if err != nil {
		return Modes{}, err
	}
	c, err := matrix("centres", centres)
	if err != nil {
		return Modes{}, err
	}
	if err := sameWidth("samples", x, "centres", c); err != nil {
		return Modes{}, err
	}
	result := Modes{Counts: make([]int, len(centres))}
	limit, good := rule.Sigma*rule.Within, 0
	for i := range samples {
		nearest, squared := 0, math.Inf(1)
		for j := range centres {
			if d := squaredDistance(x.RawRowView(i), c.RawRowView(j)); d < squared {
				nearest, squared = j, d
			}
		}
		if math.Sqrt(squared) <= limit {
			result.Counts[nearest]++
			good++
		}
	}
	result.Good = float64(good) / float64(len(samples))
	result.Covered = covered(result.Counts, rule.Share*float64(len(samples)))
	result.Divergence = math.Ln2
	if good > 0 {
		weights, uniform := make([]float64, len(centres)), make([]float64, len(centres))
		for i, count := range result.Counts {
			weights[i], uniform[i] = float64(count), 1
		}
		result.Divergence, err = JensenShannon(weights, uniform)
	}
	return result, err
}

// Covered is how many of the counts are at least share of their sum, and not 0: the classes that a generative model covers, given
// how often a classifier sees each of them among its samples. It returns an error if there is nothing to count, a count is
// negative, or share is not in [0, 1].
func Covered(counts []int, share float64) (int, error) {
	sum := 0
	for i, count := range counts {
		if count < 0 {
			return 0, fmt.Errorf("metric: count %d is %d, must be at least 0", i, count)
		}
		sum += count
	}
	if sum == 0 || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("metric: counts with the sum %d and share %g, must be more than 0 and in [0, 1]", sum, share)
	}
	return covered(counts, share*float64(sum)), nil
}

func covered(counts []int, least float64) int {
	result := 0
	for _, count := range counts {
		if count > 0 && float64(count) >= least {
			result++
		}
	}
	return result
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.
	for i, x := range a {
		sum += (x - b[i]) * (x - b[i])
	}
	return sum
}
