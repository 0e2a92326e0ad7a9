using Nabla.Guide;

// dotnet run -c Release --project tests/Nabla.Guide -- [PAGE...]: runs these pages of docs and docs/guide, or all.
bool sound = true;
foreach (string name in args.Length > 0 ? args : [.. Pages.Names])
{
    string complaint = Pages.Run(name);
    sound &= complaint.Length == 0;
    Console.WriteLine(complaint.Length == 0 ? $"{name}: as shown" : complaint);
}
return sound ? 0 : 1;
