"""Makes watch.json: distances by SciPy, and how scikit-learn's isolation forest ranks planted
anomalies. Needs numpy, scipy, scikit-learn: python watch.py > watch.json"""
import json
import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(7)
r = lambda a: [round(float(x), 6) for x in a]
pairs = []
for n, m, shift in [(50, 60, 0.0), (200, 150, 0.4), (30, 500, 1.5), (400, 400, 0.02)]:
    a, b = np.round(rng.normal(0, 1, n), 2), np.round(rng.normal(shift, 1.2, m), 2)
    d = stats.ks_2samp(a, b).statistic
    pairs.append({"a": r(a), "b": r(b), "statistic": d,
                  "p": stats.kstwobign.sf(np.sqrt(n * m / (n + m)) * d)})
shares = []
for _ in range(4):
    p, q = rng.dirichlet(np.ones(8)), rng.dirichlet(np.ones(8))
    shares.append({"p": list(p), "q": list(q), "js": float(jensenshannon(p, q, base=2)),
                   "psi": float(np.sum((q - p) * np.log(q / p)))})
tails = [{"x": float(x), "p": float(stats.kstwobign.sf(x))} for x in [.2, .5, .9, 1.17, 1.19, 1.6, 2.5]]
pv = [0.001, 0.2, 0.012, 0.03, 0.9, 0.011, 0.5, 0.008]
adjusted = stats.false_discovery_control(pv)
x = np.vstack([rng.normal(0, 1, (580, 4)), rng.normal(0, 3.2, (20, 4))]).round(3)
y = np.r_[np.zeros(580), np.ones(20)]
auc = np.mean([roc_auc_score(y, -IsolationForest(n_estimators=100, max_samples=256, random_state=s).fit(x).score_samples(x)) for s in range(10)])
print(json.dumps({"pairs": pairs, "shares": shares, "tails": tails,
                  "findings": {"p": pv, "rate": 0.05, "found": [bool(v <= 0.05) for v in adjusted]},
                  "forest": {"rows": [r(v) for v in x], "odd": 20, "auc": auc}}))
