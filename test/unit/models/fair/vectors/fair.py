"""Writes fair.json: decisions by group, and their differences by fairlearn's definitions.

Needs numpy and scikit-learn; fairlearn is used where it is installed, else its definitions as they are
written here: rates by group, the largest less the smallest. python fair.py > fair.json
"""
import json

import numpy as np
from sklearn.metrics import recall_score

try:
    from fairlearn.metrics import (demographic_parity_difference, equal_opportunity_difference,
                                   equalized_odds_difference)
    source = "fairlearn"
except ImportError:
    source = "definitions"

    def spread(rate, y, d, groups):
        rates = [rate(y[groups == g], d[groups == g]) for g in np.unique(groups)]
        return max(rates) - min(rates)

    def demographic_parity_difference(y, d, sensitive_features):
        return spread(lambda _, chosen: chosen.mean(), y, d, sensitive_features)

    def equal_opportunity_difference(y, d, sensitive_features):
        return spread(lambda true, chosen: recall_score(true, chosen), y, d, sensitive_features)

    def equalized_odds_difference(y, d, sensitive_features):
        false = spread(lambda true, chosen: 1 - recall_score(true, chosen, pos_label=0), y, d,
                       sensitive_features)
        return max(false, equal_opportunity_difference(y, d, sensitive_features=sensitive_features))

rng = np.random.default_rng(8)
sets = []
for rows, count in [(80, 2), (300, 4)]:
    groups = rng.integers(count, size=rows)
    outcomes = (rng.random(rows) < 0.3 + 0.1 * groups).astype(int)
    decisions = (rng.random(rows) < 0.25 + 0.3 * outcomes + 0.08 * groups).astype(int)
    figures = {
        name: float(of(outcomes, decisions, sensitive_features=groups))
        for name, of in [("demographicParity", demographic_parity_difference),
                         ("equalisedOdds", equalized_odds_difference),
                         ("equalOpportunity", equal_opportunity_difference)]}
    sets.append(dict(groups=groups.tolist(), outcomes=outcomes.tolist(),
                     decisions=decisions.tolist(), **figures))
print(json.dumps(dict(source=source, sets=sets)))
