using System.Runtime.InteropServices.JavaScript;

namespace Nabla.Playground;

/// <summary>What wwwroot/playground.js draws.</summary>
internal static partial class Canvas
{
    /// <summary>Ends when the browser is about to paint, so that the page lives while a network trains.</summary>
    [JSImport("nextFrame", "playground")]
    internal static partial Task NextFrame();

    /// <summary>Light, dark, or as the system says.</summary>
    [JSImport("setTheme", "playground")]
    internal static partial void SetTheme(string scheme);

    /// <summary>The points from now on: x, y, class, and whether the network learns from it, four numbers each.</summary>
    [JSImport("setPoints", "playground")]
    internal static partial void SetPoints([JSMarshalAs<JSType.MemoryView>] Span<double> points, double reach);

    /// <summary>The decision boundary (see <see cref="Picture.Boundary"/>) with the points on it.</summary>
    [JSImport("drawBoundary", "playground")]
    internal static partial void DrawBoundary(int side, [JSMarshalAs<JSType.MemoryView>] Span<byte> pixels, bool unseen);

    /// <summary>The network: how many neurons each layer has, weights and gradients layer by layer, each neuron's picture.</summary>
    [JSImport("drawNetwork", "playground")]
    internal static partial void DrawNetwork([JSMarshalAs<JSType.MemoryView>] Span<int> sizes,
        [JSMarshalAs<JSType.MemoryView>] Span<double> weights, [JSMarshalAs<JSType.MemoryView>] Span<double> gradients,
        int side, [JSMarshalAs<JSType.MemoryView>] Span<byte> neurons, string edges);
}
