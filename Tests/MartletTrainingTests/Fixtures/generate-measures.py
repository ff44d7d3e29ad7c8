"""Writes reference values of measures and tests, by SciPy, statsmodels and scikit-learn: measures.json, and paired.json of MartletReportsTests.

    python3 -m venv venv && venv/bin/pip install scipy statsmodels scikit-learn && venv/bin/python generate-measures.py

Calibration errors have no standard implementation in these; they are computed here with NumPy, as their papers define them.
"""
import json
import pathlib

import numpy as np
from scipy import optimize, stats
from scipy.special import log_softmax, softmax
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, top_k_accuracy_score
from statsmodels.stats.contingency_tables import mcnemar

HERE = pathlib.Path(__file__).resolve().parent


def binned_error(confidences, hits, bins):
    """Expected and maximum distance of confidence and accuracy over bins, each a list of images."""
    gaps = [(len(b), abs(confidences[b].mean() - hits[b].mean())) for b in bins if len(b)]
    return sum(n * gap for n, gap in gaps) / len(hits), max(gap for _, gap in gaps)


def predictions(generator, count, classes, scale):
    logits = (generator.normal(size=(count, classes)) * scale).astype(np.float32)
    labels = generator.integers(classes, size=count)
    # So that the network is right more often than not.
    logits[np.arange(count), labels] += np.float32(scale)
    p = softmax(logits.astype(np.float64), axis=1)
    prediction = p.argmax(1)
    confidence, hits = p.max(1), (prediction == labels).astype(float)
    # Open on the left: 0 < confidence <= 1/15 is the first bin.
    place = np.digitize(confidence, np.linspace(0, 1, 16), right=True) - 1
    widths = [np.flatnonzero(place == b) for b in range(15)]
    masses = np.array_split(np.argsort(confidence, kind="stable"), 15)
    truth = generator.dirichlet(np.ones(classes), size=count).astype(np.float32)
    q = truth.astype(np.float64)
    cross = -(q * log_softmax(logits.astype(np.float64), axis=1)).sum(1)
    equal_width, maximum = binned_error(confidence, hits, widths)
    equal_mass, maximum_mass = binned_error(confidence, hits, masses)
    return {
        "classes": classes, "logits": [round(float(v), 9) for v in logits.flatten()], "labels": labels.tolist(),
        "distributions": [round(float(v), 9) for v in truth.flatten()],
        "accuracy": hits.mean(), "loss": log_loss(labels, p, labels=range(classes)),
        "brierScore": brier_score_loss(labels, p, labels=list(range(classes)), scale_by_half=False),
        "top": [top_k_accuracy_score(labels, p, k=k, labels=range(classes)) if k < classes else 1.0 for k in (1, 2, 3)]
        if classes > 2 else [hits.mean(), 1.0, 1.0],
        "confusion": confusion_matrix(labels, prediction, labels=range(classes)).tolist(),
        "equalWidth": equal_width, "maximum": maximum, "equalMass": equal_mass, "maximumMass": maximum_mass,
        "trueCrossEntropy": cross.mean(), "trueDivergence": float(np.mean(cross - stats.entropy(q, axis=1))),
    }


def main():
    generator = np.random.default_rng(7)
    cases = [predictions(generator, *sizes) for sizes in [(40, 2, 1.0), (60, 3, 2.0), (47, 5, 0.5), (31, 10, 4.0)]]
    splits = [(0, 0), (1, 0), (3, 3), (10, 2), (25, 40), (130, 90), (700, 820), (4000, 4100)]
    tests = [
        {"onlyFirst": b, "onlySecond": c, "probability": mcnemar([[0, b], [c, 0]], exact=True).pvalue if b + c else 1.0}
        for b, c in splits
    ]
    pairs = []
    for count in [2, 3, 5, 10, 40]:
        first, second = generator.normal(size=count), generator.normal(size=count) + 0.2
        for confidence in [0.5, 0.95, 0.999]:
            result = stats.ttest_rel(first, second)
            interval = result.confidence_interval(confidence)
            pairs.append({
                "first": first.tolist(), "second": second.tolist(), "confidence": confidence,
                "mean": float((first - second).mean()), "low": float(interval.low), "high": float(interval.high),
            })
    quantiles = [
        {"degrees": degrees, "probability": p, "value": float(stats.t.ppf(p, degrees))}
        for degrees in [1, 2, 3, 4, 9, 29, 200, 10_000] for p in [0.6, 0.9, 0.975, 0.9995]
    ]
    temperatures = []
    for case in cases:
        logits = np.array(case["logits"]).reshape(-1, case["classes"])
        rows = np.arange(len(logits))

        def loss(beta):
            return -log_softmax(logits * beta, axis=1)[rows, case["labels"]].mean()

        beta = optimize.minimize_scalar(loss, bounds=(1e-3, 1e3), method="bounded", options={"xatol": 1e-10}).x
        # The minimum is flat; the slope's zero is sharper.
        step = 1e-6
        beta = optimize.brentq(
            lambda b: (loss(b * (1 + step)) - loss(b * (1 - step))) / (2 * b * step), beta / 2, beta * 2, xtol=1e-14)
        temperatures.append(1 / beta)
    measures = {"predictions": cases, "temperatures": temperatures}
    paired = {"tests": tests, "pairs": pairs, "quantiles": quantiles}
    reports = HERE.parent.parent / "MartletReportsTests" / "Fixtures"
    for path, values in [(HERE / "measures.json", measures), (reports / "paired.json", paired)]:
        path.write_text(json.dumps(values) + "\n")
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
