"""Writes boosting.json: predictions of scikit-learn 1.9.1's histogram boosting. Run by hand.

Few different values a column, so that bins, and with them trees, are the same everywhere.
"""
import json
import pathlib
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

rng = np.random.default_rng(11)
n = 240
x = np.column_stack([rng.integers(0, 40, n), rng.integers(0, 25, n), rng.integers(0, 9, n)])
x = x.astype(float)
x[rng.random(x.shape) < 0.08] = np.nan
signal = np.nan_to_num(x[:, 0], nan=30) / 10 - np.nan_to_num(x[:, 1] > 12) * 2
signal = signal + rng.normal(0, 0.7, n)
y = np.round(signal * 10)
label = (signal > np.median(signal)).astype(int)
w = rng.integers(1, 4, n)
same = dict(max_iter=8, max_leaf_nodes=7, l2_regularization=0.5, early_stopping=False)
reg = HistGradientBoostingRegressor(learning_rate=0.3, min_samples_leaf=10, **same)
cls = HistGradientBoostingClassifier(learning_rate=0.2, min_samples_leaf=5, **same)
out = {
    'columns': [[None if np.isnan(v) else int(v) for v in column] for column in x.T],
    'values': y.astype(int).tolist(), 'labels': label.tolist(), 'weights': w.tolist(),
    'squared': reg.fit(x, y).predict(x).tolist(),
    'weighted': reg.fit(x, y, sample_weight=w).predict(x).tolist(),
    'logistic': cls.fit(x, label).predict_proba(x)[:, 1].tolist(),
}
pathlib.Path(__file__).with_name('boosting.json').write_text(json.dumps(out) + '\n')
