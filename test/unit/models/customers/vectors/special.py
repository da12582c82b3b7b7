"""Makes special.json: values of scipy.special for the tests. Needs scipy (made with 1.17)."""
import json
import numpy as np
from scipy import special

rng = np.random.default_rng(5)
x = np.r_[[1e-3, 0.25, 0.5, 1, 1.5, 2, 7.25, 9.999, 10, 33.3, 170.5, 1e4], rng.uniform(0.01, 60, 20)]
gamma = [[float(v), float(special.gammaln(v))] for v in x]
hyper = []
for _ in range(60):
    r, b, a, k = rng.uniform(0.1, 3), rng.uniform(0.2, 6), rng.uniform(0.15, 3), rng.integers(0, 30)
    z = float(rng.choice([0, 0.01, 0.2, 0.5, 0.8, 0.93, 0.99]))
    args = [float(r + k), float(b + k), float(a + b + k - 1), z]
    if args[2] > 0.05:
        hyper.append(args + [float(special.hyp2f1(*args))])
below = [[float(a), float(v), float(special.gammainc(a, v))]
         for a in (0.3, 1, 2.5, 9, 60) for v in (0.01, 0.5, 2, 8, 55, 80)]
json.dump({'logGamma': gamma, 'hyp2f1': hyper, 'gammaBelow': below}, open('special.json', 'w'), indent=0)
