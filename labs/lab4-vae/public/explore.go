package public

import "courselab/autograde/check"

func latentActive(t *check.T) {
	// Dimension 0 is 5 for every example, 1 is ±0.05, 2 is ±1.
	active, variance := t.Call2("ActiveUnits", [][]float64{{5, 0.05, 1}, {5, -0.05, -1}, {5, 0.05, -1}, {5, -0.05, 1}}, 0.01)
	got := variance.FloatList()
	if len(got) != 3 {
		t.Failf("there are %d variances, want 3: one a latent dimension", len(got))
	}
	switch {
	case near(got[0], 25):
		t.Failf("the variance of a dimension that is always 5 is %.4f: subtract the mean over the examples first", got[0])
	case near(got[2], 4.0/3):
		t.Failf("the variance of 1, -1, -1, 1 is %.4f: divide by N, not by N-1", got[2])
	case near(got[2], 4):
		t.Failf("the variance of 1, -1, -1, 1 is %.4f: divide by N", got[2])
	}
	t.Close("the variances", variance, []float64{0, 0.0025, 1}, 1e-9, 0)
	if active.Int() != 1 {
		t.Failf("%d dimensions are active, want 1: only the last one's variance is above 0.01", active.Int())
	}
}

func latentLine(t *check.T) {
	from, to := []float64{0, 2}, []float64{4, 0}
	points := t.Call1("LinearInterpolation", from, to, 5)
	if len(points.List) != 5 {
		t.Failf("there are %d points, want 5", len(points.List))
	}
	if last := points.List[4].FloatList(); len(last) == 2 && near(last[0], 3.2) {
		t.Failf("the last point is %.4f: the way has four steps, not five, and its end belongs to it", last)
	}
	t.Close("LinearInterpolation(from, to, 5)", points, [][]float64{{0, 2}, {1, 1.5}, {2, 1}, {3, 0.5}, {4, 0}}, 1e-9, 0)
}
