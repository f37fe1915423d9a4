"""Writes golden.json: metric's numbers by SciPy 1.17 and NumPy 2.4, in other ways than in Go. Run: python golden.py"""
import json, pathlib
import numpy as np
from scipy import linalg, optimize, spatial, special, stats

rng = np.random.default_rng(11)
r = lambda x, digits=4: np.round(np.asarray(x, float), digits)
out = {}

def frechet(a, b):
    root = linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False))
    return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(np.cov(a, rowvar=False)) + np.trace(np.cov(b, rowvar=False)) - 2 * np.trace(root).real)

a, b = r(rng.normal(size=(17, 3)) @ rng.normal(size=(3, 3))), r(rng.normal(size=(13, 3)) + [1, 0, -2])
out["frechet"] = {"a": a.tolist(), "b": b.tolist(), "want": frechet(a, b)}

out["chi_square"] = []
for observed, weights in ([18, 22, 31, 29], [1, 1, 1, 1]), ([110, 22, 18], [.8, .1, .1]), ([3, 40], [1, 1]):
    w = np.array(weights) / np.sum(weights)
    t = stats.chisquare(observed, w * np.sum(observed))
    out["chi_square"].append({"observed": observed, "expected": weights, "statistic": t.statistic, "p": t.pvalue})

out["paired_t"] = []
for n in 2, 5, 11:
    x, y = r(rng.normal(size=n)), r(rng.normal(size=n) + .5)
    t = stats.ttest_rel(x, y)
    out["paired_t"].append({"a": x.tolist(), "b": y.tolist(), "statistic": t.statistic, "p": t.pvalue})

out["jensen_shannon"] = []
for n in 2, 7:
    p, q = r(rng.dirichlet(np.ones(n))), r(rng.dirichlet(np.ones(n)))
    out["jensen_shannon"].append({"p": p.tolist(), "q": q.tolist(), "want": float(spatial.distance.jensenshannon(p, q) ** 2)})

# Three classes of five features; the minimum by BFGS on the full function, in another order of operations.
n, f, c, penalty = 23, 5, 3, .1
x, y = r(rng.normal(size=(n, f))), rng.integers(0, c, n)
def loss(p):
    w, b0 = p[: f * c].reshape(f, c), p[f * c:]
    z = special.log_softmax(x @ w + b0, axis=1)
    return -z[np.arange(n), y].mean() + penalty / 2 * (w ** 2).sum()
fit = optimize.minimize(loss, np.zeros(f * c + c), tol=1e-10)
hot = np.eye(c)[y]
augmented = np.vstack([np.hstack([x, np.ones((n, 1))]), np.hstack([np.sqrt(penalty) * np.eye(f), np.zeros((f, 1))])])
ridge = np.linalg.lstsq(augmented, np.vstack([hot, np.zeros((f, c))]), rcond=None)[0]
out["probe"] = {"x": x.tolist(), "y": y.tolist(), "penalty": penalty, "logistic_loss": float(fit.fun),
                "logistic_weights": fit.x[: f * c].tolist(), "ridge_weights": ridge[:f].ravel().tolist(), "ridge_bias": ridge[f].tolist()}

pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(out, indent=1) + "\n")
