"""Makes linucb.json: LinUCB with disjoint models, algorithm 1 of Li et al. (WWW 2010), by numpy.linalg on
the plain matrices and not from our code. Needs numpy: python linucb.py > linucb.json"""
import json
import numpy as np

rng = np.random.default_rng(2010)
SIZE, ITEMS, WIDTH = 5, 4, 0.7
theta = rng.uniform(-.2, .5, (ITEMS, SIZE))
A = [np.eye(SIZE) for _ in range(ITEMS)]
b = [np.zeros(SIZE) for _ in range(ITEMS)]
steps = []
for step in range(150):
    x = np.round(np.column_stack([np.ones(ITEMS), rng.uniform(-1, 1, (ITEMS, SIZE - 1))]), 4)
    bounds = []
    for a in range(ITEMS):
        estimate = np.linalg.solve(A[a], b[a])
        bounds.append(float(estimate @ x[a] + WIDTH * np.sqrt(x[a] @ np.linalg.solve(A[a], x[a]))))
    chosen = int(np.argmax(bounds))
    reward = int(rng.uniform() < theta[chosen] @ x[chosen])
    A[chosen] += np.outer(x[chosen], x[chosen])
    b[chosen] += reward * x[chosen]
    said = step % 20 == 0 or step > 140
    steps.append({"x": x.tolist(), "chosen": chosen, "reward": reward, **({"bounds": bounds} if said else {})})
print(json.dumps({"size": SIZE, "width": WIDTH, "steps": steps}, separators=(",", ":")))
