#!/usr/bin/env dotnet
#:project ../../src/Nabla/Nabla.csproj

// The packages' icon: the letter nabla, white on blue, drawn with four by four samples per pixel. dotnet run docs/pictures/icon.cs
using System.Runtime.CompilerServices;
using Nabla;
using Nabla.IO;

const int Size = 128, Fine = 4, N = Size * Fine;
Tensor y = (Tensor.Arange(N) + 0.5).Reshape([N, 1]) / N, x = (Tensor.Arange(N) + 0.5).Reshape([1, N]) / N;
// Distances from the three edges of a triangle that stands on its tip.
Tensor top = y - 0.2, left = (x - 0.5) * 0.894 - (y - 0.86) * 0.447, right = (0.5 - x) * 0.894 - (y - 0.86) * 0.447;
Tensor inner = (top + x * 0).Minimum(left).Minimum(right);
Tensor stroke = (inner.Ge(0) & inner.Lt(0.1)).To(DType.Float32);
Tensor dx = ((x - 0.5).Abs() - 0.34).Clamp(min: 0), dy = ((y - 0.5).Abs() - 0.34).Clamp(min: 0);
Tensor square = (dx.Square() + dy.Square()).Le(0.16 * 0.16).To(DType.Float32);
Tensor blue = Tensor.Of([0.10, 0.33, 0.66]).Reshape([3, 1, 1]);
Tensor rgb = blue * (1.15 - 0.3 * y) * (1 - stroke) + stroke;
Tensor rgba = Tensor.Cat([rgb * square + 0 * blue, square.Unsqueeze(0)], 0);
Tensor small = rgba.Reshape([4, Size, Fine, Size, Fine]).Mean([2, 4]);
Png.Save(Path.Combine(Folder(), "icon.png"), small);

static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
