using BenchmarkDotNet.Running;

// With no arguments: the list of what there is. Otherwise BenchmarkDotNet's own options, for example `--filter '*MatMul*'`.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length == 0 ? ["--list", "flat"] : args);
