"""Writes metrics.json: scores by scikit-learn 1.9.1 on probabilities with ties. Run by hand."""
import json
import pathlib
import numpy as np
from sklearn import metrics as m

rng = np.random.default_rng(7)
n = 200
p = np.round(rng.beta(1, 4, n), 2).clip(0.01, 0.99)
y = (rng.random(n) < p ** 0.8).astype(int)
said = (p >= 0.3).astype(int)
out = {
    'probabilities': p.tolist(), 'labels': y.tolist(), 'threshold': 0.3,
    'auc': m.roc_auc_score(y, p), 'prAuc': m.average_precision_score(y, p),
    'logLoss': m.log_loss(y, p), 'brier': m.brier_score_loss(y, p),
    'accuracy': m.accuracy_score(y, said), 'precision': m.precision_score(y, said),
    'recall': m.recall_score(y, said), 'f1': m.f1_score(y, said),
    'maxF1': max(m.f1_score(y, p >= t) for t in np.unique(p)),
}
pathlib.Path(__file__).with_name('metrics.json').write_text(json.dumps(out) + '\n')
