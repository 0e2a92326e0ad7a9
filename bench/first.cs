#!/usr/bin/env dotnet
#:project ../src/Nabla/Nabla.csproj
#:property PublishAot=true

// From the start of the process to the first gradient, in milliseconds: what the runtime, the library and its first calls cost.
// Build it: dotnet publish -c Release bench/first.cs -o FOLDER (ahead of time; -p:PublishAot=false for the just-in-time compiler),
// then run the program in the folder several times.
using System.Diagnostics;
using System.Globalization;
using Nabla;

Tensor x = Tensor.Of([3.0], requiresGrad: true);
Tensor z = 2 * x.Pow(2) + 3;
z.Backward();
using Process self = Process.GetCurrentProcess();
double milliseconds = (DateTime.Now - self.StartTime).TotalMilliseconds;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{x.Grad} after {milliseconds:F0} ms"));
