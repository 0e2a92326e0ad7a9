#!/usr/bin/env dotnet
#:project ../../src/Nabla/Nabla.csproj

// Draws the picture of docs/guide/graph.md: dotnet run docs/pictures/graph.cs
using System.Runtime.CompilerServices;
using Nabla;
using Nabla.Nn;

Tensor.ManualSeed(0);
Sequential net = new(new Linear(8, 32), new Tanh(), new Linear(32, 4));
foreach ((string name, Tensor parameter) in net.NamedParameters()) parameter.Name = name;
Tensor inputs = Tensor.Randn(16, 8), classes = Tensor.Zeros([16], DType.Int64);
using (GraphPicture.RecordModules())
{
    Tensor loss = Functional.CrossEntropy(net.Call(inputs), classes);
    loss.Name = "loss";
    File.WriteAllText(Path.Combine(Folder(), "graph.svg"), GraphPicture.ToSvg(loss));
    File.WriteAllText(Path.Combine(Folder(), "graph-modules.svg"), GraphPicture.ToSvg(loss, new GraphPictureOptions { Collapse = 2 }));
}

static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
