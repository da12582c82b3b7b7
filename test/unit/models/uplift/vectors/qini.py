"""Writes qini.json: a small trial, scores, and their figures by scikit-uplift's definitions.

Needs numpy and scikit-learn; scikit-uplift is used where it is installed, else its definitions as
they are written here (qini_auc_score with negative_effect=True, auqc, auuc, uplift_at_k 'first').
python qini.py > qini.json
"""
import json
from math import ceil

import numpy as np
from sklearn.metrics import auc

try:
    from sklift.metrics import qini_auc_score, qini_curve, uplift_at_k, uplift_curve
    source = "scikit-uplift"
except ImportError:
    source = "definitions"

    def cumulated(y, score, w):
        """At each place where the score changes: rows, treated, their outcomes, the others'."""
        order = np.argsort(score, kind="mergesort")[::-1]
        y, score, w = y[order], score[order], w[order]
        at = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
        return at + 1, np.cumsum(w)[at], np.cumsum(y * w)[at], np.cumsum(y * (1 - w))[at]

    def from_origin(n, values):
        return np.append(0, n), np.append(0, values)

    def qini_curve(y, score, w):
        n, arm, won, lost = cumulated(y, score, w)
        others = n - arm
        scaled = np.divide(lost * arm, others, out=np.zeros(len(n)), where=others != 0)
        return from_origin(n, won - scaled)

    def uplift_curve(y, score, w):
        n, arm, won, lost = cumulated(y, score, w)
        others = n - arm
        rate = np.divide(won, arm, out=np.zeros(len(n)), where=arm != 0)
        rate -= np.divide(lost, others, out=np.zeros(len(n)), where=others != 0)
        return from_origin(n, rate * n)

    def qini_auc_score(y, score, w):
        perfect = qini_curve(y, y * w - y * (1 - w), w)
        by_lot = auc([0, perfect[0][-1]], [0, perfect[1][-1]])
        return (auc(*qini_curve(y, score, w)) - by_lot) / (auc(*perfect) - by_lot)

    def uplift_at_k(y, score, w, strategy, k):
        top = np.argsort(score)[::-1][:ceil(len(y) * k)]
        return y[top][w[top] == 1].mean() - y[top][w[top] == 0].mean()

rng = np.random.default_rng(3)


def trial(rows, treated, ties):
    x = rng.normal(size=rows)
    w = (rng.random(rows) < treated).astype(int)
    y = (rng.random(rows) < 0.2 + 0.25 * w * (x > 0) - 0.1 * w * (x < -1)).astype(int)
    score = x + rng.normal(size=rows)
    return y, w, np.round(score, 1) if ties else score


sets = []
for rows, treated, ties in [(60, 0.5, False), (200, 0.3, False), (200, 0.5, True)]:
    y, w, score = trial(rows, treated, ties)
    kept = dict(outcomes=y.tolist(), treated=w.tolist(), scores=score.tolist(),
                qini=float(qini_auc_score(y, score, w)),
                qini_area=float(auc(*qini_curve(y, score, w))),
                uplift_area=float(auc(*uplift_curve(y, score, w))))
    if not ties:
        kept["at"] = {str(k): float(uplift_at_k(y, score, w, strategy="overall", k=k))
                      for k in (0.1, 0.3, 0.5)}
    sets.append(kept)
print(json.dumps(dict(source=source, sets=sets)))
