"""Makes kmeans.json: scikit-learn's k-means of 300 points from given centres. Needs scikit-learn 1.9."""
import json
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

rng = np.random.default_rng(3)
points = np.round(np.r_[rng.normal(0, 1, (120, 3)), rng.normal([3, 1, 0], .8, (100, 3)),
                        rng.normal([0, 4, 2], 1.2, (80, 3))], 4)
start = points[[0, 150, 250]]
found = KMeans(3, init=start, n_init=1, algorithm='lloyd', tol=0).fit(points)
other = KMeans(4, init=points[[0, 60, 150, 250]], n_init=1, algorithm='lloyd', tol=0).fit(points)
json.dump({
    'points': points.ravel().tolist(), 'start': start.ravel().tolist(),
    'centres': found.cluster_centers_.ravel().tolist(), 'inertia': found.inertia_,
    'labels': found.labels_.tolist(), 'other': other.labels_.tolist(),
    'adjustedRand': adjusted_rand_score(found.labels_, other.labels_),
    'silhouette': silhouette_score(points, found.labels_),
}, open('kmeans.json', 'w'))
