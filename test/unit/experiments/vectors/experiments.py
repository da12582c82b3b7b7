"""Makes experiments.json: assignment by hashlib, confidence sequences, mixture p-values, sample ratio
and off-policy estimates by numpy and scipy, each from the papers' formulas and not from our code.
Needs numpy and scipy: python experiments.py > experiments.json"""
import hashlib
import json
import numpy as np
from scipy import optimize, special, stats

rng = np.random.default_rng(11)


def share(salt, unit):
    digest = hashlib.sha256(f"{salt}\n{unit}".encode()).hexdigest()
    return int(digest[:13], 16) / 2**52, digest[:18]


assign = []
for salt, unit in [("home", "s:1"), ("home", "c:1"), ("layer ranking", "s:visit-7"), ("é", "c:张三"),
                   ("", "s:"), ("home-blend", "s:" + "x" * 128)]:
    at, key = share(salt, unit)
    assign.append({"salt": salt, "unit": unit, "share": at, "key": key})

# Waudby-Smith et al. 2021, theorem 2.2, with rho of their section on tuning; the p-value is checked
# against the definition: the smallest alpha at which the interval leaves out 0.
sequences = []
for n0, n1, p0, p1, alpha, horizon in [(500, 480, .1, .14, .05, 1000), (5000, 5100, .02, .021, .05, 10000),
                                       (120, 110, .5, .9, .01, 200), (3000, 3000, .05, .09, .025, 100000)]:
    x0, x1 = rng.binomial(1, p0, n0), rng.binomial(1, p1, n1)
    n, value = n0 + n1, x1.mean() - x0.mean()
    sigma = np.sqrt(n * (x0.var(ddof=1) / n0 + x1.var(ddof=1) / n1))
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / horizon)
    width = lambda a: sigma * np.sqrt(2 * (n * rho**2 + 1) / (n**2 * rho**2) * np.log(np.sqrt(n * rho**2 + 1) / a))
    p = 1.0 if width(1.0) >= abs(value) else optimize.brentq(lambda a: np.log(width(a)) - np.log(abs(value)), 1e-300, 1)
    sequences.append({"control": [n0, int(x0.sum())], "arm": [n1, int(x1.sum())], "alpha": alpha,
                      "horizon": horizon, "value": value, "half": width(alpha), "p": p})

# Lindon & Malek 2022: Dirichlet-multinomial over multinomial, by the product of predictive shares.
splits = []
for counts, weights in [([500, 500], [1, 1]), ([5000, 5600], [1, 1]), ([900, 110], [9, 1]), ([300, 310, 420], [1, 1, 1])]:
    shares = np.array(weights) / np.sum(weights)
    log, seen = 0.0, np.zeros(len(counts))
    for arm, count in enumerate(counts):  # the mixture is exchangeable: any order does
        for _ in range(count):
            log += np.log((1000 * shares[arm] + seen[arm]) / (1000 + seen.sum())) - np.log(shares[arm])
            seen[arm] += 1
    splits.append({"counts": counts, "weights": weights, "p": float(min(1, np.exp(-log)))})

# Off-policy estimates of 400 slots, four choices, in visits of one to four slots.
n, k = 400, 4
propensity = rng.dirichlet(np.ones(k), n)
target = rng.dirichlet(np.ones(k), n)
chosen = np.array([rng.choice(k, p=p) for p in propensity])
q = rng.uniform(0, 1, (n, k)).round(3)
reward = rng.binomial(1, rng.uniform(.1, .5, k)[chosen])
cluster = np.sort(rng.integers(0, 150, n))
i = np.arange(n)
w = target[i, chosen] / propensity[i, chosen]
expected = (target * q).sum(1)


def clustered(influence):
    sums = np.array([influence[cluster == c].sum() for c in np.unique(cluster)])
    return float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)) / n)


ips, snips = (w * reward).mean(), (w * reward).sum() / w.sum()
doubly = expected + w * (reward - q[i, chosen])
off = {"slots": [{"cluster": str(cluster[j]), "reward": int(reward[j]), "weight": w[j], "modelled": q[j, chosen[j]],
                  "expected": expected[j]} for j in range(n)],
       "ips": [ips, clustered(w * reward - ips)],
       "snips": [snips, clustered(w * (reward - snips) / w.mean())],
       "dr": [doubly.mean(), clustered(doubly - doubly.mean())],
       "effective": w.sum()**2 / (w**2).sum()}

# Ridge regression, the constant left alone, penalty 1.
x = rng.normal(0, 1, (40, 3)).round(3)
y = rng.binomial(1, .4, 40)
a = np.c_[np.ones(40), x]
ridge = np.linalg.solve(a.T @ a + np.diag([0, 1, 1, 1]), a.T @ y)

# Probability that each of three Beta posteriors is the largest, by quadrature.
pools = []
for beta in [[(1, 19), (1, 19), (1, 19)], [(3, 20), (6, 40), (1, 30)]]:
    grid = np.linspace(0, 1, 200001)
    best = [float(np.trapezoid(stats.beta.pdf(grid, *one) * np.prod(
        [stats.beta.cdf(grid, *other) for j, other in enumerate(beta) if j != i], axis=0), grid))
        for i, one in enumerate(beta)]
    pools.append({"posteriors": beta, "best": best})

units = []
for p0, lift in [(.05, .3), (.1, .1), (.02, .05)]:
    p1 = p0 * (1 + lift)
    per = 2 * (p0 * (1 - p0) + p1 * (1 - p1))
    units.append({"rate": p0, "lift": lift, "once": per * ((stats.norm.ppf(.975) + stats.norm.ppf(.8)) / (p0 * lift))**2})

print(json.dumps({"assign": assign, "sequences": sequences, "splits": splits, "off": off,
                  "ridge": {"x": x.tolist(), "y": y.tolist(), "coefficients": ridge.tolist()},
                  "pools": pools, "units": units,
                  "quantiles": [[p, float(stats.norm.ppf(p))] for p in [.001, .02, .3, .5, .8, .975, .999]]}))
