"""Writes linear.json: scikit-learn 1.9.1's regressions and calibration curves. Run by hand."""
import json
import pathlib
import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, StandardScaler

rng = np.random.default_rng(5)
n = 150
a = np.round(rng.lognormal(2, 1, n), 2)
b = np.round(rng.normal(-3, 2, n), 2)
c = rng.integers(0, 4, n)
z = 0.8 * np.log1p(a) - 0.4 * b + 0.7 * (c == 2) - 3.4
label = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
value = np.round(10 * z + rng.normal(0, 3, n), 2)
w = rng.integers(1, 4, n)
hot = OneHotEncoder(sparse_output=False).fit_transform(c[:, None])
plain = np.column_stack([StandardScaler().fit_transform(np.column_stack([a, b])), hot])
power = PowerTransformer(standardize=True)
shaped = np.column_stack([power.fit_transform(np.column_stack([a, b])), hot])
logit = lambda l2: LogisticRegression(C=1 / l2, tol=1e-12, max_iter=10000, solver='newton-cholesky')
out = {
    'a': a.tolist(), 'b': b.tolist(), 'c': c.tolist(), 'labels': label.tolist(),
    'values': value.tolist(), 'weights': w.tolist(), 'lambdas': power.lambdas_.tolist(),
    'logistic': logit(0.5).fit(plain, label).predict_proba(plain)[:, 1].tolist(),
    'weighted': logit(2).fit(plain, label, w).predict_proba(plain)[:, 1].tolist(),
    'ridge': Ridge(alpha=3).fit(plain, value).predict(plain).tolist(),
    'power': logit(0.5).fit(shaped, label).predict_proba(shaped)[:, 1].tolist(),
}
said = np.round(1 / (1 + np.exp(-z / 2)), 2)
iso = IsotonicRegression().fit(said, label, sample_weight=w)
out |= {'said': said.tolist(), 'isotonic': iso.predict(said).tolist()}
pathlib.Path(__file__).with_name('linear.json').write_text(json.dumps(out) + '\n')
