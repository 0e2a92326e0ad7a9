"""Bessel and Airy functions by mpmath 1.3.0 at 40 digits. Redirect to ../Nabla.Tests/Data/bessel.json."""
import json
from mpmath import mp, mpf, airyai, besseli, besselj, besselk, bessely, exp, sin

mp.dps = 40
positive = [1e-300, 1e-12, 9e-9, 1.1e-8, 1e-5, 0.03, 0.4, 0.999, 1.0, 1.001, 1.9, 2.4, 3.83, 5.5, 7.02, 9.6, 12.3, 17.9, 18.1, 20.5, 23.0,
            24.99, 25.01, 29.9, 30.1, 44.0, 77.7, 150.0, 699.0, 1234.5, 13437.7]
both = [s * x for s in (1, -1) for x in positive]
airy = [0.0] + [s * x for s in (1, -1) for x in (1e-9, 0.3, 0.5, 0.77, 1.0, 2.4, 4.5, 5.5, 7.3, 8.999, 9.99, 10.01, 12.0, 33.3, 90.0)]
airy += [-300.0, -1001.2, -13437.7]
functions = {
    "airy_ai": (airyai, airy),
    "bessel_j0": (lambda x: besselj(0, x), both),
    "bessel_j1": (lambda x: besselj(1, x), both),
    "bessel_y0": (lambda x: bessely(0, x), positive),
    "bessel_y1": (lambda x: bessely(1, x), positive),
    "modified_bessel_i0": (lambda x: besseli(0, x), [x for x in both if abs(x) < 700]),
    "modified_bessel_i1": (lambda x: besseli(1, x), [x for x in both if abs(x) < 700]),
    "modified_bessel_k0": (lambda x: besselk(0, x), [x for x in positive if x < 700]),
    "modified_bessel_k1": (lambda x: besselk(1, x), [x for x in positive if x < 700]),
    "scaled_modified_bessel_k0": (lambda x: exp(x) * besselk(0, x), positive),
    "scaled_modified_bessel_k1": (lambda x: exp(x) * besselk(1, x), positive),
    "spherical_bessel_j0": (lambda x: sin(x) / x, both),
}
lines = [json.dumps([name, x, float(f(mpf(x)))]) for name, (f, points) in functions.items() for x in points]
print("[" + ",\n".join(lines) + "]")
