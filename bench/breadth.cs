#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:property TieredCompilation=false

// Some hundred calls at usual sizes, forward without a graph and, where there is a gradient, forward and backward together: milliseconds,
// the least of several batches. The figures beside PyTorch's are in bench/results/breadth.md.
// Run it: dotnet run -c Release bench/breadth.cs -- [seconds per figure, default 0.05] [a part of the calls to run]
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Nabla;
using Nabla.Nn;
using F = Nabla.Functional;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length > 0) Bench.Seconds = double.Parse(args[0], CultureInfo.InvariantCulture);
if (args.Length > 1) Bench.Only = args[1];
Tensor.ManualSeed(0);
Threads.Count = 2;
LSTM lstm = new(128, 128, batchFirst: true), bilstm = new(128, 128, batchFirst: true, bidirectional: true);
GRU gru = new(128, 128, batchFirst: true);
RNN rnn = new(128, 128, batchFirst: true);
MultiheadAttention mha = new(256, 4, batchFirst: true);
TransformerEncoderLayer enc = new(256, 4, 512, 0.0, batchFirst: true);
Tensor srt = Tensor.Randn([10000]).Sort().Values;

Bench.Run("f32(32,64,56,56)", x => F.MaxPool2d(x, 2));
Bench.Run("f32(16,64,56,56)", x => F.MaxPool2d(x, 3, 2, 1));
Bench.Run("f32(32,64,1024)", x => F.MaxPool1d(x, 2));
Bench.Run("f32(32,64,56,56)", x => F.AvgPool2d(x, 2));
Bench.Run("f32(16,64,28,28)", x => F.AvgPool2d(x, 3, 1, 1));
Bench.Run("f32(32,512,7,7)", x => F.AdaptiveAvgPool2d(x, 1));
Bench.Run("f32(16,64,32,32)", x => F.AdaptiveAvgPool2d(x, 7));
Bench.Run("f32(32,256,14,14)", x => F.AdaptiveMaxPool2d(x, 1));
Bench.Run("f32(8,64,28,28) f32(64,64,3,3)", (x, w) => F.Conv2d(x, w, padding: 1));
Bench.Run("f32(8,3,64,64) f32(64,3,3,3)", (x, w) => F.Conv2d(x, w, padding: 1));
Bench.Run("f32(4,3,112,112) f32(64,3,7,7)", (x, w) => F.Conv2d(x, w, stride: 2, padding: 3));
Bench.Run("f32(8,256,28,28) f32(64,256,1,1)", (x, w) => F.Conv2d(x, w));
Bench.Run("f32(8,128,28,28) f32(256,128,1,1)", (x, w) => F.Conv2d(x, w, stride: 2));
Bench.Run("f32(8,64,56,56) f32(128,64,3,3)", (x, w) => F.Conv2d(x, w, stride: 2, padding: 1));
Bench.Run("f32(8,32,28,28) f32(64,32,5,5)", (x, w) => F.Conv2d(x, w, padding: 2));
Bench.Run("f32(8,64,28,28) f32(64,64,3,3)", (x, w) => F.Conv2d(x, w, padding: 2, dilation: 2));
Bench.Run("f32(8,128,28,28) f32(128,32,3,3)", (x, w) => F.Conv2d(x, w, padding: 1, groups: 4));
Bench.Run("f32(8,128,28,28) f32(128,4,3,3)", (x, w) => F.Conv2d(x, w, padding: 1, groups: 32));
Bench.Run("f32(8,128,28,28) f32(128,1,3,3)", (x, w) => F.Conv2d(x, w, padding: 1, groups: 128));
Bench.Run("f32(8,128,56,56) f32(128,1,3,3)", (x, w) => F.Conv2d(x, w, stride: 2, padding: 1, groups: 128));
Bench.Run("f32(8,96,28,28) f32(96,1,5,5)", (x, w) => F.Conv2d(x, w, padding: 2, groups: 96));
Bench.Run("f32(8,256,7,7) f32(256,1,7,7)", (x, w) => F.Conv2d(x, w, padding: 3, groups: 256));
Bench.Run("f32(8,64,16,16) f32(64,32,4,4)", (x, w) => F.ConvTranspose2d(x, w, stride: 2, padding: 1));
Bench.Run("f32(8,64,28,28) f32(64,32,2,2)", (x, w) => F.ConvTranspose2d(x, w, stride: 2));
Bench.Run("f32(16,64,512) f32(64,64,3)", (x, w) => F.Conv1d(x, w, padding: 1));
Bench.Run("f32(16,1,4096) f32(32,1,9)", (x, w) => F.Conv1d(x, w));
Bench.Run("f32(2,16,16,28,28) f32(32,16,3,3,3)", (x, w) => F.Conv3d(x, w, padding: 1));
Bench.Run("f32(8,64,28,28)", x => F.Interpolate(x, scaleFactor: [2.0, 2.0], mode: "bilinear"));
Bench.Run("f32(8,64,28,28)", x => F.Interpolate(x, scaleFactor: [2.0, 2.0]));
Bench.Run("f32(4,32,28,28)", x => F.Interpolate(x, scaleFactor: [2.0, 2.0], mode: "bicubic"));
Bench.Run("f32(8,16,32,32) f32(8,32,32,2)", (x, g) => F.GridSample(x, g));
Bench.Run("f32(16,64,28,28)", x => F.Pad(x, [1, 1, 1, 1]));
Bench.Run("f32(16,64,28,28)", x => F.Pad(x, [2, 2, 2, 2], "reflect"));
Bench.Run("f32(8,32,28,28)", x => F.Unfold(x, 3, padding: 1));
Bench.Run("f32(8,64,28,28)", x => F.PixelShuffle(x, 2));
Bench.Run("bool(1000,1000) f32(1000,1000) f32(1000,1000)", (m, x, y) => Tensor.Where(m, x, y));
Bench.Run("bool(1000,1000) f32(1000,1000)", (m, x) => x.MaskedFill(m, -1e9));
Bench.Run("bool(64,64) f32(64,64,64)", (m, x) => x.MaskedFill(m, -1e9));
Bench.Run("bool(1000,1000) f32(1000,1000)", (m, x) => x.MaskedSelect(m));
Bench.Run("f32(1000,1000) whole<1000(1000,1000)", (x, i) => x.Gather(1, i));
Bench.Run("f32(1000,1000) whole<1000(1000,1000)", (x, i) => x.Gather(0, i));
Bench.Run("f32(1000,1000) whole<1000(1000,1000) f32(1000,1000)", (x, i, s) => x.ScatterAdd(1, i, s));
Bench.Run("f32(1000,1000) whole<1000(1000,1000) f32(1000,1000)", (x, i, s) => x.ScatterAdd(0, i, s));
Bench.Run("f32(10000,128) whole<10000(4096)", (x, i) => x.IndexSelect(0, i));
Bench.Run("f32(1000,1000) whole<1000(500)", (x, i) => x.IndexSelect(1, i));
Bench.Run("f32(10000,128) whole<10000(4096) f32(4096,128)", (x, i, s) => x.IndexAdd(0, i, s));
Bench.Run("f32(10000,128) whole<10000(4096)", (x, i) => x[i]);
Bench.Run("f32(256,10000)", x => x.TopK(10).Values);
Bench.Run("f32(256,10000)", x => x.Sort().Values);
Bench.Run("whole<1000000000(256,4096)", i => i.Sort().Values);
Bench.Run("whole<1000000000(1000000)", i => i.Sort().Values);
Bench.Run("f32n(1000,500)", x => x.ArgSort(0));
Bench.Run("whole<1000(1000000)", i => i.Unique());
Bench.Run("f32(256,4096)", x => x.KthValue(100).Values);
Bench.Run("f32(256,4096)", x => x.Median(1).Values);
Bench.Run("pos(1000,1000)", x => x.CumProd(1));
Bench.Run("f32(1000,1000)", x => x.CumSum(0));
Bench.Run("f32(1000,1000)", x => x.CumMax(1).Values);
Bench.Run("f32(1000,1000)", x => x.LogCumSumExp(1));
Bench.Run("f32(1000,1000)", x => x.LogSumExp(1));
Bench.Run("f32(1000,1000)", x => x.LogSumExp(0));
Bench.Run("f32(1000,1000)", x => x.LogSoftmax(1));
Bench.Run("f32(1000,1000)", x => x.Softmax(0));
Bench.Run("f32(32,100,256)", x => x.Softmax(1));
Bench.Run("f32(1000,1000)", x => x.Var(1));
Bench.Run("f32(1000,1000)", x => x.Std());
Bench.Run("f32(1000,1000)", x => x.Var(0));
Bench.Run("f32(1000,1000)", x => x.Norm());
Bench.Run("f32(1000,1000)", x => x.Norm(2, 1));
Bench.Run("f32(1000,1000)", x => x.Norm(1, 0));
Bench.Run("f32(1000,1000)", x => F.Normalize(x, dim: 1));
Bench.Run("f32(1000,512) f32(1000,512)", (x, y) => F.CosineSimilarity(x, y));
Bench.Run("f32(500,128) f32(500,128)", (x, y) => x.CDist(y));
Bench.Run("f32(300,64) f32(300,64)", (x, y) => x.CDist(y, 1));
Bench.Run("f32(32,64,28,28) f32(64) f32(64)", (x, w, b) => F.BatchNorm(x, null, null, w, b, true));
Bench.Run("f32(32,64,28,28) f32(64) f32(64) f32n(64) posn(64)", (x, w, b, m, v) => F.BatchNorm(x, m, v, w, b, false));
Bench.Run("f32(1024,512) f32(512) f32(512)", (x, w, b) => F.BatchNorm(x, null, null, w, b, true));
Bench.Run("f32(16,64,28,28) f32(64) f32(64)", (x, w, b) => F.GroupNorm(x, 8, w, b));
Bench.Run("f32(16,64,28,28)", x => F.InstanceNorm(x));
Bench.Run("f32(2048,512) f32(512) f32(512)", (x, w, b) => F.LayerNorm(x, [512], w, b));
Bench.Run("f32(2048,512) f32(512)", (x, w) => F.RmsNorm(x, [512], w));
Bench.Run("f32(8,64,28,28)", x => F.LocalResponseNorm(x, 5));
Bench.Run("f32(1000,1000)", x => F.Dropout(x, 0.5));
Bench.Run("f32(1000,1000)", x => F.Relu(x));
Bench.Run("f32(1000,1000)", x => F.Relu6(x));
Bench.Run("f32(1000,1000)", x => F.LeakyRelu(x));
Bench.Run("f32(32,64,28,28) f32(64)", (x, w) => F.PRelu(x, w));
Bench.Run("f32(1000,1000)", x => F.Elu(x));
Bench.Run("f32(1000,1000)", x => F.Selu(x));
Bench.Run("f32(1000,1000)", x => F.Celu(x));
Bench.Run("f32(1000,1000)", x => F.Gelu(x));
Bench.Run("f32(1000,1000)", x => F.Gelu(x, "tanh"));
Bench.Run("f32(1000,1000)", x => F.Silu(x));
Bench.Run("f32(1000,1000)", x => F.Mish(x));
Bench.Run("f32(1000,1000)", x => F.Softplus(x));
Bench.Run("f32(1000,1000)", x => F.LogSigmoid(x));
Bench.Run("f32(1000,1000)", x => F.Hardswish(x));
Bench.Run("f32(1000,1000)", x => F.Hardsigmoid(x));
Bench.Run("f32(1000,1000)", x => F.Hardtanh(x));
Bench.Run("f32(1000,1000)", x => F.Softshrink(x));
Bench.Run("f32(1000,1000)", x => F.Softsign(x));
Bench.Run("f32(1000,1000)", x => F.Tanhshrink(x));
Bench.Run("f32(1000,1000)", x => F.Threshold(x, 0.1, 20));
Bench.Run("f32(1000,1000)", x => F.Glu(x));
Bench.Run("f32(1000,1000)", x => x.Sigmoid());
Bench.Run("f32(1000,1000)", x => x.Tanh());
Bench.Run("f32(1000,1000) f32n(1000,1000)", (x, y) => F.MseLoss(x, y));
Bench.Run("f32(1000,1000) f32n(1000,1000)", (x, y) => F.L1Loss(x, y));
Bench.Run("f32(1000,1000) f32n(1000,1000)", (x, y) => F.SmoothL1Loss(x, y));
Bench.Run("f32(1000,1000) f32n(1000,1000)", (x, y) => F.HuberLoss(x, y));
Bench.Run("f32(1000,1000) posn(1000,1000)", (x, y) => F.BinaryCrossEntropyWithLogits(x, y.Clamp(0, 1)));
Bench.Run("unit(1000,1000) unitn(1000,1000)", (x, y) => F.BinaryCrossEntropy(x, y));
Bench.Run("f32(2048,1000) whole<1000(2048)", (x, i) => F.CrossEntropy(x, i));
Bench.Run("f32(8,21,64,64) whole<21(8,64,64)", (x, i) => F.CrossEntropy(x, i));
Bench.Run("f32(2048,1000) whole<1000(2048)", (x, i) => F.CrossEntropy(x, i, labelSmoothing: 0.1));
Bench.Run("f32(2048,1000) whole<1000(2048)", (x, i) => F.NllLoss(x, i));
Bench.Run("f32(1000,1000) unitn(1000,1000)", (x, y) => F.KlDiv(x, y, Reduction.BatchMean));
Bench.Run("f32(100000) f32(100000) f32n(100000)", (x, y, t) => F.MarginRankingLoss(x, y, t));
Bench.Run("f32(1000,128) f32(1000,128) f32(1000,128)", (x, y, z) => F.TripletMarginLoss(x, y, z));
Bench.Run("f32(2048,100) whole<100(2048)", (x, i) => F.MultiMarginLoss(x, i));
Bench.Run("f32(100,16,32) natural<31(16,20)", (x, i) =>
    F.CtcLoss(x.LogSoftmax(2), i, Enumerable.Repeat(100L, 16).ToArray(), Enumerable.Repeat(20L, 16).ToArray()));
Bench.Run("f32(10000,128) whole<10000(32,64)", (w, i) => F.Embedding(i, w));
Bench.Run("f32(10000,128) whole<10000(512,16)", (w, i) => F.EmbeddingBag(i, w));
Bench.Run("whole<100(4096)", i => F.OneHot(i, 100));
Bench.Run("f32(32,64,128)", x => lstm.Call(x).Output);
Bench.Run("f32(32,64,128)", x => gru.Call(x).Output);
Bench.Run("f32(32,64,128)", x => rnn.Call(x).Output);
Bench.Run("f32(32,32,128)", x => bilstm.Call(x).Output);
Bench.Run("f32(8,128,256)", x => mha.Call(x, x, x, needWeights: false).Item1);
Bench.Run("f32(8,128,256)", x => mha.Call(x, x, x).Item1);
Bench.Run("f32(8,128,256)", x => enc.Call(x));
Bench.Run("f32(4,8,256,64) f32(4,8,256,64) f32(4,8,256,64)", (q, k, v) => F.ScaledDotProductAttention(q, k, v));
Bench.Run("f32(4,8,256,64) f32(4,8,256,64) f32(4,8,256,64)", (q, k, v) => F.ScaledDotProductAttention(q, k, v, isCausal: true));
Bench.Run("f32(4,8,256,64) f32(4,8,256,64) f32(4,8,256,64) f32n(256,256)", (q, k, v, m) => F.ScaledDotProductAttention(q, k, v, m));
Bench.Run("f32(4,8,128,64) f32(4,8,128,64)", (q, k) => Tensor.Einsum("bhqd,bhkd->bhqk", q, k));
Bench.Run("f32(4,128,8,64) f32(4,128,8,64)", (q, k) => Tensor.Einsum("bqhd,bkhd->bhqk", q, k));
Bench.Run("f32(1000) f32(1000)", (x, y) => Tensor.Einsum("i,j->ij", x, y));
Bench.Run("f32(32,64,128) f32(128,64)", (x, y) => Tensor.Einsum("bij,jk->bik", x, y));
Bench.Run("f32(64,32,32) f32(64,32,32)", (x, y) => x.Bmm(y));
Bench.Run("f32(16,512,16) f32(16,16,512)", (x, y) => x.Bmm(y));
Bench.Run("f32(256,1,128) f32(256,128,64)", (x, y) => x.Bmm(y));
Bench.Run("f32(16,128,64) f32(16,128,64)", (x, y) => x.Bmm(y.Transpose(1, 2)));
Bench.Run("f32(32,64) f32(64,64) f32(64)", (x, w, b) => F.Linear(x, w, b));
Bench.Run("f32(1000,1000) f32(1000)", (x, v) => x.Mv(v));
Bench.Run("f32(1000) f32(1000)", (x, v) => x.Outer(v));
Bench.Run("f32(100000) f32(100000)", (x, v) => x.Dot(v));
Bench.Run("f64(256,256) f64(256,256)", (x, y) => x.MatMul(y));
Bench.Run("bf16(256,256) bf16(256,256)", (x, y) => x.MatMul(y));
Bench.Run("f32(1000) f32(1000)", (x, y) => x + y);
Bench.Run("f32(100000) f32(100000)", (x, y) => x + y);
Bench.Run("f32(32,64,784) f32(64,1)", (x, y) => x + y);
Bench.Run("f32(32,64,784) f32(32,1,784)", (x, y) => x * y);
Bench.Run("f32(1000,1000) f32(1000,1)", (x, y) => x * y);
Bench.Run("f32(1000,1) f32(1,1000)", (x, y) => x * y);
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.T + y);
Bench.Run("f32(16,32,32,64) f32(16,64,32,32)", (x, y) => x.Permute([0, 3, 1, 2]) + y);
Bench.Run("f32(64,128,128)", x => x.Permute([2, 0, 1]).Sum(1));
Bench.Run("f32(64,128,128)", x => x.Sum(1));
Bench.Run("f32(64,64,256)", x => x.Sum([0, 2]));
Bench.Run("f32(10000,100)", x => x.Mean(-1));
Bench.Run("f32(100000,8)", x => x.Sum(-1));
Bench.Run("f32(500,1000) f32(500,1000)", (x, y) => Tensor.Cat([x, y]));
Bench.Run("f32(1000,500) f32(1000,500)", (x, y) => Tensor.Cat([x, y], 1));
Bench.Run("f32(1000,250) f32(1000,250)", (x, y) => Tensor.Stack([x, y, x, y], 1));
Bench.Run("f32(1000,768)", x => x.Split(256, 1).Select(t => t.Sum()).Aggregate((p, q) => p + q));
Bench.Run("f32(1000,768)", x => Combine(x.Chunk(3, 1)));
Bench.Run("f32(100,100)", x => x.Repeat([10, 10]));
Bench.Run("f32(1000,1)", x => x.Expand([1000, 1000]).Contiguous());
Bench.Run("f32(1000,256)", x => x.RepeatInterleave(4, 0));
Bench.Run("f32(1000,1000)", x => x.Roll([1, 1], [0, 1]));
Bench.Run("f32(1000,1000)", x => x.Flip(1));
Bench.Run("f32(1000,1000)", x => x.Tril());
Bench.Run("f32n(1000,1000) f32n(500,500)", (x, y) => x.Narrow(0, 100, 500).Narrow(1, 100, 500).Copy_(y));
Bench.Run("f32(16,64,28,28)", x => x.Permute([0, 2, 3, 1]).Contiguous());
Bench.Run("f32(1000,1000)", x => x.Diagonal().Sum());
Bench.Run("f64(1000,1000) f64(1000,1000)", (x, y) => x + y);
Bench.Run("f64(1000,1000)", x => x.Exp());
Bench.Run("f64(1000,1000)", x => x.Sigmoid());
Bench.Run("f64(1000,1000)", x => x.Softmax(1));
Bench.Run("f64(1000,1000)", x => x.Sum());
Bench.Run("bf16(1000,1000) bf16(1000,1000)", (x, y) => x + y);
Bench.Run("bf16(1000,1000)", x => x.Exp());
Bench.Run("bf16(1000,1000)", x => F.Gelu(x));
Bench.Run("bf16(1000,1000)", x => x.Sum());
Bench.Run("bf16(1000,1000)", x => x.Softmax(1));
Bench.Run("bf16(2048,512) bf16(512) bf16(512)", (x, w, b) => F.LayerNorm(x, [512], w, b));
Bench.Run("f16(1000,1000) f16(1000,1000)", (x, y) => x + y);
Bench.Run("whole<1000(1000,1000) natural<1000(1000,1000)", (i, j) => i + j);
Bench.Run("whole<1000(1000,1000) natural<1000(1000,1000)", (i, j) => i * j);
Bench.Run("whole<100000(1000,1000) natural<1000(1000,1000)", (i, j) => i.FloorDivide(j));
Bench.Run("whole<100000(1000,1000) natural<1000(1000,1000)", (i, j) => i.Remainder(j));
Bench.Run("whole<100000(1000,1000)", i => i.Remainder(7));
Bench.Run("whole<1000(1000,1000)", i => i.Sum());
Bench.Run("whole<1000(1000,1000)", i => i.Max());
Bench.Run("whole<1000(1000,1000)", i => i.Max(1).Values);
Bench.Run("whole<1000(1000,1000)", i => i.Float());
Bench.Run("f32n(1000,1000)", x => x.Long());
Bench.Run("f32(1000,1000)", x => x.Double());
Bench.Run("f64(1000,1000)", x => x.Float());
Bench.Run("f32(1000,1000)", x => x.BFloat16());
Bench.Run("f32(1000,1000)", x => x.Half());
Bench.Run("f32n(1000,1000)", x => x.Bool());
Bench.Run("bool(1000,1000)", m => m.Float());
Bench.Run("f32n(1000,1000) f32n(1000,1000)", (x, y) => x.Gt(y));
Bench.Run("f32n(1000,1000)", x => x.Gt(0.5));
Bench.Run("whole<10(1000,1000) natural<10(1000,1000)", (i, j) => i.Eq(j));
Bench.Run("bool(1000,1000) bool(1000,1000)", (m, k) => m.BitwiseAnd(k));
Bench.Run("boolz(1000,1000)", m => m.Any());
Bench.Run("bool(1000,1000)", m => m.All(1));
Bench.Run("bool(1000,1000)", m => m.Sum());
Bench.Run("bool(1000,1000)", m => m.Nonzero());
Bench.Run("f32n(1000,1000)", x => x.IsNaN().Any());
Bench.Run("f32(1000,1000)", x => x.Max());
Bench.Run("f32(1000,1000)", x => x.Max(1).Values);
Bench.Run("f32(1000,1000)", x => x.Max(0).Values);
Bench.Run("f32(1000,1000)", x => x.AMax(1));
Bench.Run("f32n(1000,1000)", x => x.ArgMax(0));
Bench.Run("pos(1000,1000)", x => x.Prod(1));
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.Maximum(y));
Bench.Run("f32(1000,1000)", x => x.Clamp(-1, 1));
Bench.Run("f32(1000,1000)", x => x.Abs());
Bench.Run("f32(1000,1000)", x => -x);
Bench.Run("f32(1000,1000) pos(1000,1000)", (x, y) => x / y);
Bench.Run("f32(1000,1000)", x => x.Pow(2));
Bench.Run("f32(1000,1000)", x => x.Pow(3));
Bench.Run("pos(1000,1000)", x => x.Pow(2.5));
Bench.Run("pos(1000,1000) pos(1000,1000)", (x, y) => x.Pow(y));
Bench.Run("pos(1000,1000)", x => x.Sqrt());
Bench.Run("pos(1000,1000)", x => x.Rsqrt());
Bench.Run("pos(1000,1000)", x => x.Reciprocal());
Bench.Run("f32n(1000,1000) posn(1000,1000)", (x, y) => x.FloorDivide(y));
Bench.Run("f32(1000,1000)", x => x.Remainder(0.3));
Bench.Run("f32(1000,1000) posn(1000,1000)", (x, y) => x.FMod(y));
Bench.Run("f32(1000,1000)", x => x.Exp());
Bench.Run("pos(1000,1000)", x => x.Log());
Bench.Run("pos(1000,1000)", x => x.Log1p());
Bench.Run("f32(1000,1000)", x => x.Expm1());
Bench.Run("pos(1000,1000)", x => x.Log2());
Bench.Run("f32(1000,1000)", x => x.Sin());
Bench.Run("f32(1000,1000)", x => x.Cos());
Bench.Run("f32(1000,1000)", x => x.Tan());
Bench.Run("f32(1000,1000)", x => x.Atan());
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.Atan2(y));
Bench.Run("unit(1000,1000)", x => x.Asin());
Bench.Run("f32(1000,1000)", x => x.Sinh());
Bench.Run("f32(1000,1000)", x => x.Erf());
Bench.Run("unit(1000,1000)", x => x.ErfInv());
Bench.Run("pos(1000,1000)", x => x.LGamma());
Bench.Run("posn(1000,1000)", x => x.Digamma());
Bench.Run("f32(1000,1000)", x => x.Floor());
Bench.Run("f32(1000,1000)", x => x.Round());
Bench.Run("f32(1000,1000)", x => x.Sign());
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.Lerp(y, 0.3));
Bench.Run("f32(1000,1000) f32(1000,1000) f32(1000,1000)", (x, y, z) => x.AddCMul(y, z));
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.Hypot(y));
Bench.Run("f32(1000,1000) f32(1000,1000)", (x, y) => x.LogAddExp(y));
Bench.Run("f32n(1000,1000) f32n(1000,1000)", (x, y) => x.Add_(y, 1e-9));
Bench.Run("whole<1000(1000000)", i => i.BinCount());
Bench.Run("f32n(1000000)", x => x.HistC(100));
Bench.Run("f32n(100000)", x => Tensor.SearchSorted(srt, x));
Bench.Run("whole<1000(100000) whole<1000(100)", (i, j) => Tensor.IsIn(i, j));
Bench.Run(() => Tensor.RandInt(100, [1000, 1000]));
Bench.Run(() => Tensor.Rand(1000, 1000));
Bench.Run("unitn(1000,1000)", x => Tensor.Bernoulli(x));
Bench.Run("unitn(256,1000)", x => x.Multinomial(5));
Bench.Run(() => Tensor.RandPerm(100000));
Bench.Run(() => Tensor.Arange(1000000));
Bench.Run(() => Tensor.Zeros(1000, 1000));
Bench.Run(() => Tensor.Full([1000, 1000], 2.5));
Bench.Run("f32(1000,1000)", x => x.Clone());
Bench.Run("f32(128,128)", x => LinAlg.Inv(x));
Bench.Run("f32(128,128) f32(128,16)", (x, y) => LinAlg.Solve(x, y));
Bench.Run("spd(128,128)", x => LinAlg.Cholesky(x));
Bench.Run("f32(128,128)", x => LinAlg.Svd(x, false).S);
Bench.Run("spd(128,128)", x => LinAlg.Eigh(x).Eigenvalues);
Bench.Run("f32(128,128)", x => LinAlg.Qr(x).Q);
Bench.Run("f32(256,16,16)", x => LinAlg.Det(x));
Bench.Run("f32(256,16,16)", x => LinAlg.Inv(x));
Bench.Run("f32n(64,64)", x => LinAlg.Eig(x).Eigenvalues);
Bench.Run("f32(32,32)", x => x.MatrixExp());
Bench.Run("f32(256,1024)", x => Fourier.Rfft(x).Abs());
Bench.Run("f32(64,1009)", x => Fourier.Rfft(x).Abs());
Bench.Run("f32(16,128,128)", x => Fourier.Rfft2(x).Abs());
Bench.Run("c64(256,1024)", x => Fourier.Fft(x));
Bench.Run("c64(1000,500) c64(1000,500)", (x, y) => x * y);

static Tensor Combine(Tensor[] parts) => parts[0] * parts[1] + parts[2];

internal static class Bench
{
    public static double Seconds = 0.05;
    public static string Only = "";

    public static void Run(Func<Tensor> call, [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure("", text, _ => call());

    public static void Run(string inputs, Func<Tensor, Tensor> call, [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure(inputs, text, t => call(t[0]));

    public static void Run(string inputs, Func<Tensor, Tensor, Tensor> call, [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure(inputs, text, t => call(t[0], t[1]));

    public static void Run(string inputs, Func<Tensor, Tensor, Tensor, Tensor> call,
        [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure(inputs, text, t => call(t[0], t[1], t[2]));

    public static void Run(string inputs, Func<Tensor, Tensor, Tensor, Tensor, Tensor> call,
        [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure(inputs, text, t => call(t[0], t[1], t[2], t[3]));

    public static void Run(string inputs, Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> call,
        [CallerArgumentExpression(nameof(call))] string text = "") =>
        Measure(inputs, text, t => call(t[0], t[1], t[2], t[3], t[4]));

    private static void Measure(string inputs, string text, Func<Tensor[], Tensor> call)
    {
        string name = $"{string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}; {inputs}";
        if (!name.Contains(Only, StringComparison.OrdinalIgnoreCase)) return;
        Tensor[] tensors = [.. inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Input)];
        Tensor[] leaves = [.. tensors.Where(t => t.RequiresGrad)];
        double forward = Least(() => { using (Autograd.NoGrad()) using (Tensor.Scope()) call(tensors); }), both = double.NaN;
        if (leaves.Length > 0)
        {
            Tensor ones = Tensor.OnesLike(call(tensors)).Detach();
            both = Least(() =>
            {
                using TensorScope scope = Tensor.Scope();
                call(tensors).Backward(ones);
                foreach (Tensor leaf in leaves) leaf.Grad = null;
            });
        }
        Console.WriteLine($"{forward,10:G4} {both,10:G4}  {name}");
    }

    private static double Least(Action action)
    {
        action();
        action();
        int repeats = Math.Max(1, (int)(0.002 / Time(action, 1)));
        double least = double.MaxValue, left = Seconds;
        for (int round = 0; round < 3 || left > 0; round++)
        {
            double time = Time(action, repeats);
            left -= time;
            least = Math.Min(least, time / repeats);
        }
        return 1000 * least;
    }

    private static double Time(Action action, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++) action();
        return Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds, 1e-9);
    }

    // "f32(2,3)": normally distributed, with a gradient; a trailing n: without; whole<9: 0 to 8, natural<9: 1 to 8.
    private static Tensor Input(string text)
    {
        Match m = Regex.Match(text, @"^(\w+?)(n?)(?:<(\d+))?\(([\d,]+)\)$");
        long[] shape = [.. m.Groups[4].Value.Split(',').Select(long.Parse)];
        long bound = m.Groups[3].Success ? long.Parse(m.Groups[3].Value) : 0;
        Tensor x = m.Groups[1].Value switch
        {
            "f32" => Tensor.Randn(shape),
            "f64" => Tensor.Randn(shape, dtype: DType.Float64),
            "f16" => Tensor.Randn(shape).Half(),
            "bf16" => Tensor.Randn(shape).BFloat16(),
            "c64" => Tensor.Complex(Tensor.Randn(shape), Tensor.Randn(shape)),
            "pos" => Tensor.Rand(shape) + 0.5,
            "unit" => Tensor.Rand(shape) * 0.98 + 0.01,
            "spd" => Definite(Tensor.Randn(shape)),
            "bool" => Tensor.Rand(shape).Gt(0.5),
            "boolz" => Tensor.Zeros(shape, DType.Bool),
            "whole" => Tensor.RandInt(0, bound, shape),
            "natural" => Tensor.RandInt(1, bound, shape),
            _ => throw new ArgumentException(text),
        };
        return m.Groups[2].Length == 0 && x.DType.IsFloatingPoint() ? x.RequiresGrad_() : x;
    }

    private static Tensor Definite(Tensor a) => a.MatMul(a.T) + Tensor.Eye(a.Size(0));
}
