"""Makes mixture.json: scikit-learn's Gaussian mixture of 300 points from given normals. Needs scikit-learn 1.9."""
import json
import numpy as np
from sklearn.mixture import GaussianMixture

points = np.array(json.load(open('kmeans.json'))['points']).reshape(-1, 3)
means = points[[0, 150, 250]]
found = GaussianMixture(3, covariance_type='diag', reg_covar=1e-3, tol=1e-10, max_iter=2000,
                        means_init=means, weights_init=[.4, .3, .3],
                        precisions_init=np.ones((3, 3))).fit(points)
json.dump({
    'means': found.means_.ravel().tolist(), 'variances': found.covariances_.ravel().tolist(),
    'weights': found.weights_.tolist(), 'logLikelihood': found.score(points),
    'labels': found.predict(points).tolist(),
}, open('mixture.json', 'w'))
