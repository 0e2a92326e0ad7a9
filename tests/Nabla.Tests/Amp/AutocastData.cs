using System.Text.Json;

namespace Nabla.Tests.Amp;

/// <summary>What tests/golden/autocast.py has recorded.</summary>
internal static class AutocastData
{
    internal static JsonDocument Read() => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data",
        "autocast.json")));
}
