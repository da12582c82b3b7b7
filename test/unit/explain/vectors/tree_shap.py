"""Writes shap.json: a small LightGBM model as trees, rows, and what the shap package says of them.

Needs numpy, lightgbm and shap. python tree_shap.py > shap.json
"""
import base64
import json

import lightgbm
import numpy as np
import shap

COLUMNS = 6
rng = np.random.default_rng(5)


def table(rows):
    """Cells on a grid of 1/8, so that float32 thresholds part them as float64 ones do."""
    cells = np.round(rng.normal(size=(rows, COLUMNS)) * 8) / 8
    cells[rng.random(cells.shape) < 0.08] = np.nan
    return cells


x = table(800)
known = np.nan_to_num(x)
score = known[:, 0] * known[:, 1] + np.sin(2 * known[:, 2]) + (known[:, 3] > 0.3) - 0.5 * known[:, 4]
y = (score + rng.normal(size=len(x)) > 0.2).astype(int)
settings = dict(objective="binary", num_leaves=12, min_data_in_leaf=15, learning_rate=0.2, verbose=-1,
                num_threads=1, seed=1, deterministic=True, boost_from_average=False)
model = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=12)

arrays = {name: [] for name in
          ["feature", "threshold", "set", "missingLeft", "left", "right", "value", "cover"]}
roots = []


def add(node):
    at = len(arrays["feature"])
    leaf = "leaf_value" in node
    assert leaf or (node["decision_type"] == "<=" and node["missing_type"] in ("NaN", "None"))
    # LightGBM takes a missing value for 0 where none was seen at a node while it learned.
    left = not leaf and (
        node["default_left"] if node["missing_type"] == "NaN" else 0 <= node["threshold"])
    arrays["feature"].append(-1 if leaf else node["split_feature"])
    arrays["threshold"].append(0 if leaf else node["threshold"])
    arrays["set"].append(-1)
    arrays["missingLeft"].append(int(left))
    arrays["value"].append(node["leaf_value"] if leaf else node["internal_value"])
    arrays["cover"].append(node["leaf_count"] if leaf else node["internal_count"])
    arrays["left"].append(-1)
    arrays["right"].append(-1)
    if not leaf:
        arrays["left"][at] = add(node["left_child"])
        arrays["right"][at] = add(node["right_child"])
    return at


for tree in model.dump_model()["tree_info"]:
    roots.append(add(tree["tree_structure"]))

TYPES = dict(feature="<i4", threshold="<f4", set="<i4", missingLeft="u1", left="<i4", right="<i4",
             value="<f4", cover="<f8")


def packed(values, kind):
    return base64.b64encode(np.array(values).astype(kind).tobytes()).decode()


trees = dict(format="vitrine-trees-1", link="logistic", base=0,
             columns=[dict(name=f"c{i}", categories=0) for i in range(COLUMNS)],
             roots=packed(roots, "<i4"), bits="",
             **{name: packed(arrays[name], kind) for name, kind in TYPES.items()})

rows = table(20)
background = table(15)


def said(explainer):
    values = np.asarray(explainer.shap_values(rows))
    base = float(np.ravel(explainer.expected_value)[-1])
    margin = model.predict(rows, raw_score=True)
    assert np.abs(base + values.sum(1) - margin).max() < 1e-6
    return dict(base=base, values=values.tolist())


def cells(of):
    return [[None if np.isnan(cell) else cell for cell in row] for row in of.tolist()]


print(json.dumps(dict(
    made_with=dict(shap=shap.__version__, lightgbm=lightgbm.__version__),
    trees=trees, rows=cells(rows), background=cells(background),
    shap=dict(
        path=said(shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")),
        background=said(shap.TreeExplainer(
            model, background, feature_perturbation="interventional"))))))
